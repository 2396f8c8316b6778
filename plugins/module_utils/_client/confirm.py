# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes whose response was lost: look for the effect before sending the write again."""

from __future__ import annotations

import typing as t

from ansible_collections.lambdal.cloud.plugins.module_utils._errors import CausedError, LambdaCloudError, StateError
from ansible_collections.lambdal.cloud.plugins.module_utils._interrupts import Interrupted, signals_delayed
from ansible_collections.lambdal.cloud.plugins.module_utils._timing import Deadline, WaitSettings

T = t.TypeVar("T")

_MAX_ATTEMPTS = 3


def confirm_write(send: t.Callable[[], T], find_effect: t.Callable[[], T | None], waits: WaitSettings) -> T:
    """Send a write and make certain what it did.

    Args:
        send: sends the request.
        find_effect: looks for the write's effect by reading. Returns None while there is none.
        waits: how long to look after a lost response, and how often.

    A temporary failure that cannot have taken effect is retried after `waits.interval`. A write that may have taken effect
    is retried only after no effect was seen for `outcome_timeout`. If the retry is refused, the effect is looked for again:
    it may have appeared late and be the reason for the refusal.

    Raises:
        StateError: what was found cannot be the effect of one write.
        LambdaCloudError: the write was refused, or failed several times, or its effect could not be looked for.
            `may_have_executed` is true if the effect may still appear.
    """
    attempts, uncertain = 0, False
    while True:
        attempts += 1
        try:
            with signals_delayed():
                return send()
        except Interrupted as stop:
            stop.may_have_executed = stop.may_have_executed or uncertain
            raise
        except LambdaCloudError as error:
            if error.may_have_executed or uncertain:
                waits.log(f"{error} Checking whether it took effect.")
                # A refusal says nothing of an earlier attempt, whose effect nobody may be able to look for.
                unknown = error if error.may_have_executed else EarlierAttempt(error)
                found = _wait_for_effect(find_effect, waits, unknown)
                if found is not None:
                    return found
            last = not (error.temporary or error.may_have_executed) or attempts >= _MAX_ATTEMPTS or waits.out_of_time()
            if last and uncertain and not error.may_have_executed:
                raise EarlierAttempt(error) from error
            if last:
                raise
            uncertain = uncertain or error.may_have_executed
            waits.log(f"{error} It had no effect; retrying.")
            if not error.may_have_executed:
                waits.sleep(waits.interval)


class EarlierAttempt(CausedError):
    """Refusal of a write whose earlier attempt may have taken effect, since its response was lost."""

    may_have_executed = True

    def __init__(self, cause: LambdaCloudError) -> None:
        super().__init__(
            f"{cause} The response to an earlier attempt was lost, and that attempt may have taken effect.", cause
        )


def _wait_for_effect(find_effect: t.Callable[[], T | None], waits: WaitSettings, error: LambdaCloudError) -> T | None:
    """Return the write's effect, or None if a list still shows none after `outcome_timeout`.

    Raises:
        StateError: from `find_effect`.
        LambdaCloudError: `error`, if the effect could not be looked for.
    """
    # Not limited by the task's deadline: giving up early could leave an instance that nobody knows of.
    until = Deadline(waits.outcome_timeout, waits.clock)
    while True:
        try:
            found = find_effect()
        except StateError:
            raise
        except LambdaCloudError as failure:
            if not until.remaining():
                raise error from failure
        else:
            if found is not None or not until.remaining():
                return found
        waits.sleep(min(waits.interval, max(until.remaining(), 0.01)))
