# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A rate limiter that all of a user's processes on the same account share.

The service allows an account one request a second and one launch in twelve seconds, whichever process sends them. Every
process therefore takes slots from one small file per account and API address: it locks the file, reserves the next slot,
unlocks the file, and sleeps until its slot. Then it sends, unless the last request was too late for that, in which case it
sleeps for the rest. The lock is held for microseconds and is released when its process ends, so a crashed process costs at
most the slot that it had reserved.

The service counts requests when they arrive. Two that are sent an interval apart arrive closer together than that if the
second one travels faster. Nobody can know when a request arrived, but it was before its response came back, and the trips
of a request and of a response take at least as long as the quickest round trip. So if the next request is sent no sooner
than an interval after the response, less the quickest round trip, it arrives an interval after the last one, whatever the
network did and however busy this computer was. A response that takes longer, as that of a launch, tells less. Then the
request is taken to have travelled longer than the quickest one by at most what the last round trips took.
"""

from __future__ import annotations

import os
import random
import statistics
import time
import typing as t

from ansible_collections.lambdal.cloud.plugins.module_utils._client.account_file import AccountFile
from ansible_collections.lambdal.cloud.plugins.module_utils._client.rate_record import (
    LAUNCH,
    REQUEST,
    Bucket,
    LocalRecord,
    Record,
    RecordStore,
    SharedRecord,
)
from ansible_collections.lambdal.cloud.plugins.module_utils._errors import DeadlineExceeded
from ansible_collections.lambdal.cloud.plugins.module_utils._interrupts import sleep
from ansible_collections.lambdal.cloud.plugins.module_utils._timing import Deadline

# A record that was written so many seconds in the future was written before the clock was set back.
_CLOCK_TOLERANCE_SECONDS = 1.0

# How much longer than the quickest one a request may travel whose response is not there yet: a share of the slowest round trip.
_DELAY_SHARE = 1.0
_LEAST_DELAY_SECONDS, _UNKNOWN_DELAY_SECONDS, _MOST_DELAY_SECONDS = 0.1, 0.25, 0.25
# The quickest round trip that there can be: a share of the quickest one seen, and at most so many seconds. Less, as long as few were
# seen: a computer that is busy with starting a task makes its first ones slow.
_QUICKEST_SHARE, _MOST_QUICKEST_SECONDS = 1 / 2, 0.1
_FEW, _QUICKEST_SHARE_OF_FEW, _MOST_QUICKEST_SECONDS_OF_FEW = 8, 1 / 3, 0.02

# Shares of the interval: what a refusal adds to it first and at most; a request that was accepted takes away a tenth.
_FIRST_WIDENING, _MOST_WIDENING, _NARROWING = 1 / 50, 1 / 4, 0.9

# Those who were refused come back at random within so many seconds.
_MOST_SPREAD_SECONDS = 0.03

# Who waits longer than so many seconds for others says so: in the log, and as a warning.
_LOGGED_SECONDS, _WARNED_SECONDS = 5.0, 30.0

_SERVICE = "the service, which asked to wait (HTTP 429)"


class RateLimiter:
    """A limit of one request per `request_interval` seconds and one launch per `launch_interval` seconds.

    For each request call `wait` before it, `sent` when it is written to the network, and `answered` when the response
    begins. After a refusal call `back_off`, and then `wait` with `again`.
    """

    def __init__(
        self,
        store: RecordStore,
        *,
        request_interval: float,
        launch_interval: float,
        warn: t.Callable[[str], None] = lambda text: None,
        log: t.Callable[[str], None] = lambda text: None,
        clock: t.Callable[[], float] = time.time,
        sleep: t.Callable[[float], None] = sleep,
        draw: t.Callable[[], float] = random.random,
    ) -> None:
        self._store = store
        self._intervals = {REQUEST: request_interval, LAUNCH: launch_interval}
        self._warn = warn
        self._log = log
        self._clock = clock
        self._sleep = sleep
        self._draw = draw
        self._sends = 0
        self._sender = ""
        self._warned = False
        self._trip = 0.0

    def wait(self, bucket: str, deadline: Deadline | None = None, again: bool = False) -> None:
        """Sleep until a request may be sent.

        A launch first waits for a slot in its own bucket, so that reads can go on, and then for one in the bucket of requests.

        Args:
            again: the request was refused and keeps its place before those that wait for a slot.

        Raises:
            DeadlineExceeded: it may not be sent before the deadline.
        """
        self._sends += 1
        self._sender = f"{os.getpid()}.{id(self)}.{self._sends}"
        for each in self._limited(bucket):
            pause = 0.0 if again else self._reserve(each, deadline)
            extra = self._draw()
            while pause > 0 or (pause := self._record_send(each, deadline, extra)) > 0:
                self._sleep(pause)
                pause = 0.0

    def _limited(self, bucket: str) -> list[str]:
        """Return the buckets that a request counts in, as far as they are limited."""
        return [each for each in ((LAUNCH, REQUEST) if bucket == LAUNCH else (REQUEST,)) if self._intervals[each] > 0]

    def _reserve(self, name: str, deadline: Deadline | None) -> float:
        """Reserve the bucket's next slot and return the seconds until then.

        Raises:
            DeadlineExceeded: it is beyond the deadline, and was not reserved.
        """
        pause = 0.0
        held_by = ""

        def reserve(record: Record) -> None:
            nonlocal pause, held_by
            now = self._clock()
            bucket = record.buckets[name]
            slot = max(now, bucket.next_slot)
            pause, held_by = slot - now, bucket.held_by
            self._check_deadline(pause, deadline, held_by)
            bucket.next_slot = slot + self._intervals[name] + min(_usual_delay(record), _longest_delay(record))
            bucket.held_by = _process()

        self._exchange(reserve)
        if pause > _LOGGED_SECONDS and held_by != _process():
            text = f"Waiting {pause:.0f} s for the account's rate limit, behind {self._whom(held_by)}."
            self._log(text)
            if pause > _WARNED_SECONDS and not self._warned:
                self._warned = True
                self._warn(text)
        return pause

    def _record_send(self, name: str, deadline: Deadline | None, extra: float) -> float:
        """Record the send and return 0 if the bucket's limit allows it now; else return the seconds to wait.

        Args:
            extra: a number from 0 to 1, by which those whose requests were refused lately keep apart.

        Raises:
            DeadlineExceeded: it is beyond the deadline.
        """
        pause = 0.0

        def record_send(record: Record) -> None:
            nonlocal pause
            now, interval = self._clock(), self._intervals[name]
            bucket = record.buckets[name]
            widened = interval + bucket.widening * (1 + extra) / 2
            pause = bucket.counted + widened - now
            if not bucket.answered and bucket.sent + widened > now:
                # Until then the response may be there, and tell that it can be sooner.
                pause = bucket.sent + widened - now
            if pause > 1e-6:
                self._check_deadline(pause, deadline, bucket.held_by)
                return
            pause = 0.0
            _mark_sent(record, bucket, now)
            bucket.sender, bucket.answered = self._sender, False

        self._exchange(record_send)
        return pause

    def _check_deadline(self, pause: float, deadline: Deadline | None, held_by: str) -> None:
        if deadline is not None and pause > 0 and not deadline.allows(pause):
            raise DeadlineExceeded(
                f"The rate limit's next free slot is {pause:.0f} s away, beyond the time left of {deadline.seconds:g} s. It is behind "
                f"{self._whom(held_by)}."
            )

    def _whom(self, held_by: str) -> str:
        """Return who is waited for, for a sentence, and where that is recorded."""
        where = f", as {self._store.path} records" if self._store.path else ""
        return f"{'this task itself' if held_by == _process() else held_by or 'other processes'}{where}"

    def sent(self, bucket: str) -> None:
        """Record that the request is being written to the network just now, which opening a connection may have delayed."""

        def mark(record: Record) -> None:
            for name in self._limited(bucket):
                each = record.buckets[name]
                _mark_sent(record, each, self._clock())
                each.sender, each.answered = self._sender, False

        self._exchange_if_limited(bucket, mark)

    def answered(self, bucket: str, accepted: bool = True) -> None:
        """Record that the response begins to arrive, which tells when the request must have been counted."""

        def mark(record: Record) -> None:
            now = self._clock()
            for name in self._limited(bucket):
                each = record.buckets[name]
                # Whoever sent meanwhile has recorded that already.
                if each.sender != self._sender:
                    continue
                seconds = now - each.sent
                if bucket == REQUEST and 0 <= seconds < 60:
                    record.add_round_trip(seconds)
                each.answered = True
                self._trip = _quickest(record)
                each.counted = max(each.sent, min(each.counted, now - self._trip))
                if accepted:
                    each.widening *= _NARROWING

        self._exchange_if_limited(bucket, mark)

    def back_off(self, bucket: str, seconds: float) -> None:
        """Delay all processes' requests in a bucket by some seconds, after the service refused one as too early.

        The refused one does not count. The ones that follow keep further apart, until enough of them were accepted.
        """

        def postpone(record: Record) -> None:
            interval, again_at = self._intervals[bucket], self._clock() + seconds
            each = record.buckets[bucket]
            each.widening = min(max(2 * each.widening, interval * _FIRST_WIDENING), interval * _MOST_WIDENING)
            each.counted = again_at - interval - each.widening
            each.sent, each.answered = min(each.sent, each.counted), True
            if again_at > each.next_slot:
                each.next_slot, each.held_by = again_at, _SERVICE

        if bucket in self._limited(bucket):
            self._exchange(postpone)

    def pause(self, bucket: str, retry_after: float | None, refusals: int) -> float:
        """Return the seconds to wait after a refusal.

        They are at random a little longer than the service tells, so that those who share nothing do not come back at once.
        They do not grow much with the refusals: who shares the limit with others and waits longer than they do gets nothing.

        Args:
            retry_after: what the service tells, if it does.
            refusals: how often the same request was refused before. Each time the wait is at least twice as long, from a
                tenth of a second on, until it is a quarter of the interval, or 20 seconds where there is no limiter.
        """
        interval = self._intervals[bucket]
        if retry_after is not None:
            # The service counts from when it answered to when the request arrives, so that the round trip is no part of it.
            retry_after = max(0.0, retry_after - self._trip)
        least = min(0.1 * 2.0 ** min(refusals, 10), max(interval / 4, 0.1) if interval else 20.0)
        if retry_after is None:
            return max(least, interval * (0.25 + self._draw() / 2)) if interval else max(least, 0.5)
        return max(retry_after, least) + self._draw() * min(interval * _FIRST_WIDENING, _MOST_SPREAD_SECONDS)

    def _exchange_if_limited(self, bucket: str, change: t.Callable[[Record], None]) -> None:
        if self._limited(bucket):
            self._exchange(change)

    def _exchange(self, change: t.Callable[[Record], None]) -> None:
        def checked(record: Record) -> None:
            self._check_clock(record)
            change(record)
            record.written = self._clock()

        try:
            self._store.exchange(checked)
        except OSError as error:
            self._warn(f"The rate limiter works within this process only: {error.strerror} ({error.filename}).")
            self._store = LocalRecord()
            self._store.exchange(checked)

    def _check_clock(self, record: Record) -> None:
        """Forget the times in a record from before the clock was set back, and wait an interval to be safe."""
        now = self._clock()
        if record.written <= now + _CLOCK_TOLERANCE_SECONDS:
            return
        self._warn(
            f"The clock was set back by {record.written - now:.0f} s since the rate limiter's last request, so that the times "
            f"recorded in {self._store.path or 'memory'} make no sense. They are forgotten."
        )
        for each in record.buckets.values():
            each.next_slot = each.sent = each.counted = now
            each.held_by, each.answered = "a clock that was set back", True


def _process() -> str:
    return f"process {os.getpid()} of this user"


def _mark_sent(record: Record, bucket: Bucket, now: float) -> None:
    bucket.sent = now
    bucket.counted = now + _longest_delay(record)


def _quickest(record: Record) -> float:
    """Return the seconds that a round trip takes at least; the ones seen may all have been slow."""
    if not record.round_trips:
        return 0.0
    if len(record.round_trips) < _FEW:
        return min(min(record.round_trips) * _QUICKEST_SHARE_OF_FEW, _MOST_QUICKEST_SECONDS_OF_FEW)
    return min(min(record.round_trips) * _QUICKEST_SHARE, _MOST_QUICKEST_SECONDS)


def _usual_delay(record: Record) -> float:
    """Return by how many seconds a round trip is usually longer than the quickest one."""
    return statistics.median(record.round_trips) - _quickest(record) if record.round_trips else 0.0


def _longest_delay(record: Record) -> float:
    """Return by how many seconds a request travels longer than the quickest one at most, as far as is known."""
    if not record.round_trips:
        return _UNKNOWN_DELAY_SECONDS
    return min(max(_LEAST_DELAY_SECONDS, _DELAY_SHARE * max(record.round_trips)), _MOST_DELAY_SECONDS)


def open_rate_limiter(
    file: AccountFile,
    *,
    request_interval: float,
    launch_interval: float,
    warn: t.Callable[[str], None],
    log: t.Callable[[str], None] = lambda text: None,
) -> RateLimiter:
    """Return a limiter shared with this user's other processes, or one of this process alone if there can be no file."""
    store: RecordStore = LocalRecord()
    if request_interval > 0 or launch_interval > 0:
        try:
            store = SharedRecord(file)
        except OSError as error:
            warn(f"The rate limiter works within this process only: {error.strerror} ({error.filename}).")
    return RateLimiter(store, request_interval=request_interval, launch_interval=launch_interval, warn=warn, log=log)
