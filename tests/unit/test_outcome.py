# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import typing as t

import pytest
from ansible_collections.lambdal.cloud.plugins.module_utils._errors import (
    ApiError,
    DeadlineExceeded,
    LambdaCloudError,
    StateError,
    TransportError,
)
from ansible_collections.lambdal.cloud.plugins.module_utils._outcome import settle
from ansible_collections.lambdal.cloud.plugins.module_utils._patience import Patience

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
def patience() -> Patience:
    now = [0.0]

    def sleep(seconds: float) -> None:
        now[0] += seconds

    return Patience(None, interval=10, outcome_timeout=30, clock=lambda: now[0], sleep=sleep)


def test_an_answer_needs_no_look(patience: Patience) -> None:
    look = Script(None)
    assert settle(Script("id"), look, patience) == "id"
    assert look.calls == 0


def test_a_refusal_is_final(patience: Patience) -> None:
    send = Script(REFUSED)
    with pytest.raises(ApiError):
        settle(send, Script(None), patience)
    assert send.calls == 1


def test_what_appeared_is_adopted_and_not_sent_again(patience: Patience) -> None:
    send, look = Script(LOST), Script(None, None, "id")
    assert settle(send, look, patience) == "id"
    assert (send.calls, look.calls) == (1, 3)


def test_it_is_sent_again_only_after_nothing_appeared_for_long_enough(patience: Patience) -> None:
    send, look = Script(LOST, "id"), Script(None)
    assert settle(send, look, patience) == "id"
    assert patience.clock() >= 30
    assert (send.calls, look.calls) == (2, 4)


def test_what_was_never_sent_is_sent_without_a_look(patience: Patience) -> None:
    look = Script(None)
    assert settle(Script(UNSENT, "id"), look, patience) == "id"
    assert look.calls == 0


def test_nobody_sends_again_who_cannot_look(patience: Patience) -> None:
    send = Script(LOST)
    with pytest.raises(LambdaCloudError) as caught:
        settle(send, Script(TransportError("down")), patience)
    assert caught.value.may_have_executed
    assert send.calls == 1


def test_a_look_that_fails_once_is_repeated(patience: Patience) -> None:
    assert settle(Script(LOST), Script(TransportError("down"), "id"), patience) == "id"


def test_three_tries_are_enough(patience: Patience) -> None:
    send = Script(LOST)
    with pytest.raises(TransportError):
        settle(send, Script(None), patience)
    assert send.calls == 3


def test_the_deadline_is_not_outlived_by_sending_again(patience: Patience) -> None:
    send = Script(DeadlineExceeded("late"))
    with pytest.raises(DeadlineExceeded):
        settle(send, Script(None), patience)
    assert send.calls == 1


def test_a_refusal_after_a_lost_answer_is_looked_into(patience: Patience) -> None:
    # The first try took the last machine, and was listed late: that is why the second is refused.
    send, look = Script(LOST, REFUSED), Script(None, None, None, None, "id")
    assert settle(send, look, patience) == "id"
    assert send.calls == 2


@pytest.mark.parametrize("later", [REFUSED, DeadlineExceeded("late")])
def test_a_refusal_after_a_lost_answer_is_not_certain(patience: Patience, later: LambdaCloudError) -> None:
    with pytest.raises(LambdaCloudError, match="an earlier try was lost") as caught:
        settle(Script(LOST, later), Script(None), patience)
    assert caught.value.may_have_executed
    assert caught.value.failure() == later.failure()


def test_trouble_upstream_is_looked_into_before_it_is_sent_again(patience: Patience) -> None:
    upstream = ApiError("x", status=400, code="provider/timeout", message="m")
    look = Script("id")
    assert settle(Script(upstream), look, patience) == "id"
    assert look.calls == 1


def test_what_is_found_and_cannot_be_is_told(patience: Patience) -> None:
    with pytest.raises(StateError, match="several: m1, m2"):
        settle(Script(LOST), Script(StateError("several: m1, m2")), patience)
