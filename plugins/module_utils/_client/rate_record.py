# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a rate limiter remembers between requests, alone or with all of a user's processes on the same account."""

from __future__ import annotations

import dataclasses
import math
import typing as t
from dataclasses import dataclass, field

from ansible_collections.lambdal.cloud.plugins.module_utils._client.account_file import AccountFile

REQUEST = "request"
LAUNCH = "launch"

_ROUND_TRIPS = 16


@dataclass
class Bucket:
    """The requests that one limit counts. Times are seconds since the epoch, 0 if there was none.

    Args:
        next_slot: time of the first slot that nobody reserved.
        held_by: whose request or answer that slot follows, for a sentence.
        sent: when the last request was sent.
        counted: the latest time at which the service can have counted it, less the shortest trip to the service.
        sender: which request that was.
        answered: whether its response arrived, from which `counted` is known better.
        widening: seconds to add to the interval because requests were refused lately.
    """

    next_slot: float = 0.0
    held_by: str = ""
    sent: float = 0.0
    counted: float = 0.0
    sender: str = ""
    answered: bool = True
    widening: float = 0.0


@dataclass
class Record:
    """The buckets, when they were last written, and the seconds of the last round trips, oldest first."""

    buckets: dict[str, Bucket] = field(default_factory=lambda: {REQUEST: Bucket(), LAUNCH: Bucket()})
    round_trips: list[float] = field(default_factory=list)
    written: float = 0.0

    def add_round_trip(self, seconds: float) -> None:
        self.round_trips = [*self.round_trips, seconds][-_ROUND_TRIPS:]

    def to_json(self) -> dict[str, t.Any]:
        return dataclasses.asdict(self)

    @classmethod
    def from_json(cls, data: t.Any) -> Record:
        """Return the record in JSON.

        Raises:
            ValueError: it is not one.
        """
        try:
            buckets = {name: _bucket(data["buckets"][name]) for name in (REQUEST, LAUNCH)}
            return cls(buckets, [_seconds(each) for each in data["round_trips"]], _seconds(data["written"]))
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError(str(error)) from error


def _bucket(fields: t.Mapping[str, t.Any]) -> Bucket:
    return Bucket(
        next_slot=_seconds(fields["next_slot"]),
        held_by=str(fields["held_by"]),
        sent=_seconds(fields["sent"]),
        counted=_seconds(fields["counted"]),
        sender=str(fields["sender"]),
        answered=bool(fields["answered"]),
        widening=_seconds(fields["widening"]),
    )


def _seconds(value: t.Any) -> float:
    seconds = float(value)
    if not math.isfinite(seconds) or seconds < 0:
        raise ValueError(f"{value} is no time")
    return seconds


class RecordStore(t.Protocol):
    """Keeps a record. `path` is the file that it is in, if it is in one."""

    path: str | None

    def exchange(self, change: t.Callable[[Record], None]) -> None:
        """Call `change` with the record, to read and alter it while nobody else does."""


class LocalRecord:
    """The record of this process alone."""

    path: str | None = None

    def __init__(self) -> None:
        self._record = Record()

    def exchange(self, change: t.Callable[[Record], None]) -> None:
        change(self._record)


class SharedRecord:
    """A record in a file, shared by all of this user's processes on the same account.

    Every method raises OSError if the folder cannot be created, or the file cannot be opened, locked or written.
    """

    def __init__(self, file: AccountFile) -> None:
        self._file = file
        self.path: str | None = file.path
        with file.opened():
            pass

    def exchange(self, change: t.Callable[[Record], None]) -> None:
        def changed(content: dict[str, t.Any]) -> None:
            record = _read(content)
            change(record)
            content.clear()
            content.update(record.to_json())

        self._file.update(changed)


def _read(content: dict[str, t.Any]) -> Record:
    """Return the record in a file's content, or a new one where that is none."""
    try:
        return Record.from_json(content)
    except ValueError:
        return Record()
