# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rule by which launchers that share nothing but the list of instances agree on which of several with one name stays.

The one with the lowest launch tag stays, and the launchers of the others terminate their own. A launcher whose task has ended
terminates nothing any more, so that whoever waits in vain for another's instance to go terminates its own in the end. Where
the one that stays is not what a launcher needs, that launcher gives the others more time than they give it, so that an
instance stays that suits both if there is one. guide_controllers says why this ends with one instance.
"""

from __future__ import annotations

import enum
import typing as t


class Verdict(enum.Enum):
    """What a task does about its instance's name after a look at the list."""

    KEEP = "no other live instance has the name"
    WAIT = "another has it, and may go yet"
    YIELD = "terminate its own instance, and go on with the other"
    GIVE_UP = "fail, since it can terminate neither"


class Rival(t.NamedTuple):
    """Another live instance of the name: the tag of its launch, and whether it would do in place of the task's own."""

    launch_id: str
    fits: bool


class Claim:
    """The claim of one task's instance to its name, from look to look.

    Args:
        patience: seconds within which another task that still runs sees an instance, and terminates its own.
        own: whether the task launched the instance, and so may terminate it.
    """

    def __init__(self, patience: float, own: bool) -> None:
        self._patience = patience
        self._own = own
        # When the list first showed both the own instance and another, by the ID of the other
        self._seen: dict[str, float] = {}
        self._missing: set[str] = set()
        self._listed_since: float | None = None

    def decide(
        self,
        launch_id: str | None,
        rivals: t.Mapping[str, Rival],
        now: float,
        gone: t.Collection[str] = (),
        last: bool = False,
    ) -> Verdict:
        """Return what to do after a look at the list.

        Args:
            launch_id: the launch tag of the own instance; None while no list has shown it.
            rivals: the other live instances of the name by their IDs, as this list shows them.
            now: seconds of any clock.
            gone: IDs of instances that this list shows as terminating or terminated.
            last: whether the task has no time for another look.
        """
        if launch_id is not None and self._listed_since is None:
            self._listed_since = now
        self._note(rivals, gone, now)
        if not self._seen:
            return Verdict.KEEP
        if not rivals and not last:
            return Verdict.WAIT
        # What no list has shown yet cannot be terminated for certain, nor has anybody had to go for it.
        if not rivals or launch_id is None or self._listed_since is None:
            return Verdict.GIVE_UP if last else Verdict.WAIT
        waited = now - max(self._listed_since, min(self._seen[each] for each in rivals))
        if last or waited >= self._steps(launch_id, rivals[first_of(rivals)]) * self._patience:
            return Verdict.YIELD if self._own else Verdict.GIVE_UP
        return Verdict.WAIT

    def _steps(self, launch_id: str, first: Rival) -> int:
        """Return how long to wait for the others to go. Each launcher waits for those that have less reason to stay."""
        if not self._own:
            return 4
        return (0 if first.launch_id < launch_id else 1) + (0 if first.fits else 2)

    def _note(self, rivals: t.Mapping[str, Rival], gone: t.Collection[str], now: float) -> None:
        for each in list(self._seen):
            if each in rivals:
                self._missing.discard(each)
            elif each in gone or each in self._missing:
                self._missing.discard(each)
                del self._seen[each]
            else:
                # One list may be older than the one before; two in a row are believed.
                self._missing.add(each)
        for each in rivals:
            self._seen.setdefault(each, now)


def first_of(rivals: t.Mapping[str, Rival]) -> str:
    """Return the ID of the one that stays of several."""
    return min(rivals, key=lambda each: (rivals[each].launch_id, each))
