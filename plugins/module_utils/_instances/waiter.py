# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Waiting for any number of instances, with one list request a poll."""

from __future__ import annotations

import typing as t

from ansible_collections.lambdal.cloud.plugins.module_utils._client.api import Api
from ansible_collections.lambdal.cloud.plugins.module_utils._client.models import (
    FAILED,
    GONE,
    Instance,
    describe,
)
from ansible_collections.lambdal.cloud.plugins.module_utils._errors import (
    DeadlineExceeded,
    LambdaCloudError,
    StateError,
)
from ansible_collections.lambdal.cloud.plugins.module_utils._instances.name_watch import NameLost, NameWatch
from ansible_collections.lambdal.cloud.plugins.module_utils._instances.readiness import Readiness
from ansible_collections.lambdal.cloud.plugins.module_utils._timing import Deadline, WaitSettings


class InstancesFailed(StateError):
    """Instances that no waiting makes active: unhealthy, preempted or gone.

    Args:
        rest: what is done about them, or could be, as a sentence.
    """

    def __init__(
        self, rows: t.Sequence[Instance], rest: str = "An unhealthy instance keeps billing until it is terminated."
    ) -> None:
        self.rows = list(rows)
        super().__init__(f"{', '.join(describe(row) for row in rows)} will not become active. {rest}")


class Waiter:
    """Keeps the rows of some instances up to date by polling the whole list.

    Args:
        unlisted: IDs that no list has shown yet, because they were just launched and lists may lag.
        names: decides where another instance has the name of one of them; by default any may.
        readiness: what has to hold of an instance that is ready; by default that it is active and has an address.
    """

    def __init__(
        self,
        api: Api,
        waits: WaitSettings,
        rows: t.Iterable[Instance],
        unlisted: t.Collection[str] = (),
        names: NameWatch | None = None,
        readiness: Readiness | None = None,
    ) -> None:
        self._api = api
        self._waits = waits
        self.rows: dict[str, Instance] = {row["id"]: row for row in rows}
        self._listed = self.rows.keys() - set(unlisted)
        self._names = names
        self._readiness = readiness or Readiness()

    def follow(self, rows: t.Iterable[Instance]) -> None:
        """Wait for instances as well that were just launched."""
        self.rows.update({row["id"]: row for row in rows})

    def poll(self) -> None:
        """Request the list. An instance that was listed before and is no more counts as terminated.

        Raises:
            DuplicateName: another instance has the name of one of them, and none may.
            NameLost: another instance stays in the place of one of them. The list was requested twice then.
        """
        # Once more before anything is terminated for another instance
        lost = self._look()
        if lost:
            again = self._look()
            if again and again.row["id"] == lost.row["id"]:
                raise again  # pylint: disable=raising-bad-type

    def _look(self) -> NameLost | None:
        listed = {row["id"]: row for row in self._api.list_instances(self._waits.deadline)}
        for instance_id, known in self.rows.items():
            row = listed.get(instance_id)
            if row is None and instance_id in self._listed:
                row = {**known, "status": "terminated"}
            if row is not None and (change := _change(known, row)):
                self._waits.progress(change)
            self.rows[instance_id] = row or known
        self._listed |= listed.keys() & self.rows.keys()
        return self._names.check(listed, self.rows) if self._names else None

    def until_alone(self) -> None:
        """Poll until no other instance has the name of one of them. Polls at least once.

        Raises:
            DuplicateName: see `poll`.
            NameLost: see `poll`.
            LambdaCloudError: the list cannot be read.
        """
        self.poll()
        while self._contested():
            self._waits.sleep(self._waits.interval)
            self.poll()

    def _contested(self) -> t.Collection[str]:
        return self._names.contested if self._names else ()

    def until_ready(self) -> None:
        """Poll until every instance is ready, and no other has its name.

        Raises:
            InstancesFailed: one became unhealthy, was preempted or went away.
            DuplicateName: see `poll`.
            NameLost: see `poll`.
            DeadlineExceeded: some are not ready in time; each is named, with its status.
        """

        def check() -> None:
            self._check_alive()
            for row in self._readiness.probe(self.rows.values()):
                self._waits.progress(f"{_label(row)} answers SSH.")

        self._until(self._readiness.is_ready, check)

    def until_gone(self) -> None:
        """Poll until no instance is listed any more.

        Raises:
            DeadlineExceeded: some are still listed.
        """
        self._until(lambda row: row.get("status") == "terminated", lambda: None)

    def until_listed(self, seconds: float) -> None:
        """Poll until every instance was listed, or for so many seconds, and no other has its name. Polls at least once.

        Raises:
            DuplicateName: see `poll`.
            NameLost: see `poll`.
            LambdaCloudError: the list cannot be read.
        """
        until = Deadline(seconds, self._waits.clock)
        while True:
            self.poll()
            remaining = until.remaining()
            contested = self._contested()
            if not contested and (self._listed >= self.rows.keys() or not remaining):
                return
            self._waits.sleep(self._waits.interval if contested else min(self._waits.interval, remaining))

    def until_changed(self, grace: float) -> None:
        """Poll until every instance has left the status it had, or for so many seconds."""
        before = {instance_id: row.get("status") for instance_id, row in self.rows.items()}
        until = Deadline(grace, self._waits.clock)
        while True:
            self._poll_despite_trouble(list(self.rows.values()))
            if all(row.get("status") != before[instance_id] for instance_id, row in self.rows.items()):
                return
            if not until.allows(self._waits.interval) or self._waits.out_of_time():
                return
            self._waits.sleep(self._waits.interval)

    def _until(self, done: t.Callable[[Instance], bool], check: t.Callable[[], None]) -> None:
        polled = False
        while True:
            check()
            late = [row for row in self.rows.values() if not done(row) or row["id"] in self._contested()]
            if not late:
                return
            if polled:
                if self._waits.out_of_time():
                    raise self._too_late(late)
                self._waits.sleep(self._waits.interval)
            self._poll_despite_trouble(late)
            polled = True

    def _poll_despite_trouble(self, late: list[Instance]) -> None:
        """Poll, and let a temporary failure count as a missed poll: the instances go on booting without us."""
        try:
            self.poll()
        except DeadlineExceeded:
            raise self._too_late(late) from None
        except LambdaCloudError as error:
            if not error.temporary or self._waits.out_of_time():
                raise
            self._waits.log(f"{error} Still waiting.")

    def _check_alive(self) -> None:
        bad = [row for row in self.rows.values() if row.get("status") in FAILED | GONE]
        if bad:
            raise InstancesFailed(bad)

    def _too_late(self, late: list[Instance]) -> DeadlineExceeded:
        deadline = self._waits.deadline
        seconds = f"{deadline.seconds:g} s" if deadline else "the time given"
        return DeadlineExceeded(
            f"After {seconds} still waiting for {', '.join(describe(row) for row in late)}. What is not terminated bills; the same "
            "task run again goes on waiting."
        )


def _change(before: Instance, after: Instance) -> str | None:
    """Return what changed of an instance between two polls, as a sentence, or None if nothing that is waited for did."""
    changes = []
    if after.get("status") != before.get("status"):
        changes.append(f"is {after.get('status')}")
    if after.get("ip") and after.get("ip") != before.get("ip"):
        changes.append(f"has the address {after['ip']}")
    return f"{_label(after)} {' and '.join(changes)}." if changes else None


def _label(row: Instance) -> str:
    return str(row.get("name") or row["id"])
