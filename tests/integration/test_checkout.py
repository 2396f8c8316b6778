# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What `make` leaves in a checkout is good for whoever comes next, wherever the checkout has been moved to."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import typing as t
from pathlib import Path

import pytest
from support.runner import ROOT

pytestmark = pytest.mark.slow

# Any user but root
SOMEBODY = 65534


@pytest.fixture
def folder() -> t.Iterator[Path]:
    """Yield a folder that every user may enter."""
    with tempfile.TemporaryDirectory(prefix="checkout-") as name:
        Path(name).chmod(0o755)
        yield Path(name)


def clone(folder: Path, name: str) -> Path:
    """Return a clone of this checkout, with what is not committed yet."""
    checkout = folder / name
    subprocess.run(["git", "clone", "-q", "--no-local", ROOT, checkout], check=True)
    changed = ["git", "ls-files", "-z", "--modified", "--others", "--exclude-standard"]
    for path in filter(
        None, subprocess.run(changed, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split("\0")
    ):
        if (ROOT / path).exists():
            (checkout / path).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / path, checkout / path)
    return checkout


def make(target: str, checkout: Path, *prefix: str) -> str:
    """Run make with an environment of its own, and return what it printed."""
    home = checkout.parent / "home"
    settings = {name: value for name, value in os.environ.items() if name.startswith("PIP_")}
    python = Path(sys.base_prefix) / "bin" / f"python3.{sys.version_info.minor}"
    done = subprocess.run(
        [*prefix, "make", target, f"PYTHON={python}"],
        cwd=checkout,
        env={"PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": str(home if prefix else Path.home()), **settings},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=600,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


def test_a_checkout_with_an_odd_name_may_be_renamed(folder: Path) -> None:
    checkout = clone(folder, "a checkout für 東京")
    assert "Making a virtual environment" in make("setup", checkout)
    assert make("setup", checkout) == ""
    renamed = checkout.rename(folder / "100 % other")
    assert "Making a virtual environment" in make("setup", renamed)
    shown = subprocess.run([renamed / ".venv/bin/ansible", "--version"], capture_output=True, text=True, check=True)
    assert f"{renamed}/.venv" in shown.stdout
    make("demo", renamed)


@pytest.mark.root
@pytest.mark.skipif(os.getuid() != 0, reason="what root leaves behind needs root")
def test_the_owner_goes_on_after_root(folder: Path) -> None:
    checkout = clone(folder, "checkout")
    home = folder / "home"
    home.mkdir()
    subprocess.run(["chown", "-R", f"{SOMEBODY}:{SOMEBODY}", checkout, home], check=True)
    make("demo", checkout)
    owners = {path.lstat().st_uid for path in checkout.rglob("*")}
    user = f"--reuid={SOMEBODY}", f"--regid={SOMEBODY}", "--clear-groups"
    output = make("demo", checkout, "setpriv", *user)
    assert "Making a virtual environment" not in output
    assert owners == {SOMEBODY}
