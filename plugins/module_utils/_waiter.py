# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Waiting for any number of instances with one list request a poll."""

from __future__ import annotations

import typing as t

from ansible_collections.lambdal.cloud.plugins.module_utils._api import Api
from ansible_collections.lambdal.cloud.plugins.module_utils._deadline import Deadline
from ansible_collections.lambdal.cloud.plugins.module_utils._errors import (
    DeadlineExceeded,
    LambdaCloudError,
    StateError,
)
from ansible_collections.lambdal.cloud.plugins.module_utils._instances import (
    FAILED,
    GONE,
    describe,
    is_live,
    is_ready,
)
from ansible_collections.lambdal.cloud.plugins.module_utils._patience import Patience
from ansible_collections.lambdal.cloud.plugins.module_utils._types import Instance


class MachinesFailed(StateError):
    """Machines that no waiting makes active: unhealthy, preempted or gone."""

    def __init__(self, rows: t.Sequence[Instance], advice: str = "") -> None:
        self.rows = list(rows)
        super().__init__(
            f"{', '.join(describe(row) for row in rows)} will not become active. An unhealthy instance keeps billing until it is "
            f"terminated{'; ' if advice else ''}{advice}."
        )


class NamedTwice(StateError):
    """Another machine came by a name while this task launched one of that name."""

    def __init__(self, name: str, rows: t.Sequence[Instance]) -> None:
        super().__init__(
            f"Another instance named '{name}' appeared while this task launched one: {', '.join(map(describe, rows))}. All of them bill. "
            "Terminate those not meant by their id (state: absent with id)."
        )


class Watch:
    """What is known of some instances, brought up to date by polls of the whole list.

    Args:
        unlisted: ids that no list has shown yet, because they were just launched and lists may lag.
        alone: whether no other machine may have the name of one of them.
    """

    def __init__(
        self,
        api: Api,
        patience: Patience,
        rows: t.Iterable[Instance],
        unlisted: t.Collection[str] = (),
        alone: bool = False,
    ) -> None:
        self._api = api
        self._patience = patience
        self.rows: dict[str, Instance] = {row["id"]: row for row in rows}
        self._listed = self.rows.keys() - set(unlisted)
        self._alone = alone

    def follow(self, rows: t.Iterable[Instance]) -> None:
        """Watch machines as well that were just launched."""
        self.rows.update({row["id"]: row for row in rows})

    def poll(self) -> None:
        """Ask for the list once. An instance that was listed before and is no more counts as terminated.

        Raises:
            NamedTwice: another machine has the name of one, which has to be alone.
        """
        listed = {row["id"]: row for row in self._api.list_instances(self._patience.deadline)}
        for instance_id, known in self.rows.items():
            row = listed.get(instance_id)
            if row is None and instance_id in self._listed:
                row = {**known, "status": "terminated"}
            if row is not None and row.get("status") != known.get("status"):
                self._patience.log(f"{describe(known)} is now {row.get('status')}.")
            self.rows[instance_id] = row or known
        self._listed |= listed.keys() & self.rows.keys()
        if self._alone:
            self._check_names(listed.values())

    def _check_names(self, listed: t.Iterable[Instance]) -> None:
        watched = {row.get("name") for row in self.rows.values()} - {None}
        for other in listed:
            name = other.get("name")
            if other["id"] not in self.rows and name in watched and is_live(other):
                raise NamedTwice(str(name), [*(row for row in self.rows.values() if row.get("name") == name), other])

    def until_ready(self) -> None:
        """Poll until every instance is active and has an address.

        Raises:
            MachinesFailed: one became unhealthy, was preempted or went away.
            NamedTwice: see `poll`.
            DeadlineExceeded: some are not ready in time; each is named, with its status.
        """
        self._until(is_ready, self._check_alive)

    def until_gone(self) -> None:
        """Poll until no instance is listed any more.

        Raises:
            DeadlineExceeded: some are still listed.
        """
        self._until(lambda row: row.get("status") == "terminated", lambda: None)

    def until_changed(self, grace: float) -> None:
        """Poll until every instance has left the status it had, or for so many seconds."""
        before = {instance_id: row.get("status") for instance_id, row in self.rows.items()}
        until = Deadline(grace, self._patience.clock)
        while True:
            self._poll_despite_trouble(list(self.rows.values()))
            if all(row.get("status") != before[instance_id] for instance_id, row in self.rows.items()):
                return
            if not until.allows(self._patience.interval) or self._patience.out_of_time():
                return
            self._patience.sleep(self._patience.interval)

    def _until(self, done: t.Callable[[Instance], bool], check: t.Callable[[], None]) -> None:
        polled = False
        while True:
            check()
            late = [row for row in self.rows.values() if not done(row)]
            if not late:
                return
            if polled:
                if self._patience.out_of_time():
                    raise self._too_late(late)
                self._patience.sleep(self._patience.interval)
            self._poll_despite_trouble(late)
            polled = True

    def _poll_despite_trouble(self, late: list[Instance]) -> None:
        """A poll that fails for the moment is a poll missed: what is waited for goes on without us."""
        try:
            self.poll()
        except DeadlineExceeded:
            raise self._too_late(late) from None
        except LambdaCloudError as error:
            if not error.temporary or self._patience.out_of_time():
                raise
            self._patience.log(f"{error} Still waiting.")

    def _check_alive(self) -> None:
        bad = [row for row in self.rows.values() if row.get("status") in FAILED | GONE]
        if bad:
            raise MachinesFailed(bad)

    def _too_late(self, late: list[Instance]) -> DeadlineExceeded:
        deadline = self._patience.deadline
        seconds = f"{deadline.seconds:g} s" if deadline else "the time given"
        return DeadlineExceeded(
            f"After {seconds} still waiting for {', '.join(describe(row) for row in late)}. What is not terminated bills; the same "
            "task run again goes on waiting."
        )
