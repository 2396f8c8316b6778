# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import typing as t

import pytest
from ansible_collections.lambdal.cloud.plugins.module_utils._client.confirm import confirm_write
from ansible_collections.lambdal.cloud.plugins.module_utils._errors import (
    ApiError,
    DeadlineExceeded,
    LambdaCloudError,
    StateError,
    TransportError,
)
from ansible_collections.lambdal.cloud.plugins.module_utils._timing import WaitSettings
from ansible_collections.lambdal.cloud.tests.support.clock import FakeClock
from hypothesis import given
from hypothesis import strategies as st

LOST = TransportError("lost", may_have_executed=True)
UNSENT = TransportError("unsent")
REFUSED = ApiError("x", status=400, code="global/quota-exceeded", message="m")


class Script:
    """Answers in turn: an exception is raised, anything else returned."""

    def __init__(self, *answers: object) -> None:
        self._answers = list(answers)
        self.calls = 0

    def __call__(self) -> t.Any:
        self.calls += 1
        answer = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer


@pytest.fixture
def waits() -> WaitSettings:
    clock = FakeClock()
    return WaitSettings(None, interval=10, outcome_timeout=30, clock=clock, sleep=clock.sleep)


def test_an_answer_needs_no_look(waits: WaitSettings) -> None:
    look = Script(None)
    assert confirm_write(Script("id"), look, waits) == "id"
    assert look.calls == 0


def test_a_refusal_is_final(waits: WaitSettings) -> None:
    send = Script(REFUSED)
    with pytest.raises(ApiError):
        confirm_write(send, Script(None), waits)
    assert send.calls == 1


def test_what_appeared_is_adopted_and_not_sent_again(waits: WaitSettings) -> None:
    send, look = Script(LOST), Script(None, None, "id")
    assert confirm_write(send, look, waits) == "id"
    assert (send.calls, look.calls) == (1, 3)


def test_it_is_sent_again_only_after_nothing_appeared_for_long_enough(waits: WaitSettings) -> None:
    send, look = Script(LOST, "id"), Script(None)
    assert confirm_write(send, look, waits) == "id"
    assert waits.clock() >= 30
    assert (send.calls, look.calls) == (2, 4)


def test_what_was_never_sent_is_sent_without_a_look(waits: WaitSettings) -> None:
    look = Script(None)
    assert confirm_write(Script(UNSENT, "id"), look, waits) == "id"
    assert look.calls == 0


def test_nobody_sends_again_who_cannot_look(waits: WaitSettings) -> None:
    send = Script(LOST)
    with pytest.raises(LambdaCloudError) as caught:
        confirm_write(send, Script(TransportError("down")), waits)
    assert caught.value.may_have_executed
    assert send.calls == 1


def test_a_look_that_fails_once_is_repeated(waits: WaitSettings) -> None:
    assert confirm_write(Script(LOST), Script(TransportError("down"), "id"), waits) == "id"


def test_three_tries_are_enough(waits: WaitSettings) -> None:
    send = Script(LOST)
    with pytest.raises(TransportError):
        confirm_write(send, Script(None), waits)
    assert send.calls == 3


def test_the_deadline_is_not_outlived_by_sending_again(waits: WaitSettings) -> None:
    send = Script(DeadlineExceeded("late"))
    with pytest.raises(DeadlineExceeded):
        confirm_write(send, Script(None), waits)
    assert send.calls == 1


def test_a_refusal_after_a_lost_answer_is_looked_into(waits: WaitSettings) -> None:
    # The first try took the last instance, and was listed late: that is why the second is refused.
    send, look = Script(LOST, REFUSED), Script(None, None, None, None, "id")
    assert confirm_write(send, look, waits) == "id"
    assert send.calls == 2


@pytest.mark.parametrize("later", [REFUSED, DeadlineExceeded("late")])
def test_a_refusal_after_a_lost_answer_is_not_certain(waits: WaitSettings, later: LambdaCloudError) -> None:
    with pytest.raises(LambdaCloudError, match="an earlier attempt was lost") as caught:
        confirm_write(Script(LOST, later), Script(None), waits)
    assert caught.value.may_have_executed
    assert caught.value.failure() == later.failure()


def test_a_refusal_after_a_lost_answer_that_cannot_be_looked_into_is_not_certain(waits: WaitSettings) -> None:
    # The refusal alone would let a launch go on to another place.
    look = Script(*[None] * 4, TransportError("down"))
    with pytest.raises(LambdaCloudError, match="an earlier attempt was lost") as caught:
        confirm_write(Script(LOST, REFUSED), look, waits)
    assert caught.value.may_have_executed
    assert not isinstance(caught.value, ApiError)


def test_trouble_upstream_is_looked_into_before_it_is_sent_again(waits: WaitSettings) -> None:
    upstream = ApiError("x", status=400, code="provider/timeout", message="m")
    look = Script("id")
    assert confirm_write(Script(upstream), look, waits) == "id"
    assert look.calls == 1


def test_what_is_found_and_cannot_be_is_told(waits: WaitSettings) -> None:
    with pytest.raises(StateError, match="several: m1, m2"):
        confirm_write(Script(LOST), Script(StateError("several: m1, m2")), waits)


class Service:
    """A service whose responses and lists follow a script, in time of its own.

    Args:
        sends: the outcome of each write: `done`, `refused`, `busy` (nothing happened), `lost` (it happened), `unsent`.
        lags: after how many seconds the list shows the effect of each.
        outages: the lists that cannot be read, by number.
    """

    def __init__(self, sends: list[str], lags: list[float], outages: set[int]) -> None:
        self.now = 0.0
        self.effects: list[float] = []
        self._sends = iter(sends)
        self._lags = iter(lags)
        self._outages = outages
        self._lists = 0

    def send(self) -> str:
        outcome = next(self._sends, "done")
        if outcome == "refused":
            raise ApiError("write", status=400, code="global/invalid-parameters", message="no")
        if outcome == "busy":
            raise TransportError("busy")
        if outcome in ("done", "lost"):
            self.effects.append(self.now + next(self._lags, 0.0))
        if outcome in ("lost", "unsent"):
            raise TransportError("the connection broke", may_have_executed=True)
        return f"effect {len(self.effects) - 1}"

    def find(self) -> str | None:
        self._lists += 1
        if self._lists in self._outages:
            raise TransportError("no list")
        shown = [number for number, since in enumerate(self.effects) if since <= self.now]
        return f"effect {shown[0]}" if shown else None

    def sleep(self, seconds: float) -> None:
        self.now += seconds


@given(
    sends=st.lists(st.sampled_from(["done", "refused", "busy", "lost", "unsent"]), max_size=6),
    lags=st.lists(st.floats(0, 30.0), max_size=6),
    outages=st.sets(st.integers(1, 12), max_size=6),
)
def test_any_order_of_events_leaves_one_effect_that_is_known(
    sends: list[str], lags: list[float], outages: set[int]
) -> None:
    service = Service(sends, lags, outages)
    waits = WaitSettings(None, interval=3, outcome_timeout=30.0, clock=lambda: service.now, sleep=service.sleep)
    try:
        effect = confirm_write(service.send, service.find, waits)
    except LambdaCloudError as error:
        assert error.may_have_executed or not service.effects
    else:
        assert effect == "effect 0"
    assert len(service.effects) <= 1
