# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The command that looks for tests which depend on the system's speed lists those that ever fail."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from support.runner import ROOT

# One that fails in every second run of it
TESTS = """
from pathlib import Path

def test_now_and_then():
    here = Path(__file__).with_suffix(".ran")
    before = here.exists()
    here.unlink() if before else here.touch()
    assert before

def test_always():
    pass
"""


def test_what_ever_fails_is_listed(tmp_path: Path) -> None:
    file = tmp_path / "test_sample.py"
    file.write_text(TESTS)
    command = [
        sys.executable,
        str(ROOT / "tools" / "under_load.py"),
        "--rounds",
        "2",
        "--load",
        "1",
        "--workers",
        "0",
        "--nice",
        "0",
    ]
    done = subprocess.run([*command, str(file)], capture_output=True, text=True, check=False)
    assert done.returncode == 1, done.stdout + done.stderr
    assert done.stdout.splitlines()[-2:] == [
        "1 of 2: test_sample::test_now_and_then",
        "1 tests failed in 2 rounds.",
    ]
