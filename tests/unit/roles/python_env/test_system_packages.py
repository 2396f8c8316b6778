# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which packages of a lock file stay the system's."""

from __future__ import annotations

import subprocess
import venv
from pathlib import Path

import pytest

PROGRAM = Path(__file__).resolve().parents[4] / "roles" / "python_env" / "files" / "system_packages.py"


def install(folder: Path, *names: str) -> None:
    for name in names:
        information = folder / f"{name.replace('-', '_')}-1.0.dist-info"
        information.mkdir(parents=True)
        (information / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")


@pytest.mark.parametrize(
    ("system", "own", "kept"),
    [
        (
            ["Torch", "nvidia-cudnn-cu12", "triton", "numpy", "torchmetrics"],
            [],
            ["nvidia-cudnn-cu12", "torch", "triton"],
        ),
        # Without PyTorch of the system, the lock file's needs all of its own.
        (["triton", "nvidia-cudnn-cu12"], ["torch"], []),
        ([], ["torch"], []),
    ],
)
def test_pytorch_stays_the_systems(tmp_path: Path, system: list[str], own: list[str], kept: list[str]) -> None:
    venv.create(tmp_path / "env", with_pip=False)
    install(next((tmp_path / "env" / "lib").iterdir()) / "site-packages", *own)
    install(tmp_path / "system", *system)
    command = [str(tmp_path / "env" / "bin" / "python"), str(PROGRAM)]
    environment = {"PYTHONPATH": str(tmp_path / "system")}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.split() == kept
