# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The owner of a resource, so that a sweep never touches what a running simulator uses."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import itertools
import os
import threading
import time
import typing as t
from dataclasses import dataclass
from pathlib import Path

from . import HostError

# Each owner has a folder here: the writable layers of its machines and its file systems.
STATE_DIR = Path("/var/lib/lambda-cloud-simulator")
# What all simulators of this boot share: the lock, and the settings to switch back.
RUN_DIR = Path("/run/lambda-cloud-simulator")

_serials = itertools.count(1)


@dataclass(frozen=True)
class Owner:
    """One set of machines: a process, and when it started, since a later one may have the same id.

    Attributes:
        start_time: in clock ticks since boot, as in the 22nd field of `/proc/PID/stat`.
        serial: distinguishes several sets of one process.
    """

    pid: int
    start_time: int
    serial: int

    @classmethod
    def new(cls) -> Owner:
        """Return a new owner that lives as long as this process."""
        start_time = _start_time(os.getpid())
        assert start_time is not None  # this process exists
        return cls(os.getpid(), start_time, next(_serials))

    @classmethod
    def parse(cls, text: str) -> Owner | None:
        """Return the owner whose `str()` this is, or None."""
        parts = text.split("-")
        if len(parts) != 3 or not all(part.isascii() and part.isdigit() for part in parts):
            return None
        return cls(*map(int, parts))

    def __str__(self) -> str:
        return f"{self.pid}-{self.start_time}-{self.serial}"

    @property
    def alive(self) -> bool:
        """Return whether the owning process still runs."""
        return _start_time(self.pid) == self.start_time

    @property
    def name(self) -> str:
        """Return the name of this owner's cgroup and nftables table."""
        return f"lambda-simulator-{self}"

    @property
    def interface(self) -> str:
        """Return the name of the bridge, and the beginning of the names of its ports.

        A hash, because the kernel allows 15 characters in all.
        """
        return f"lcs-{hashlib.sha256(str(self).encode()).hexdigest()[:6]}"


def owners(state_dir: Path) -> list[Owner]:
    """Return everyone who has a folder, alive or not."""
    if not state_dir.is_dir():
        return []
    found = (Owner.parse(folder.name) for folder in state_dir.iterdir())
    return [owner for owner in found if owner is not None]


@contextlib.contextmanager
def exclusive(lock: Path, interrupt: threading.Event | None = None) -> t.Iterator[None]:
    """Hold a lock across processes; the kernel releases it when the holder dies.

    Raises:
        HostError: `interrupt` was set while another held the lock.
    """
    lock.parent.mkdir(parents=True, exist_ok=True)
    with lock.open("w") as handle:
        while True:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if interrupt is not None and interrupt.is_set():
                    raise HostError(f"Gave up waiting for {lock}.") from None
                time.sleep(0.02)
        yield


def _start_time(pid: int) -> int | None:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return None
    # The second field is the command's name in brackets and may hold blanks and brackets itself.
    state, *fields = stat[stat.rindex(")") + 2 :].split()
    return None if state in "ZX" else int(fields[18])
