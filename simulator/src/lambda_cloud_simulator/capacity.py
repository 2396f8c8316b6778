# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How many machines of each type a region still has, now and later."""

from __future__ import annotations

import random
import typing as t

Counts = dict[str, dict[str, int]]


class Capacity:
    """Counts per instance type and region."""

    def __init__(
        self,
        counts: t.Mapping[str, t.Mapping[str, int]],
        changes: t.Sequence[tuple[float, Counts]] = (),
        chance: random.Random | None = None,
    ) -> None:
        """`changes` are merged into the counts once their time, in simulated seconds, has come."""
        self._counts: Counts = {name: dict(regions) for name, regions in counts.items()}
        self._changes = sorted(changes, key=lambda change: change[0])
        self._chance = chance or random.Random()

    def counts(self, now: float) -> Counts:
        """What there is at a time, which never goes back."""
        while self._changes and self._changes[0][0] <= now:
            self.merge(self._changes.pop(0)[1])
        return self._counts

    def regions(self, type_name: str, now: float) -> list[str]:
        """The regions that the list names for a type."""
        return [region for region, count in self.counts(now).get(type_name, {}).items() if count > 0]

    def take(self, type_name: str, region: str, now: float, refusals: float = 0.0) -> bool:
        """Take one machine, if it is to be had.

        `refusals` is the share of launches refused although the list says yes: the list is advisory.
        """
        regions = self.counts(now).get(type_name, {})
        if regions.get(region, 0) <= 0 or (refusals and self._chance.random() < refusals):
            return False
        regions[region] -= 1
        return True

    def give_back(self, type_name: str, region: str) -> None:
        """Return one machine."""
        regions = self._counts.setdefault(type_name, {})
        regions[region] = regions.get(region, 0) + 1

    def merge(self, counts: t.Mapping[str, t.Mapping[str, int]]) -> None:
        """Set counts; what is not named stays."""
        for name, regions in counts.items():
            self._counts[name] = {**self._counts.get(name, {}), **regions}
