# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The fixture `lambda_cloud` for pytest, which finds this plugin by itself where the simulator is installed.

A `conftest.py` may define the fixture `lambda_cloud_options` to start the simulator with other options.
"""

from __future__ import annotations

import typing as t

import pytest

from .testing import Simulator, running_simulator


@pytest.fixture(scope="session")
def lambda_cloud_options() -> t.Sequence[str]:
    """Return options of `lambda-cloud-simulator serve`; with these, instances boot at once and terminate soon."""
    return ("--boot-time", "0", "--time-scale", "1000")


@pytest.fixture(scope="session")
def lambda_cloud_session(lambda_cloud_options: t.Sequence[str]) -> t.Iterator[Simulator]:
    """Run one simulator for all tests, with whatever they leave in it."""
    with running_simulator(*lambda_cloud_options) as simulator:
        yield simulator


@pytest.fixture
def lambda_cloud(lambda_cloud_session: Simulator) -> Simulator:
    """Return a simulator that is back at its beginning before each test."""
    lambda_cloud_session.reset()
    return lambda_cloud_session
