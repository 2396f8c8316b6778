# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the driver says when CUDA is started."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from ansible_collections.lambdal.cloud.tests.support.libraries import shared_library

PROGRAM = Path(__file__).resolve().parents[4] / "roles" / "gpu_check" / "files" / "driver.py"


def start(folder: Path) -> tuple[int, str]:
    """Return how the program ends with the libraries of a folder, and what it prints."""
    environment = {**os.environ, "LD_LIBRARY_PATH": str(folder)}
    done = subprocess.run([sys.executable, str(PROGRAM)], env=environment, capture_output=True, text=True, check=False)
    assert not done.stderr
    return done.returncode, done.stdout


# 802 is CUDA_ERROR_SYSTEM_NOT_READY of the enumeration CUresult in the reference of the CUDA driver API: the system is not
# ready to start any work with CUDA. It is what hosts with NVSwitch answer while their fabric manager does not run, and
# nvidia-smi lists all GPUs meanwhile.
@pytest.mark.parametrize(("code", "printed"), [(802, "cuInit 802\n"), (0, "cuInit 0\ndevices 0\n")])
def test_the_driver_says_whether_cuda_starts(tmp_path: Path, code: int, printed: str) -> None:
    library = shared_library({"cuInit": code, "cuDeviceGetCount": 0})
    (tmp_path / "libcuda.so.1").write_bytes(library)
    assert start(tmp_path) == (0, printed)


def test_without_the_drivers_library_nothing_is_said(tmp_path: Path) -> None:
    # What is no library stands before one that this system may have.
    (tmp_path / "libcuda.so.1").write_text("")
    assert start(tmp_path) == (3, "")
