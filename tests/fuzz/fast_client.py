# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A client in fast time: its pauses and time-outs pass as much faster as the simulator's own clock allows."""

from __future__ import annotations

import random
import time
import typing as t

from ansible_collections.lambdal.cloud.plugins.module_utils._client.api import Api
from ansible_collections.lambdal.cloud.plugins.module_utils._client.rate_limiter import RateLimiter
from ansible_collections.lambdal.cloud.plugins.module_utils._client.rate_record import LocalRecord
from ansible_collections.lambdal.cloud.plugins.module_utils._client.transport import Connection, Transport
from ansible_collections.lambdal.cloud.plugins.module_utils._timing import Deadline, WaitSettings
from lambda_cloud_simulator.testing import API_KEY, Simulator

# Client seconds in a real one. The simulator's clock runs at ten times that, so that a machine's delays are over before a
# client that waits as long as by default gives up.
SCALE = 100.0


def now() -> float:
    return time.monotonic() * SCALE


def sleep(seconds: float) -> None:
    time.sleep(seconds / SCALE)


def open_api(simulator: Simulator) -> Api:
    """The API with its ordinary transport; only time differs, and the rate limit is off."""
    connection = Connection(api_key=API_KEY, api_url=simulator.api_url, read_timeout=5)
    limiter = RateLimiter(LocalRecord(), request_interval=0, launch_interval=0)
    return Api(Transport(connection, limiter, clock=now, sleep=sleep))


def waits(wait_timeout: float | None = 1800) -> WaitSettings:
    """The waiting that modules do by default."""
    deadline = None if wait_timeout is None else Deadline(wait_timeout, now)
    return WaitSettings(deadline, interval=10, outcome_timeout=30, clock=now, sleep=sleep)


def run_no_command(command: list[str]) -> tuple[int, str, str]:
    raise AssertionError(f"Nothing here needs a program: {command}")


class Trouble:
    """Faults that strike requests at random, the same for the same seed."""

    KINDS: t.ClassVar[list[dict[str, t.Any]]] = [
        {"kind": "drop", "when": "before"},
        {"kind": "drop", "when": "after"},
        *(
            {"kind": "status", "status": status, "when": when}
            for status in (500, 502, 503)
            for when in ("before", "after")
        ),
        {"kind": "truncate"},
        {"kind": "garbage"},
        *({"kind": "rate-limit", "form": form, "retry_after": 0.01} for form in ("header", "body", "html")),
        {"kind": "edge-1015"},
        {"kind": "delay", "seconds": 0.02, "when": "after"},
    ]

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)

    def order(self, simulator: Simulator, operations: t.Sequence[str], most: int) -> list[str]:
        """Order up to so many faults, and say which."""
        faults = []
        for _each in range(self.random.randint(1, most)):
            fault = {**self.random.choice(self.KINDS), "operation": self.random.choice(operations)}
            simulator.add_fault(times=self.random.randint(1, 2), **fault)
            faults.append(" ".join(str(value) for value in fault.values()))
        return faults
