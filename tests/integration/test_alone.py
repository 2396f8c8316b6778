# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests that load plugins as Ansible's own commands do, which no process can do that imports collections otherwise."""

from __future__ import annotations

import subprocess
import sys

import pytest
from support.runner import ROOT


@pytest.mark.parametrize("name", ["expressions", "compiled", pytest.param("inventories", marks=pytest.mark.slow)])
def test_in_a_process_of_its_own(name: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", f"tests/alone/{name}.py"],
        cwd=ROOT,
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert " passed" in done.stdout
