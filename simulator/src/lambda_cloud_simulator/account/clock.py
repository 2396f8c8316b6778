# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Simulated time, which may pass faster than real time."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime, timedelta


class Clock:
    """A clock whose seconds are simulated ones: `scale` of them pass in a real one."""

    def __init__(self, scale: float = 1.0) -> None:
        self.scale = scale
        self._start = time.monotonic()
        self._date = datetime.now(UTC)

    def now(self) -> float:
        """Return the simulated seconds since the start."""
        return (time.monotonic() - self._start) * self.scale

    def date(self, now: float | None = None) -> datetime:
        """Return the simulated date at a time, by default now; it begins with the real one."""
        return self._date + timedelta(seconds=self.now() if now is None else now)

    async def sleep(self, seconds: float) -> None:
        """Sleep this many simulated seconds; for none at all, do not yield to the event loop either."""
        if seconds > 0:
            await asyncio.sleep(seconds / self.scale)
