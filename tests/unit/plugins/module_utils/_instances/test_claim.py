# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rule by which launchers agree, by itself and with 2 to 5 controllers under everything that may happen to them."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field

import pytest
from ansible_collections.lambdal.cloud.plugins.module_utils._instances.claim import Claim, Rival, Verdict, first_of
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

KEEP, WAIT, YIELD, GIVE_UP = Verdict.KEEP, Verdict.WAIT, Verdict.YIELD, Verdict.GIVE_UP
# Seconds within which a list shows an instance, and another task acts on what it sees
T = 30.0


def test_alone_a_task_keeps_its_instance() -> None:
    assert Claim(T, own=True).decide("b", {}, 0.0) is KEEP


@pytest.mark.parametrize(
    ("other", "fits", "patience"), [("a", True, 0.0), ("c", True, T), ("a", False, 2 * T), ("c", False, 3 * T)]
)
def test_each_waits_for_those_with_less_reason_to_stay(other: str, fits: bool, patience: float) -> None:
    claim, rivals = Claim(T, own=True), {"1": Rival(other, fits)}
    if patience:
        assert claim.decide("b", rivals, 100.0) is WAIT
        assert claim.decide("b", rivals, 100.0 + patience - 0.1) is WAIT
    assert claim.decide("b", rivals, 100.0 + patience) is YIELD


def test_two_that_see_the_same_never_yield_both() -> None:
    """Whatever they need, one of them waits for as long as the other takes."""
    for fits_a in (True, False):
        for fits_b in (True, False):
            a, b = Claim(T, own=True), Claim(T, own=True)
            now = 0.0
            while True:
                verdicts = (
                    a.decide("a", {"2": Rival("b", fits_a)}, now),
                    b.decide("b", {"1": Rival("a", fits_b)}, now),
                )
                if YIELD in verdicts:
                    assert verdicts.count(YIELD) == 1
                    # The one that stays suits both where one of them does.
                    stays_a = verdicts[1] is YIELD
                    assert (fits_b if stays_a else fits_a) or not (fits_a or fits_b)
                    break
                now += 1.0


def test_nobody_goes_for_an_instance_before_its_own_is_listed() -> None:
    claim = Claim(T, own=True)
    rivals = {"1": Rival("a", True)}
    assert claim.decide(None, rivals, 0.0) is WAIT
    # The time of the others begins when they can see it.
    rivals = {"1": Rival("c", True)}
    assert claim.decide("b", rivals, 2 * T) is WAIT
    assert claim.decide("b", rivals, 3 * T) is YIELD


def test_one_list_without_another_is_not_believed() -> None:
    claim, rivals = Claim(T, own=True), {"1": Rival("c", True)}
    assert claim.decide("b", rivals, 0.0) is WAIT
    assert claim.decide("b", {}, 1.0) is WAIT
    assert claim.decide("b", {}, 2.0) is KEEP


def test_another_that_goes_is_waited_for_no_longer() -> None:
    claim = Claim(T, own=True)
    assert claim.decide("b", {"1": Rival("c", True)}, 0.0) is WAIT
    assert claim.decide("b", {}, 1.0, gone=["1"]) is KEEP


def test_the_last_look_decides() -> None:
    rivals = {"1": Rival("c", False)}
    assert Claim(T, own=True).decide("b", rivals, 0.0, last=True) is YIELD
    assert Claim(T, own=True).decide(None, rivals, 0.0, last=True) is GIVE_UP
    assert Claim(T, own=False).decide("b", rivals, 0.0, last=True) is GIVE_UP


def test_what_another_task_launched_is_never_terminated() -> None:
    claim, rivals = Claim(T, own=False), {"1": Rival("a", True)}
    assert [claim.decide("b", rivals, step * T) for step in range(5)] == [WAIT, WAIT, WAIT, WAIT, GIVE_UP]


def test_the_lowest_launch_tag_stays() -> None:
    assert first_of({"1": Rival("c", True), "2": Rival("a", False), "3": Rival("b", True)}) == "2"


@dataclass
class Launched:
    """An instance of the one name that all want."""

    tag: str
    kind: str
    since: float
    listed_from: float
    until: float = float("inf")


@dataclass
class Controller:
    """A task on a controller of its own, which follows the rule, and may be killed."""

    kind: str
    phase: str = "idle"
    own: Launched | None = None
    claim: Claim = field(default_factory=lambda: Claim(T, own=True))
    sent: float = 0.0


class Agreement(RuleBasedStateMachine):
    """Controllers of one account that all ensure one name, not all of them with the same type.

    Lists lag up to T behind launches and terminations, one in between may be older, responses to launches get lost with
    and without effect, tasks are killed, and take any time between two steps. Boots take T.
    """

    @initialize(kinds=st.lists(st.sampled_from("AAB"), min_size=2, max_size=5), tags=st.permutations(range(40)))
    def begin(self, kinds: list[str], tags: list[int]) -> None:
        self.now = 0.0
        self.tags = [f"{tag:02}" for tag in tags]
        self.account: list[Launched] = []
        self.controllers = [Controller(kind) for kind in kinds]

    def listed(self, at: float) -> dict[str, Launched]:
        """Return the live instances that a list as of a time shows, by an ID that is not the tag."""
        return {
            f"id-{number}": each
            for number, each in enumerate(self.account)
            if each.listed_from <= at and not each.until <= at
        }

    @rule(seconds=st.floats(0.5, 40))
    def pass_time(self, seconds: float) -> None:
        self.now += seconds

    def choose(self, data: st.DataObject, *phases: str) -> Controller | None:
        found = [each for each in self.controllers if each.phase in phases]
        return data.draw(st.sampled_from(found)) if found else None

    @rule(data=st.data())
    def look(self, data: st.DataObject) -> None:
        if controller := self.choose(data, "idle"):
            self.first_look(controller)

    def first_look(self, controller: Controller) -> None:
        found = list(self.listed(self.now).values())
        if not found:
            controller.phase = "about to launch"
        elif len(found) == 1:
            controller.phase = "ended"

    @rule(data=st.data(), lag=st.floats(0, T), response=st.sampled_from(["here", "here", "lost", "without effect"]))
    def launch(self, data: st.DataObject, lag: float, response: str) -> None:
        controller = self.choose(data, "about to launch")
        if not controller or not self.tags:
            return
        controller.sent = self.now
        if response == "without effect":
            controller.phase = "uncertain"
            return
        controller.own = Launched(self.tags.pop(), controller.kind, self.now, self.now + lag)
        self.account.append(controller.own)
        controller.phase = "watching" if response == "here" else "uncertain"

    @rule(data=st.data(), age=st.sampled_from([0.0, 0.0, 0.0, 10.0, T]))
    def poll(self, data: st.DataObject, age: float) -> None:
        if controller := self.choose(data, "watching", "uncertain", "last look"):
            self.look_again(controller, age)

    def look_again(self, controller: Controller, age: float = 0.0) -> None:
        rows = self.listed(max(0.0, self.now - age))
        own = controller.own
        if controller.phase == "uncertain":
            if own in rows.values():
                controller.phase = "watching"
            elif self.now > controller.sent + T:
                controller.phase = "about to launch"
            return
        assert own is not None
        rivals = {key: Rival(each.tag, each.kind == own.kind) for key, each in rows.items() if each is not own}
        verdict = controller.claim.decide(own.tag if own in rows.values() else None, rivals, self.now)
        if verdict is YIELD and controller.phase == "last look":
            own.until = self.now
            controller.phase = "ended"
        elif verdict is YIELD:
            controller.phase = "last look"
        else:
            ready = own in rows.values() and self.now - age >= own.since + T
            controller.phase = "ended" if verdict is KEEP and ready else "watching"

    @rule(data=st.data(), mercy=st.integers(0, 3))
    def kill(self, data: st.DataObject, mercy: int) -> None:
        controller = None if mercy else self.choose(data, "about to launch", "uncertain", "watching", "last look")
        if controller:
            controller.phase = "killed"

    def teardown(self) -> None:
        if not hasattr(self, "controllers"):
            return
        self.finish()
        killed = [each for each in self.controllers if each.phase == "killed"]
        assert len(self.live()) <= 1 + len(killed), "two stay whose launchers saw their task through"
        # The next run on each controller that was killed knows the launch of its own, from its notes.
        for controller in killed or self.controllers[:1]:
            self.now += T + 1
            others = [each for each in self.live() if each is not controller.own]
            own_left = controller.own in self.live() and bool(others)
            controller.phase, controller.claim = ("watching" if own_left else "idle"), Claim(T, own=True)
            self.finish()
        assert len(self.live()) == 1

    def live(self) -> list[Launched]:
        return [each for each in self.account if each.until == float("inf")]

    def finish(self) -> None:
        """Let every task that still runs come to its end."""
        for step in range(200):
            running = [each for each in self.controllers if each.phase not in ("ended", "killed")]
            if not running:
                return
            self.now += 5.0
            for controller in running:
                if controller.phase == "idle":
                    self.first_look(controller)
                    # Whoever finds two that stay fails in the end.
                    if controller.phase == "idle" and step * 5.0 > 4 * T:
                        controller.phase = "ended"
                elif controller.phase == "about to launch":
                    controller.own = Launched(f"x{len(self.account):02}", controller.kind, self.now, self.now + T)
                    self.account.append(controller.own)
                    controller.phase = "watching"
                else:
                    self.look_again(controller)
        raise AssertionError("some tasks never end")


TestAgreement: t.Any = Agreement.TestCase
TestAgreement.settings = settings(max_examples=80, stateful_step_count=30, deadline=None)
