# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The processes that a local host's commands started."""

from __future__ import annotations

import os
import signal
from pathlib import Path

from .home import MARK


def kill_all(folder: Path) -> None:
    """Kill every process that carries the mark of the host with this folder in its environment, daemons included.

    A process that is born meanwhile has a marked parent or is marked itself, so looking again until none is left finds it.
    """
    mark = f"{MARK}={folder}".encode()
    for _ in range(20):
        found = [pid for pid in _processes() if _is_marked(pid, mark)]
        if not found:
            return
        for pid in found:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass


def _processes() -> list[int]:
    return [
        int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit() and int(entry.name) != os.getpid()
    ]


def _is_marked(pid: int, mark: bytes) -> bool:
    try:
        # That of a zombie is empty.
        return mark in Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
    except OSError:
        return False
