# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fates: what becomes of instances instead of a normal life."""

from __future__ import annotations

import fnmatch
import typing as t

from pydantic import BaseModel, ConfigDict, Field

Kind = t.Literal[
    "unhealthy",
    "preempted",
    "no-address",
    "never-boots",
    "never-active",
    "vanishes",
    "late-listing",
    "gpu-missing",
    "gpu-broken",
]
# These come instead of becoming active.
ENDS: tuple[Kind, ...] = ("unhealthy", "preempted", "vanishes")


class Fate(BaseModel):
    """A fate for the next `times` launches of a name that the glob matches, `after` this many simulated seconds."""

    model_config = ConfigDict(extra="forbid")

    fate: Kind
    name: str | None = None
    times: t.Annotated[int, Field(ge=1)] = 1
    after: t.Annotated[float, Field(ge=0)] = 0.0

    def matches(self, name: str | None) -> bool:
        """Return whether it is for an instance of this name."""
        return self.name is None or (name is not None and fnmatch.fnmatchcase(name, self.name))

    @property
    def delays(self) -> bool:
        """Return whether the instance's life waits for it."""
        return self.fate in ENDS and self.after > 0


class Fates:
    """Fates that wait for their instance."""

    def __init__(self, pending: t.Iterable[Fate] = ()) -> None:
        self.pending = [fate.model_copy() for fate in pending]

    def take(self, name: str | None) -> list[Fate]:
        """Use up and return the fates of an instance that is being launched."""
        found = [fate for fate in self.pending if fate.matches(name)]
        for fate in found:
            fate.times -= 1
        self.pending = [fate for fate in self.pending if fate.times > 0]
        return found
