# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Polling of an account: one request for each list, and events for what changed."""

from __future__ import annotations

import typing as t

from ansible_collections.lambdal.cloud.plugins.module_utils._client.api import Api
from ansible_collections.lambdal.cloud.plugins.module_utils._errors import LambdaCloudError
from ansible_collections.lambdal.cloud.plugins.module_utils._events.changes import (
    Event,
    Selection,
    Snapshot,
    capacity_events,
    capacity_snapshot,
    cost_events,
    cost_snapshot,
    failure_event,
    instance_events,
    instance_snapshot,
    recovery_event,
)

CAPACITY = "capacity"
INSTANCES = "instances"
COST = "cost"
WATCHED = (CAPACITY, INSTANCES, COST)


class AccountWatcher:
    """A watcher that polls an account and returns events.

    Args:
        watched: what to report, from WATCHED. Instances and cost come from the same list.
        selection: which capacity and instances to report.
        threshold: US cents per hour above which to report the account's cost.
        kept: `snapshots` of an earlier watcher, to continue from.
    """

    def __init__(
        self,
        api: Api,
        watched: t.Collection[str],
        selection: Selection,
        threshold: int | None = None,
        kept: t.Mapping[str, t.Any] | None = None,
    ) -> None:
        self._api = api
        self._watched = watched
        self._selection = selection
        self._threshold = threshold
        # The last snapshot of everything watched, and how often in a row each list could not be read.
        self.snapshots: dict[str, t.Any] = {"failures": {}, **(kept or {})}
        # Seconds that the service asked to wait before the next poll.
        self.pause = 0.0

    def poll(self) -> list[Event]:
        """Send one request for each watched list and return events for what changed since the last poll.

        A failed request becomes an event; it is never raised.
        """
        self.pause = 0.0
        events: list[Event] = []
        if CAPACITY in self._watched:
            events += self._poll_list("list_instance_types", self._capacity)
        if INSTANCES in self._watched or COST in self._watched:
            events += self._poll_list("list_instances", self._instances)
        return events

    def _poll_list(self, operation: str, poll: t.Callable[[], list[Event]]) -> list[Event]:
        failures = self.snapshots["failures"]
        try:
            events = poll()
        except LambdaCloudError as error:
            self.pause = max(self.pause, error.retry_after or 0.0)
            failures[operation] = failures.get(operation, 0) + 1
            return [failure_event(operation, error, failures[operation])]
        failed = failures.pop(operation, 0)
        return [recovery_event(operation, failed), *events] if failed else events

    def _capacity(self) -> list[Event]:
        snapshot = capacity_snapshot(self._api.list_instance_types())
        return capacity_events(self._exchange(CAPACITY, snapshot), snapshot, self._selection)

    def _instances(self) -> list[Event]:
        rows = self._api.list_instances()
        snapshot = instance_snapshot(rows, self.snapshots.get(INSTANCES))
        before = self._exchange(INSTANCES, snapshot)
        events = instance_events(before, snapshot, self._selection) if INSTANCES in self._watched else []
        if COST in self._watched:
            cost = cost_snapshot(snapshot, self._threshold)
            events += cost_events(self._exchange(COST, cost), cost)
        return events

    def _exchange(self, name: str, snapshot: Snapshot) -> Snapshot | None:
        before: Snapshot | None = self.snapshots.get(name)
        self.snapshots[name] = snapshot
        return before
