# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Simulated time, which runs faster than real time by a factor."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime, timedelta


class Clock:
    """Seconds here are simulated ones: `scale` of them pass in a real one."""

    def __init__(self, scale: float = 1.0) -> None:
        self.scale = scale
        self._start = time.monotonic()
        self._date = datetime.now(UTC)

    def now(self) -> float:
        """Simulated seconds since the start."""
        return (time.monotonic() - self._start) * self.scale

    def date(self, now: float | None = None) -> datetime:
        """The simulated date, which begins with the real one."""
        return self._date + timedelta(seconds=self.now() if now is None else now)

    async def sleep(self, seconds: float) -> None:
        """Sleep so many simulated seconds; none at all costs no turn of the event loop."""
        if seconds > 0:
            await asyncio.sleep(seconds / self.scale)
