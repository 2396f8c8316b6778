# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One simulator per version of the API for all tests, back at its beginning before each."""

from __future__ import annotations

import fcntl
import tempfile
import typing as t
from pathlib import Path

import pytest
from simulator_support import Api, serving

# A boot of three minutes takes a fifth of a second.
QUICK = ("--time-scale", "1000", "--seed", "1")


@pytest.fixture(scope="module", autouse=True)
def _alone_with_its_machines(request: pytest.FixtureRequest) -> t.Iterator[None]:
    """Let files of tests, which run side by side, take turns when they look at all machines of this system."""
    if not request.path.stem.startswith("test_machine"):
        yield
        return
    with (Path(tempfile.gettempdir()) / "tests-of-simulated-machines.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@pytest.fixture(scope="session")
def _newest(tmp_path_factory: pytest.TempPathFactory) -> t.Iterator[Api]:
    with serving(tmp_path_factory.mktemp("newest"), *QUICK) as api:
        yield api


@pytest.fixture(scope="session")
def _oldest(tmp_path_factory: pytest.TempPathFactory) -> t.Iterator[Api]:
    with serving(tmp_path_factory.mktemp("oldest"), *QUICK, "--api-version", "1.5.3") as api:
        yield api


@pytest.fixture
def api(_newest: Api) -> Api:
    """Return a simulator of version 1.10.0."""
    _newest.reset()
    return _newest


@pytest.fixture
def old_api(_oldest: Api) -> Api:
    """Return a simulator of version 1.5.3."""
    _oldest.reset()
    return _oldest


@pytest.fixture(params=["1.10.0", "1.5.3"])
def any_api(request: pytest.FixtureRequest) -> Api:
    """Return a simulator of each version in turn."""
    return t.cast(Api, request.getfixturevalue("api" if request.param == "1.10.0" else "old_api"))
