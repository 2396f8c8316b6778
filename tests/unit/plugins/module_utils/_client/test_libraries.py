# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import re
import subprocess
import sys
import types
from pathlib import Path

import pytest
from ansible_collections.lambdal.cloud.plugins.module_utils._client.libraries import MINIMUM, library_problem

ROOT = Path(__file__).resolve().parents[5]


def test_what_is_installed_here_will_do() -> None:
    assert library_problem() is None


@pytest.mark.parametrize(
    ("name", "module", "said"),
    [
        ("requests", types.SimpleNamespace(__version__="2.28.1"), "requests 2.28.1"),
        ("urllib3", types.SimpleNamespace(__version__="1.26.12"), "urllib3 1.26.12"),
        ("urllib3", types.SimpleNamespace(), "no urllib3"),
        ("requests", None, "no requests"),
    ],
)
def test_what_is_too_old_is_named(monkeypatch: pytest.MonkeyPatch, name: str, module: object, said: str) -> None:
    monkeypatch.setitem(sys.modules, name, module)  # type: ignore[arg-type]
    problem = library_problem()
    assert problem
    assert said in problem
    assert "requests 2.32 or later and urllib3 2.0 or later" in problem
    assert sys.executable in problem


@pytest.mark.parametrize("version", ["2.32.0", "2.100", "3", "3.0.0b1"])
def test_newer_ones_will_do(monkeypatch: pytest.MonkeyPatch, version: str) -> None:
    monkeypatch.setitem(sys.modules, "requests", types.SimpleNamespace(__version__=version))  # type: ignore[arg-type]
    assert library_problem() is None


def test_the_table_is_that_of_the_requirements() -> None:
    lines = (ROOT / "requirements.txt").read_text()
    asked = {
        name: tuple(map(int, version.split("."))) for name, version in re.findall(r"(?m)^([\w]+)>=([\d.]+)$", lines)
    }
    assert asked == MINIMUM


@pytest.mark.skipif(
    not Path("/usr/lib/python3/dist-packages/urllib3").exists(), reason="Debian's urllib3 is not installed"
)
def test_debians_own_libraries_are_refused_in_a_sentence() -> None:
    script = "from ansible_collections.lambdal.cloud.plugins.module_utils._client.libraries import library_problem as p; print(p())"
    done = subprocess.run(
        ["/usr/bin/python3", "-c", script],
        capture_output=True,
        check=False,
        text=True,
        env={"PYTHONPATH": str(ROOT / ".build")},
    )
    assert "lambdal.cloud needs" in done.stdout, done.stderr
