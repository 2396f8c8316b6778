# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Keeping an account's processes under its rate limit together.

The service allows an account one request a second and one launch in twelve, whichever process sends them. Every process
therefore takes its turn from one small file per account and address: it reads when the next turn is, writes down the
turn after it, lets the file go, and sleeps until its own. Before it goes ahead it makes sure that the one before it,
which a busy machine may have kept from going in time, is a whole interval ahead. The lock is held for microseconds and
falls with its process, so that a crashed one costs at most the turn it had taken.
"""

from __future__ import annotations

import fcntl
import json
import time
import typing as t

from ansible_collections.lambdal.cloud.plugins.module_utils._account_file import AccountFile
from ansible_collections.lambdal.cloud.plugins.module_utils._deadline import Deadline
from ansible_collections.lambdal.cloud.plugins.module_utils._errors import DeadlineExceeded

REQUEST = "request"
LAUNCH = "launch"

# A turn further away than this comes from a clock that was set back, not from a queue.
_LONGEST_QUEUE_SECONDS = 3600.0


class Turns(t.Protocol):
    """Where the time of each lane's next turn is kept, in seconds since the epoch."""

    def exchange(self, change: t.Callable[[dict[str, float]], None]) -> None:
        """Let `change` read and alter the turns while nobody else does."""


class LocalTurns:
    """Turns of this process alone."""

    def __init__(self) -> None:
        self._turns: dict[str, float] = {}

    def exchange(self, change: t.Callable[[dict[str, float]], None]) -> None:
        change(self._turns)


class SharedTurns:
    """Turns of every process of this user that talks to the same account.

    Raises OSError where the folder cannot be made or the file cannot be opened, locked or written.
    """

    def __init__(self, file: AccountFile) -> None:
        self._file = file
        with file.opened():
            pass

    def exchange(self, change: t.Callable[[dict[str, float]], None]) -> None:
        with self._file.opened() as descriptor, open(descriptor, "r+", encoding="utf-8", closefd=False) as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            turns = _read_turns(file)
            change(turns)
            file.seek(0)
            file.truncate()
            json.dump(turns, file)


def _read_turns(file: t.TextIO) -> dict[str, float]:
    """What a file holds; a writer killed half-way leaves what cannot be read, which counts as nothing."""
    try:
        data = json.load(file)
        return {str(lane): float(turn) for lane, turn in data.items()}
    except (ValueError, TypeError, AttributeError):
        return {}


class Pacer:
    """Hands out turns: at most one request in `request_interval` seconds, one launch in `launch_interval`."""

    def __init__(
        self,
        turns: Turns,
        *,
        request_interval: float,
        launch_interval: float,
        warn: t.Callable[[str], None] = lambda text: None,
        clock: t.Callable[[], float] = time.time,
        sleep: t.Callable[[float], None] = time.sleep,
    ) -> None:
        self._turns = turns
        self._intervals = {REQUEST: request_interval, LAUNCH: launch_interval}
        self._warn = warn
        self._clock = clock
        self._sleep = sleep

    def wait(self, lane: str, deadline: Deadline | None = None) -> None:
        """Sleep until this process's turn.

        A launch waits in its own lane first, so that reads go on meanwhile, and then for the turn of any request.

        Raises:
            DeadlineExceeded: the turn would come after the deadline; it is not taken.
        """
        for each in (LAUNCH, REQUEST) if lane == LAUNCH else (REQUEST,):
            if self._intervals[each] > 0:
                self._wait_lane(each, deadline)

    def _wait_lane(self, lane: str, deadline: Deadline | None) -> None:
        pause = self._take_turn(lane, deadline)
        while pause > 0:
            self._sleep(pause)
            pause = self._depart(lane)

    def _take_turn(self, lane: str, deadline: Deadline | None) -> float:
        """Reserve the lane's next turn; the seconds until then, 0 when it is now and has been gone ahead with."""
        interval = self._intervals[lane]
        pause = 0.0

        def take(turns: dict[str, float]) -> None:
            nonlocal pause
            now = self._clock()
            turn = turns.get(lane, now)
            if not now <= turn <= now + _LONGEST_QUEUE_SECONDS:
                turn = now
            pause = turn - now
            if deadline is not None and pause > 0 and not deadline.allows(pause):
                raise DeadlineExceeded(
                    f"The rate limit's next free turn is {pause:.0f} s away, beyond the time left of {deadline.seconds:g} s."
                )
            turns[lane] = turn + interval

        self._exchange(take)
        return pause or self._depart(lane)

    def _depart(self, lane: str) -> float:
        """Go ahead, unless whoever went last did so less than an interval ago; then the seconds still to wait."""
        pause = 0.0

        def go(turns: dict[str, float]) -> None:
            nonlocal pause
            now, last = self._clock(), f"{lane} sent"
            pause = turns.get(last, 0.0) + self._intervals[lane] - now
            # More than an interval away it was never sent, but written by a clock that was set back.
            if not 0 < pause <= self._intervals[lane]:
                pause = 0.0
                turns[last] = now

        self._exchange(go)
        return pause

    def hold(self, lane: str, seconds: float) -> None:
        """Keep everybody in a lane back for some seconds, after the service said that it was asked too often."""

        def push(turns: dict[str, float]) -> None:
            turns[lane] = max(turns.get(lane, 0.0), self._clock() + seconds)

        if seconds > 0 and self._intervals[lane] > 0:
            self._exchange(push)

    def _exchange(self, change: t.Callable[[dict[str, float]], None]) -> None:
        try:
            self._turns.exchange(change)
        except OSError as error:
            self._warn(f"Pacing requests within this process only: {error.strerror} ({error.filename}).")
            self._turns = LocalTurns()
            self._turns.exchange(change)


def open_pacer(
    file: AccountFile,
    *,
    request_interval: float,
    launch_interval: float,
    warn: t.Callable[[str], None],
) -> Pacer:
    """A pacer shared with this user's other processes, or, where that cannot be, one of this process alone."""
    turns: Turns = LocalTurns()
    if request_interval > 0 or launch_interval > 0:
        try:
            turns = SharedTurns(file)
        except OSError as error:
            warn(f"Pacing requests within this process only: {error.strerror} ({error.filename}).")
    return Pacer(turns, request_interval=request_interval, launch_interval=launch_interval, warn=warn)
