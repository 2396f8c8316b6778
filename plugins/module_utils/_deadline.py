# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A point in time that polls, pauses and repeated requests share."""

from __future__ import annotations

import time
import typing as t


class Deadline:
    """A number of seconds from now, by a clock that tests may replace."""

    def __init__(self, seconds: float, clock: t.Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self.seconds = seconds
        self._end = clock() + seconds

    def remaining(self) -> float:
        """Seconds left, never negative."""
        return max(0.0, self._end - self._clock())

    def allows(self, seconds: float) -> bool:
        """Whether a pause of so many seconds ends in time."""
        return seconds < self.remaining()

    def elapsed(self) -> float:
        """Seconds since it was set."""
        return self.seconds - (self._end - self._clock())
