# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Deadline and wait settings that polls, pauses and retries share."""

from __future__ import annotations

import time
import typing as t
from dataclasses import dataclass


class Deadline:
    """The end of a number of seconds that began when it was made."""

    def __init__(self, seconds: float, clock: t.Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self.seconds = seconds
        self._end = clock() + seconds

    def remaining(self) -> float:
        """Return the seconds left, never less than 0."""
        return max(0.0, self._end - self._clock())

    def allows(self, seconds: float) -> bool:
        """Return whether a pause of this many seconds ends in time."""
        return seconds < self.remaining()


@dataclass(frozen=True)
class WaitSettings:
    """How long a task waits, and how often it polls.

    Args:
        deadline: when the task gives up; None if it does not wait.
        interval: seconds between two polls.
        outcome_timeout: seconds to look for the effect of a write whose response was lost.
        pace: seconds between two polls for capacity, which the rate limit allows more often than `interval`.
        log: shows a line to the user, at `-v`.
        progress: shows a line to the user at once, for each change that is waited for.
    """

    deadline: Deadline | None
    interval: float
    outcome_timeout: float
    pace: float = 1.0
    log: t.Callable[[str], None] = lambda text: None
    progress: t.Callable[[str], None] = lambda text: None
    clock: t.Callable[[], float] = time.monotonic
    sleep: t.Callable[[float], None] = time.sleep

    def out_of_time(self) -> bool:
        """Return whether the next poll would come after the deadline."""
        return self.deadline is not None and not self.deadline.allows(self.interval)
