# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Surroundings of the demo's own, so that it runs the same in every shell."""

from __future__ import annotations

import os
import socket
import sys
import tempfile
import typing as t
from pathlib import Path

# What finds programs and their libraries, and says what the terminal can do; all else a shell may have set to anything.
_KEPT = ("PATH", "LD_LIBRARY_PATH", "TERM")
# A socket's path has a hundred characters or so, and the first line of a script has no blanks in the interpreter's path.
_LONGEST_FOLDER = 40


def short_folder() -> str:
    """Return a folder for temporary files whose path sockets and scripts can bear."""
    folder = tempfile.gettempdir()
    return folder if len(folder) <= _LONGEST_FOLDER and not set(folder) & set(" \t\n") else "/tmp"


def clean_environment(folder: Path, shell: t.Mapping[str, str]) -> dict[str, str]:
    """Return an environment with its home in a folder, and of the shell's variables only what programs need to run."""
    kept = {name: shell[name] for name in _KEPT if name in shell}
    programs = Path(sys.executable).parent
    return {
        **kept,
        "PATH": f"{programs}{os.pathsep}{kept.get('PATH', os.defpath)}",
        "HOME": str(folder),
        "TMPDIR": str(folder),
        # Ansible demands UTF-8, and systems without any other locale have this one.
        "LC_ALL": "C.UTF-8",
    }


def free_port() -> int:
    """Return a port that is free on all addresses of this system."""
    with socket.socket() as probe:
        probe.bind(("", 0))
        return int(probe.getsockname()[1])
