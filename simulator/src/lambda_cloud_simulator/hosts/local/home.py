# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The folder that a local host lives in: its home, and programs of its own."""

from __future__ import annotations

import json
import os
import shutil
import sys
from dataclasses import asdict
from pathlib import Path

from .. import GpuSpec

_NVIDIA_SMI = Path(__file__).parents[1] / "nvidia_smi.py"
_SUDO = """#!/bin/sh
echo "sudo: this simulated host runs commands as the user who started the simulator and never as root;\
 --hosts machine gives hosts with sudo." >&2
exit 1
"""
# The variable whose value, the host's folder, tells the host's processes from others.
MARK = "LAMBDA_SIMULATOR_HOST"


class LocalHome:
    """A folder with `home` and `bin`; everything that a host's commands see of it is in its environment."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.home = folder / "home"
        self.shell = "/bin/bash" if os.path.exists("/bin/bash") else "/bin/sh"

    def create(self, gpus: GpuSpec) -> None:
        """Create the folder.

        Raises:
            OSError: it cannot be written.
        """
        self.home.mkdir(parents=True)
        programs = self.folder / "bin"
        programs.mkdir()
        # A virtual environment's interpreter would bring its packages along.
        python = os.path.realpath(getattr(sys, "_base_executable", None) or sys.executable)
        (programs / "python3").symlink_to(python)
        nvidia_smi = _NVIDIA_SMI.read_text("utf-8").split("\n", 1)[1]
        _program(programs / "nvidia-smi", f"#!{programs / 'python3'} -I\n{nvidia_smi}")
        _program(programs / "sudo", _SUDO)
        self.write_gpus(gpus)

    def write_gpus(self, gpus: GpuSpec) -> None:
        """Write down for the host's nvidia-smi which GPUs there are."""
        file = self.folder / "bin" / "gpus.json"
        new = file.with_suffix(".new")
        new.write_text(json.dumps({**asdict(gpus), "broken": sorted(gpus.broken)}), "utf-8")
        new.replace(file)

    def environment(self) -> dict[str, str]:
        """Return the environment that a command on the host finds."""
        return {
            "HOME": str(self.home),
            "USER": "ubuntu",
            "LOGNAME": "ubuntu",
            "SHELL": self.shell,
            "PATH": f"{self.folder / 'bin'}:/usr/local/bin:/usr/bin:/bin",
            "LANG": "C.UTF-8",
            MARK: str(self.folder),
        }

    def remove(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)


def _program(path: Path, text: str) -> None:
    path.write_text(text, "utf-8")
    path.chmod(0o755)
