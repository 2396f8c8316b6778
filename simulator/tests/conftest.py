# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One simulator per version of the API for all tests, back at its beginning before each."""

from __future__ import annotations

import typing as t

import pytest
from simulator_support import Api, serving

# A boot of three minutes takes a fifth of a second.
QUICK = ("--time-scale", "1000", "--seed", "1")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Where files of tests run side by side: those on simulated machines see each other's, so they are one group."""
    if config.pluginmanager.hasplugin("xdist"):
        for item in items:
            name = "machines" if item.path.stem.startswith("test_machine") else item.path.stem
            item.add_marker(pytest.mark.xdist_group(name))


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
    """Version 1.10.0."""
    _newest.control("POST", "/reset")
    return _newest


@pytest.fixture
def old_api(_oldest: Api) -> Api:
    """Version 1.5.3."""
    _oldest.control("POST", "/reset")
    return _oldest


@pytest.fixture(params=["1.10.0", "1.5.3"])
def any_api(request: pytest.FixtureRequest) -> Api:
    """Each version in turn."""
    return t.cast(Api, request.getfixturevalue("api" if request.param == "1.10.0" else "old_api"))
