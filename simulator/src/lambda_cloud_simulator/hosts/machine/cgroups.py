# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A cgroup per machine: it keeps the machines' service managers apart and tells which processes to end."""

from __future__ import annotations

import contextlib
import os
import signal
import time
import typing as t
from pathlib import Path

from .. import HostError

# Seconds until killed processes must have gone; it takes milliseconds.
_KILL_SECONDS = 10.0


def own_folders() -> tuple[Path, ...]:
    """Return the folders of this process's cgroup, in the hierarchies that systemd-nspawn uses.

    Those are version 2 and, where the system still has version 1, the one named `systemd`.

    Raises:
        HostError: no such hierarchy is mounted.
    """
    mounted = _hierarchies()
    folders = []
    for line in Path("/proc/self/cgroup").read_text().splitlines():
        _, controllers, path = line.split(":", 2)
        if controllers in mounted:
            root, mount_point = mounted[controllers]
            folders.append(mount_point / os.path.relpath(path, root))
    if not folders:
        raise HostError("Hosts of kind 'machine' need a mounted cgroup hierarchy (/sys/fs/cgroup).")
    return tuple(folders)


def create(folders: t.Iterable[Path]) -> None:
    """Create these cgroups, unless they are there.

    Raises:
        HostError: the hierarchy cannot be written.
    """
    for folder in folders:
        try:
            folder.mkdir(exist_ok=True)
        except OSError as error:
            raise HostError(f"The cgroup {folder} cannot be made: {error.strerror}.") from error


def processes(folders: t.Iterable[Path]) -> set[int]:
    """Return the ids of all processes in these cgroups and those below."""
    return {pid for folder in _tree(folders) for pid in _members(folder)}


def init_process(folders: t.Iterable[Path]) -> int | None:
    """Return the id, as seen from here, of the first process of the machine in these cgroups."""
    for pid in processes(folders):
        try:
            status = Path(f"/proc/{pid}/status").read_text()
        except OSError:
            continue
        inner = next(line for line in status.splitlines() if line.startswith("NSpid:")).split()[2:]
        if inner == ["1"]:
            return pid
    return None


def destroy(folders: t.Iterable[Path]) -> None:
    """Kill what runs in these cgroups and those below, then remove them.

    Raises:
        HostError: a process cannot be killed.
    """
    folders = tuple(folders)
    deadline = time.monotonic() + _KILL_SECONDS
    while True:
        left = processes(folders)
        for pid in left:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        if not left and _removed(folders):
            return
        if time.monotonic() > deadline:
            raise HostError(f"Processes {sorted(left)} of {', '.join(map(str, folders))} cannot be killed.")
        time.sleep(0.01)


def _hierarchies() -> dict[str, tuple[str, Path]]:
    """Map controllers, as in /proc/self/cgroup, to the cgroup that is mounted, and where."""
    found: dict[str, tuple[str, Path]] = {}
    for line in Path("/proc/self/mountinfo").read_text().splitlines():
        left, right = line.split(" - ", 1)
        root, mount_point = left.split()[3:5]
        kind, _, options = right.split()[:3]
        if kind == "cgroup2":
            found.setdefault("", (root, Path(mount_point)))
        elif kind == "cgroup" and "name=systemd" in options.split(","):
            found.setdefault("name=systemd", (root, Path(mount_point)))
    return found


def _tree(folders: t.Iterable[Path]) -> t.Iterator[Path]:
    """Yield these folders and all below, the deepest first."""
    for folder in folders:
        for path, _, _ in os.walk(folder, topdown=False):
            yield Path(path)


def _members(folder: Path) -> list[int]:
    try:
        return [pid for pid in map(int, (folder / "cgroup.procs").read_text().split()) if pid > 0]
    except OSError:
        return []


def _removed(folders: t.Iterable[Path]) -> bool:
    for folder in _tree(folders):
        try:
            folder.rmdir()
        except FileNotFoundError:
            continue
        except OSError:
            return False
    return True
