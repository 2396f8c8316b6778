# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Machines behind the API, as `lambda-cloud-simulator serve --hosts machine` runs them."""

from __future__ import annotations

import json
import subprocess
import typing as t
from contextlib import contextmanager
from pathlib import Path

import pytest
from machine_support import Client, machines, needs_machines, resources, until
from simulator_support import COMMAND, Api

from lambda_cloud_simulator.cli import DEFAULT_KEY
from lambda_cloud_simulator.hosts.owner import STATE_DIR

pytestmark = needs_machines


def address(api: Api, instance_id: str) -> str:
    """Wait until an instance is active and has an address, and return that."""
    until(lambda: api.instance(instance_id).get("ip") is not None, 60)
    until(lambda: api.instance(instance_id)["status"] == "active", 60)
    return str(api.instance(instance_id)["ip"])


@contextmanager
def simulator(tmp_path: Path) -> t.Iterator[tuple[subprocess.Popen[bytes], Api]]:
    """Run a simulator that the test may kill."""
    ready = tmp_path / "ready.json"
    options = ["--port=0", "--boot-time=0", f"--api-key={DEFAULT_KEY}", f"--ready-file={ready}"]
    process = subprocess.Popen([*COMMAND, "serve", "--hosts=machine", *options])
    try:
        until(ready.exists, 120)
        yield process, Api(json.loads(ready.read_text())["url"], DEFAULT_KEY, process.pid)
    finally:
        process.kill()
        process.wait()
        subprocess.run([*COMMAND, "clean"], check=True)


def launch(api: Api, client: Client, count: int) -> list[str]:
    """Launch instances with the client's key and return their ids."""
    api.post("/ssh-keys", name="test", public_key=client.public_key)
    options = {"region_name": "us-east-1", "instance_type_name": "gpu_1x_a10", "ssh_key_names": ["test"]}
    launches = (api.post("/instance-operations/launch", **options) for _ in range(count))
    return [instance_id for launched in launches for instance_id in launched["instance_ids"]]


def test_launch_restart_terminate_and_sigterm(tmp_path: Path) -> None:
    client = Client.create(tmp_path)
    before = resources(STATE_DIR)
    with simulator(tmp_path) as (process, api):
        first, second = launch(api, client, 2)
        ips = [address(api, instance_id) for instance_id in (first, second)]
        boots = [client.run(ip, "cat /proc/sys/kernel/random/boot_id") for ip in ips]
        assert client.run(ips[0], "nvidia-smi -L").startswith("GPU 0: ")
        api.post("/instance-operations/restart", instance_ids=[first])
        assert address(api, first) == ips[0]
        assert client.run(ips[0], "cat /proc/sys/kernel/random/boot_id") != boots[0]
        api.post("/instance-operations/terminate", instance_ids=[second])
        until(lambda: len(machines(STATE_DIR)) == 1)
        process.terminate()
        process.wait(timeout=20)
        assert resources(STATE_DIR) == before


@pytest.mark.parametrize("sweeper", ["clean", "start"])
def test_sigkill(tmp_path: Path, sweeper: str) -> None:
    client = Client.create(tmp_path)
    before = resources(STATE_DIR)
    with simulator(tmp_path) as (process, api):
        assert client.run(address(api, launch(api, client, 1)[0]), "whoami") == "ubuntu"
        process.kill()
        process.wait()
        assert resources(STATE_DIR) != before
        if sweeper == "clean":
            subprocess.run([*COMMAND, "clean"], check=True)
        else:
            (tmp_path / "ready.json").unlink()
            with simulator(tmp_path) as (later, later_api):
                address(later_api, launch(later_api, client, 1)[0])
                later.terminate()
                later.wait(timeout=10)
        assert resources(STATE_DIR) == before
