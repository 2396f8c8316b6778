# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What becomes of instances: fates ordered beforehand."""

from __future__ import annotations

import fnmatch
import typing as t
from dataclasses import dataclass

KINDS = (
    "unhealthy",
    "preempted",
    "no-address",
    "never-boots",
    "vanishes",
    "late-listing",
    "gpu-missing",
    "gpu-broken",
)


@dataclass
class Fate:
    """A fate for the next `times` launches of a name that the glob matches, `after` so many simulated seconds."""

    fate: str
    name: str | None = None
    times: int = 1
    after: float = 0.0

    def matches(self, name: str | None) -> bool:
        """Whether it is for an instance of this name."""
        return self.name is None or (name is not None and fnmatch.fnmatchcase(name, self.name))


class Fates:
    """Fates that wait for their instance."""

    def __init__(self) -> None:
        self.pending: list[Fate] = []

    def add(self, fate: Fate) -> None:
        self.pending.append(fate)

    def take(self, name: str | None) -> list[Fate]:
        """The fates of an instance that is being launched, each used once."""
        found = [fate for fate in self.pending if fate.matches(name)]
        for fate in found:
            fate.times -= 1
        self.pending = [fate for fate in self.pending if fate.times > 0]
        return found

    def as_json(self) -> list[dict[str, t.Any]]:
        return [vars(fate) for fate in self.pending]
