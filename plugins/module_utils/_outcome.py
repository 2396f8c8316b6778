# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes whose answer was lost: look before doing it again."""

from __future__ import annotations

import typing as t

from ansible_collections.lambdal.cloud.plugins.module_utils._deadline import Deadline
from ansible_collections.lambdal.cloud.plugins.module_utils._errors import CausedError, LambdaCloudError, StateError
from ansible_collections.lambdal.cloud.plugins.module_utils._patience import Patience

T = t.TypeVar("T")

_MOST_TRIES = 3


def settle(send: t.Callable[[], T], look: t.Callable[[], T | None], patience: Patience) -> T:
    """Send a write and be certain of what it did.

    Args:
        send: makes the request.
        look: finds the write's effect, by reading; None while there is none to be seen.
        patience: for how long to look after a lost answer, and how often.

    A failure that cannot have taken effect is repeated at once. One that may have is repeated only after nothing of it
    appeared for `outcome_timeout`. A refusal after that is looked into as well: what appeared too late may be its reason.

    Raises:
        StateError: what was found cannot be what one write did.
        LambdaCloudError: the request was refused, or failed several times, or nobody could be asked what it did. Then
            `may_have_executed` of the error is still true where the effect may yet appear.
    """
    tries, uncertain = 0, False
    while True:
        tries += 1
        try:
            return send()
        except LambdaCloudError as error:
            if error.may_have_executed or uncertain:
                patience.log(f"{error} Looking whether it took effect.")
                found = _look_for(look, patience, error)
                if found is not None:
                    return found
            last = not (error.temporary or error.may_have_executed) or tries >= _MOST_TRIES or patience.out_of_time()
            if last and uncertain and not error.may_have_executed:
                raise EarlierTry(error) from error
            if last:
                raise
            uncertain = uncertain or error.may_have_executed
            patience.log(f"{error} It took no effect; trying again.")
            if not error.may_have_executed:
                patience.sleep(patience.interval)


class EarlierTry(CausedError):
    """A write was refused, but not when it was sent first."""

    may_have_executed = True

    def __init__(self, cause: LambdaCloudError) -> None:
        super().__init__(f"{cause} The answer to an earlier try was lost, which may have taken effect.", cause)


def _look_for(look: t.Callable[[], T | None], patience: Patience, error: LambdaCloudError) -> T | None:
    """The effect, once it shows within `outcome_timeout`; None when it certainly did not."""
    # Not the task's deadline: giving up early would leave a machine that nobody knows of.
    until = Deadline(patience.outcome_timeout, patience.clock)
    while True:
        try:
            found = look()
        except StateError:
            raise
        except LambdaCloudError as trouble:
            if not until.remaining():
                raise error from trouble
        else:
            if found is not None or not until.remaining():
                return found
        patience.sleep(min(patience.interval, max(until.remaining(), 0.01)))
