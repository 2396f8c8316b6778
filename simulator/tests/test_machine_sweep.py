# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is left of machines whose simulator was stopped or killed: nothing."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import typing as t
from contextlib import contextmanager
from pathlib import Path

import pytest
from machine_support import Client, machines, needs_machines, resources, spec, until

from lambda_cloud_simulator.hosts import HostError
from lambda_cloud_simulator.hosts.machine import MachineHosts, clean

pytestmark = needs_machines

# A process with two machines: it prints their addresses, and on SIGTERM closes them.
OWNER = """
import asyncio, json, signal, sys
from pathlib import Path
from machine_support import spec
from lambda_cloud_simulator.hosts import HostError
from lambda_cloud_simulator.hosts.machine import MachineHosts

async def main():
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    hosts = MachineHosts(state_dir=Path(sys.argv[1]))
    specs = [spec(name, sys.argv[2], shared="/lambda/nfs/shared") for name in ("a", "b")]
    print(json.dumps([address.ip for address in await asyncio.gather(*map(hosts.start, specs))]), flush=True)
    await stop.wait()
    await hosts.close()

asyncio.run(main())
"""


@contextmanager
def owner(state_dir: Path, client: Client) -> t.Iterator[tuple[subprocess.Popen[str], list[str]]]:
    """Run another process that has two machines, and yield it with their addresses."""
    process = subprocess.Popen(
        [sys.executable, "-c", OWNER, str(state_dir), client.public_key],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    try:
        yield process, json.loads(process.stdout.readline())
    finally:
        process.kill()
        process.wait()
        process.stdout.close()
        clean(state_dir)


@pytest.fixture
def client(tmp_path: Path) -> Client:
    return Client.create(tmp_path)


@pytest.fixture
def state_dir(tmp_path: Path) -> Path:
    folder = tmp_path / "state"
    folder.mkdir()
    return folder


def test_sigterm_leaves_nothing(state_dir: Path, client: Client) -> None:
    before = resources(state_dir)
    with owner(state_dir, client) as (process, ips):
        assert client.run(ips[0], "hostname") == "host-a"
        assert resources(state_dir) != before
        process.terminate()
        assert process.wait(timeout=20) == 0
        assert resources(state_dir) == before


def test_clean_removes_what_sigkill_left_and_nothing_else(state_dir: Path, client: Client) -> None:
    before = resources(state_dir)
    with owner(state_dir, client) as (living, living_ips):
        with_living = resources(state_dir)
        with owner(state_dir, client) as (killed, killed_ips):
            assert not set(living_ips) & set(killed_ips)
            assert len(machines(state_dir)) == 4
            killed.kill()
            killed.wait()
            assert clean(state_dir) == [f"Removed what the simulator with process id {killed.pid} left."]
            assert resources(state_dir) == with_living
            assert clean(state_dir) == []
        assert client.run(living_ips[1], "hostname; ls -d /lambda/nfs/shared") == "host-b\n/lambda/nfs/shared"
        assert "0% packet loss" in client.run(living_ips[0], f"ping -c 1 -W 2 {living_ips[1]}")
        living.kill()
    assert resources(state_dir) == before


def test_machines_do_not_outlive_a_killed_simulator(state_dir: Path, client: Client) -> None:
    mounts = Path("/proc/self/mounts").read_text()
    with owner(state_dir, client) as (process, _):
        links = resources(state_dir)["links"]
        process.kill()
        # Nobody cleans: the kernel tells the supervisors, and they take mounts and ports along.
        until(lambda: not machines(state_dir))
        until(lambda: len(resources(state_dir)["links"]) == len(links) - 2)
        assert Path("/proc/self/mounts").read_text() == mounts


def test_a_later_start_sweeps(state_dir: Path, client: Client) -> None:
    before = resources(state_dir)
    with owner(state_dir, client) as (process, _):
        process.kill()
        process.wait()

        async def start_and_close() -> None:
            hosts = MachineHosts(state_dir=state_dir)
            try:
                await hosts.prepare()
                assert len(list(state_dir.iterdir())) == 1
                await hosts.start(spec("later", client.public_key))
            finally:
                await hosts.close()

        asyncio.run(start_and_close())
        assert resources(state_dir) == before


def test_an_overlay_file_system_cannot_hold_machines(tmp_path: Path) -> None:
    for name in ("lower", "upper", "work", "state"):
        (tmp_path / name).mkdir()
    layers = f"lowerdir={tmp_path}/lower,upperdir={tmp_path}/upper,workdir={tmp_path}/work"
    subprocess.run(["mount", "-t", "overlay", "-o", layers, "overlay", tmp_path / "state"], check=True)
    try:
        before = resources(tmp_path / "state")
        with pytest.raises(HostError, match="is on an overlay file system"):
            asyncio.run(MachineHosts(state_dir=tmp_path / "state").prepare())
        assert resources(tmp_path / "state") == before
    finally:
        subprocess.run(["umount", tmp_path / "state"], check=True)


def test_clean_leaves_foreign_files_alone(state_dir: Path) -> None:
    (state_dir / "notes").mkdir()
    (state_dir / f"{os.getpid()}-1-2").mkdir()
    init = Path("/proc/1/stat").read_text()
    living = f"1-{init[init.rindex(')') + 2 :].split()[19]}-1"
    (state_dir / living).mkdir()
    assert clean(state_dir) == [f"Removed what the simulator with process id {os.getpid()} left."]
    assert sorted(path.name for path in state_dir.iterdir()) == sorted(["notes", living])


def test_closing_while_the_root_file_system_is_built_ends_it(state_dir: Path, tmp_path: Path) -> None:
    before = resources(state_dir)
    cache = tmp_path / "cache"

    async def prepare_and_close() -> None:
        hosts = MachineHosts(state_dir=state_dir, cache_dir=cache)
        start = asyncio.create_task(hosts.start(spec("early")))
        while not list(cache.glob("*.partial/etc")):
            await asyncio.sleep(0.1)
        start.cancel()
        # Building it takes most of a minute.
        await asyncio.wait_for(hosts.close(), 15)
        with pytest.raises(HostError, match="closed"):
            await hosts.prepare()

    asyncio.run(prepare_and_close())
    assert resources(state_dir) == before
    assert [path.name for path in cache.iterdir()] == ["lock"]
