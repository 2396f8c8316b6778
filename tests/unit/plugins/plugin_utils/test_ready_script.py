# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a host that is not ready lacks, and who is in the way."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import typing as t
from pathlib import Path

import pytest
from ansible_collections.lambdal.cloud.plugins.plugin_utils import _ready_script as ready

# What apt and dpkg do: a lock of fcntl, for which flock(2) is another lock.
HOLDER = """#!{python}
import fcntl, sys, time
file = open(sys.argv[1], "w")
fcntl.lockf(file, fcntl.LOCK_EX)
print("held", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> t.Any:
    """Return a host on which cloud-init is installed and enabled, and nobody installs packages."""
    for folder in ("run/cloud-init", "var/lib/dpkg", "bin"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "var" / "lib" / "dpkg" / "lock-frontend").touch()
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}{os.pathsep}/usr/bin{os.pathsep}/bin")
    return ready.Folders(tmp_path / "run", tmp_path / "var")


def cloud_init(host: t.Any, script: str) -> None:
    program = host.run.parent / "bin" / "cloud-init"
    # Nothing but this makes it wait, and nothing but its exit status says how it went: 1 for a failure, and since version 23.4 also
    # 2 for what it could go on after (its documentation, "Failure states").
    program.write_text(f'#!/bin/sh\ntest "$*" = "status --wait" || exit 99\n{script}\n')
    program.chmod(0o755)


@pytest.mark.parametrize("status", [0, 2])
def test_cloud_init_is_done_with_or_without_complaints(host: t.Any, status: int) -> None:
    cloud_init(host, f"touch {host.run}/waited; echo 'status: done'; exit {status}")
    ready.wait_for_cloud_init(host, 10)
    assert (host.run / "waited").exists()


def test_a_host_without_cloud_init_is_not_waited_for(host: t.Any) -> None:
    ready.wait_for_cloud_init(host, 10)
    cloud_init(host, "exit 1")
    (host.run / "cloud-init" / "disabled").touch()
    ready.wait_for_cloud_init(host, 10)


def test_what_failed_in_cloud_init_is_told(host: t.Any) -> None:
    cloud_init(host, "echo ....; echo 'status: error'; exit 1")
    with pytest.raises(ready.NotReady, match="has failed: status: error"):
        ready.wait_for_cloud_init(host, 10)
    errors = ["('scripts_user', RuntimeError('Runparts: 1 failures'))"]
    (host.run / "cloud-init" / "result.json").write_text(json.dumps({"v1": {"datasource": None, "errors": errors}}))
    with pytest.raises(ready.NotReady, match=r"has failed: \('scripts_user', RuntimeError.*cloud-init-output.log"):
        ready.wait_for_cloud_init(host, 10)


def test_cloud_init_may_not_take_for_ever(host: t.Any) -> None:
    cloud_init(host, "exec sleep 60")
    with pytest.raises(ready.NotReady, match="has not finished within 0 seconds"):
        ready.wait_for_cloud_init(host, 0.1)


def test_who_installs_packages_is_waited_for_and_told(host: t.Any) -> None:
    assert ready.lock_holder(host) is None
    program = host.run.parent / "bin" / "unattended-upgrade"
    program.write_text(HOLDER.format(python=sys.executable))
    program.chmod(0o755)
    lock = host.var / "lib" / "dpkg" / "lock-frontend"
    pipe = subprocess.PIPE
    with subprocess.Popen([program, lock], stdin=pipe, stdout=pipe, text=True) as holder:
        assert holder.stdout
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(ready.NotReady) as error:
            ready.wait_for_locks(host, 0)
        holder.communicate("")
    assert str(error.value).startswith(f"unattended-upgrade (process {holder.pid}) still holds {lock} after 0 seconds")
    ready.wait_for_locks(host, 0)


def test_a_folder_is_not_a_mount(tmp_path: Path) -> None:
    assert ready.wait_for_mounts(["/proc", str(tmp_path), "/nowhere"], 0) == [str(tmp_path), "/nowhere"]
    assert ready.wait_for_mounts(["/proc"], 0) == []


def test_how_long_it_took_is_told() -> None:
    waits = ready.Waits(iter([10.0, 22.4, 25.4, 25.4]).__next__)
    for part in ("cloud-init", "other installations of packages", "file systems"):
        waits.end(part)
    assert waits.summary() == (
        "Ready after 15 s: 12 s for cloud-init, 3 s for other installations of packages, 0 s for file systems."
    )
