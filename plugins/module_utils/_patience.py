# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Pauses and progress: what everything that waits is given, so that tests can hand in their own."""

from __future__ import annotations

import time
import typing as t
from dataclasses import dataclass

from ansible_collections.lambdal.cloud.plugins.module_utils._deadline import Deadline


@dataclass(frozen=True)
class Patience:
    """How long to wait in all, and how to.

    Args:
        deadline: when the task gives up; None where it does not wait.
        interval: seconds between two polls.
        outcome_timeout: seconds to look for the effect of a write whose answer was lost.
        pace: seconds between two looks for capacity, which the rate limit allows more often than polls.
        log: takes a line for the user, at `-v`.
    """

    deadline: Deadline | None
    interval: float
    outcome_timeout: float
    pace: float = 1.0
    log: t.Callable[[str], None] = lambda text: None
    clock: t.Callable[[], float] = time.monotonic
    sleep: t.Callable[[float], None] = time.sleep

    def out_of_time(self) -> bool:
        """Whether the next poll would come too late."""
        return self.deadline is not None and not self.deadline.allows(self.interval)
