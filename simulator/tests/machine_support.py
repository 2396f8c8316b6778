# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the tests of real machines share: a key, SSH, and a look at what the system holds."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
import typing as t
from dataclasses import dataclass
from pathlib import Path
from unittest import mock

import pytest

from lambda_cloud_simulator.hosts import FileSystemMount, GpuSpec, HostError, HostSpec
from lambda_cloud_simulator.hosts.machine import cgroups, requirements
from lambda_cloud_simulator.hosts.machine.command import SEARCH_PATH
from lambda_cloud_simulator.hosts.owner import STATE_DIR, Owner, owners

GPUS = GpuSpec(count=1, model="NVIDIA A10", memory_mib=23028, broken=frozenset(), missing=0)


def why_not() -> str:
    """Return why machines cannot be had here; nothing if they can."""
    try:
        requirements.check()
    except HostError as error:
        return str(error)
    return "" if shutil.which("ssh") else "The tests of machines need ssh: install the Debian package openssh-client."


needs_machines = [
    pytest.mark.root,
    pytest.mark.skipif(bool(why_not()), reason=why_not() or "machines can be had"),
]


@dataclass(frozen=True)
class Client:
    """An SSH client with a key of its own."""

    key: Path

    @classmethod
    def create(cls, folder: Path) -> Client:
        """Return a client with a new key pair in `folder`."""
        key = folder / "id_ed25519"
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key], check=True)
        return cls(key)

    @property
    def public_key(self) -> str:
        """Return the line for `authorized_keys`."""
        return self.key.with_suffix(".pub").read_text().strip()

    @property
    def options(self) -> list[str]:
        """Return options of `ssh`."""
        fresh = ["StrictHostKeyChecking=no", "UserKnownHostsFile=/dev/null", "GlobalKnownHostsFile=/dev/null"]
        quick = ["IdentitiesOnly=yes", "BatchMode=yes", "ConnectTimeout=5", "LogLevel=ERROR"]
        return ["-F", "none", "-i", str(self.key), *(f"-o{option}" for option in (*fresh, *quick))]

    def attempt(self, ip: str, command: str, user: str = "ubuntu") -> subprocess.CompletedProcess[str]:
        """Run a command there, which may fail."""
        argv = ["ssh", *self.options, f"{user}@{ip}", command]
        return subprocess.run(argv, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120, check=False)

    def run(self, ip: str, command: str, user: str = "ubuntu") -> str:
        """Run a command there and return what it prints, without the blanks at its ends."""
        done = self.attempt(ip, command, user)
        assert done.returncode == 0, f"{command}: {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done.stdout.strip()


def spec(instance_id: str, *public_keys: str, user_data: str | None = None, **mounts: str) -> HostSpec:
    """Describe a machine for a test.

    Args:
        instance_id: its id, and its name.
        *public_keys: those that may log in.
        user_data: for cloud-init.
        **mounts: file system id -> mount point.
    """
    return HostSpec(
        instance_id=instance_id,
        name=instance_id,
        hostname=f"host-{instance_id}",
        authorized_keys=public_keys,
        gpus=GPUS,
        vcpus=2,
        mounts=tuple(FileSystemMount(file_system_id=key, name=key, mount_point=path) for key, path in mounts.items()),
        user_data=user_data,
        region="us-east-1",
    )


def resources(state_dir: Path) -> dict[str, t.Any]:
    """Return everything a machine could leave behind, as the system shows it.

    What belongs to simulators that others run at the same time is left out: it bears the owner's mark. They also share settings
    that are switched back when the last of them ends, so that these are told only where nobody else has machines.
    """
    others = [owner for folder in {STATE_DIR, state_dir} for owner in _others(folder)]
    marks = [mark for owner in others for mark in (str(owner), owner.interface)]

    def own(lines: t.Iterable[str]) -> list[str]:
        return [line for line in lines if not any(mark in line for mark in marks)]

    tables = [line.split()[1:] for line in own(_lines("nft", "list", "tables"))]
    settings = [*Path("/proc/sys/net/ipv4/conf").glob("*/forwarding"), Path("/proc/sys/fs/inotify/max_user_instances")]
    here = Path("/proc/self/cgroup").read_text()
    return {
        "links": own(_names("/sys/class/net")),
        "mounts": own(Path("/proc/self/mounts").read_text().splitlines()),
        "namespaces": own(_names("/run/netns")),
        "nftables": [line for table in tables for line in _lines("nft", "list", "table", *table)],
        "settings": mock.ANY if others else sorted(f"{setting}={setting.read_text().strip()}" for setting in settings),
        "cgroups": [
            here,
            *own(sorted(str(path) for parent in cgroups.own_folders() for path in parent.glob("lambda-*"))),
        ],
        "machines": machines(state_dir),
        "state": own(_names(state_dir)),
    }


def _others(state_dir: Path) -> list[Owner]:
    """Return the running simulators with a folder there that neither are this process nor were started by it."""
    return [owner for owner in owners(state_dir) if owner.alive and os.getpid() not in (owner.pid, _parent(owner.pid))]


def _parent(pid: int) -> int:
    """Return the id of a process's parent, or 0 for a process that has ended."""
    try:
        return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    except (FileNotFoundError, ProcessLookupError):
        return 0


def until(condition: t.Callable[[], bool], seconds: float = 30.0) -> None:
    """Wait for a condition."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "not in time"
        time.sleep(0.2)


def machines(state_dir: Path) -> list[str]:
    """Return the command lines of the machines that run with their folders below `state_dir`, but for others' there."""
    found = _lines("pgrep", "--full", "--list-full", f"^systemd-nspawn .*--directory={state_dir}/")
    return [line for line in found if not any(str(owner) in line for owner in _others(state_dir))]


def _names(folder: Path | str) -> list[str]:
    return sorted(path.name for path in Path(folder).glob("*"))


def _lines(*argv: str) -> list[str]:
    environment = {**os.environ, "PATH": SEARCH_PATH}
    done = subprocess.run(argv, capture_output=True, text=True, check=False, env=environment)
    return done.stdout.splitlines()
