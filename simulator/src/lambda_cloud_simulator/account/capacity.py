# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How many instances of each type can be had in each region."""

from __future__ import annotations

import random
import typing as t

from .clock import Clock

Counts = dict[str, dict[str, int]]


class Capacity:
    """Counts per instance type and region, which change with time and with launches."""

    def __init__(
        self,
        counts: t.Mapping[str, t.Mapping[str, int]],
        clock: Clock,
        chance: random.Random,
    ) -> None:
        """Begin with the counts of a scenario.

        Args:
            counts: instance type -> region -> how many.
            clock: tells when changes come.
            chance: decides which launches are refused although the list says yes.
        """
        self._counts: Counts = {name: dict(regions) for name, regions in counts.items()}
        # When, which counts are merged in then, and for how long.
        self._changes: list[tuple[float, Counts, float | None]] = []
        self._clock = clock
        self._chance = chance

    def counts(self) -> Counts:
        """Return what there is now."""
        now = self._clock.now()
        while self._changes and self._changes[0][0] <= now:
            at, counts, lasts = self._changes.pop(0)
            if lasts is not None:
                before = {
                    name: {region: self._counts.get(name, {}).get(region, 0) for region in regions}
                    for name, regions in counts.items()
                }
                self.schedule(at + lasts, before)
            self.merge(counts)
        return self._counts

    def schedule(self, at: float, counts: Counts, lasts: float | None = None) -> None:
        """Let counts be merged in at a time, for good or for a window after which they are as they were before it.

        Args:
            at: when, in simulated seconds.
            counts: instance type -> region -> how many.
            lasts: how long the window is open, in simulated seconds; None for good.
        """
        self._changes.append((at, counts, lasts))
        self._changes.sort(key=lambda change: change[0])

    def regions(self, type_name: str) -> list[str]:
        """Return the regions that the list of instance types names for a type."""
        return [region for region, count in self.counts().get(type_name, {}).items() if count > 0]

    def take(self, type_name: str, region: str, refusals: float) -> bool:
        """Take one instance and return True, or return False if it cannot be had.

        Args:
            type_name: the instance type.
            region: the region.
            refusals: the share, from 0 to 1, of launches refused although the list says yes: the list is advisory.
        """
        regions = self.counts().get(type_name, {})
        if regions.get(region, 0) <= 0 or (refusals and self._chance.random() < refusals):
            return False
        regions[region] -= 1
        return True

    def give_back(self, type_name: str, region: str) -> None:
        """Return one instance's capacity."""
        regions = self._counts.setdefault(type_name, {})
        regions[region] = regions.get(region, 0) + 1

    def merge(self, counts: t.Mapping[str, t.Mapping[str, int]]) -> None:
        """Set counts; what is not named stays."""
        for name, regions in counts.items():
            self._counts[name] = {**self._counts.get(name, {}), **regions}
