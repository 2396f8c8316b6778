# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The network between a client and the service."""

from __future__ import annotations

import asyncio
import random
import typing as t


class Latency:
    """The time that a message takes one way, in real seconds: a network does not get quicker when time does.

    Args:
        milliseconds: the time of a message on average.
        jitter: by how many percent of it a message is quicker or slower at most; each draws its own.
        seed: makes the times repeatable.
        sleep: waits for so many seconds.
    """

    def __init__(
        self,
        milliseconds: float = 0.0,
        jitter: float = 0.0,
        seed: int | None = None,
        sleep: t.Callable[[float], t.Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._mean = milliseconds / 1000
        self._spread = jitter / 100
        self._random = random.Random(seed)
        self._sleep = sleep

    @classmethod
    def parse(cls, text: str) -> tuple[float, float]:
        """Return the milliseconds and the percent in `MS[:JITTER]`.

        Raises:
            ValueError: it is none, or the percent are above 100.
        """
        first, colon, second = text.partition(":")
        milliseconds, jitter = float(first), float(second) if colon else 0.0
        if not (0 <= milliseconds < 60_000 and 0 <= jitter <= 100):
            raise ValueError(text)
        return milliseconds, jitter

    async def travel(self) -> None:
        """Wait for as long as one message takes, one way."""
        if self._mean:
            await self._sleep(self._mean * (1 + self._random.uniform(-self._spread, self._spread)))
