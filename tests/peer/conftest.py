# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One simulator for the contracts, in which boots take their time: the first step of one comes after a second or two.

It is not the fixture `lambda_cloud`, which tests of other folders share when they run in the same process.
"""

from __future__ import annotations

import typing as t

import pytest
from lambda_cloud_simulator.testing import Simulator, running_simulator


@pytest.fixture(scope="session")
def _slow() -> t.Iterator[Simulator]:
    with running_simulator("--time-scale", "20") as one:
        yield one


@pytest.fixture
def simulator(_slow: Simulator) -> Simulator:
    """Return a simulator with an empty account."""
    _slow.reset()
    return _slow
