# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Looking at an account again and again: one request for each list, and events for what changed."""

from __future__ import annotations

import typing as t

from ansible_collections.lambdal.cloud.plugins.module_utils._api import Api
from ansible_collections.lambdal.cloud.plugins.module_utils._errors import LambdaCloudError
from ansible_collections.lambdal.cloud.plugins.module_utils._events import (
    Event,
    Look,
    Selection,
    capacity_events,
    cost_events,
    failure_event,
    instance_events,
    look_at_capacity,
    look_at_cost,
    look_at_instances,
    recovery_event,
)

CAPACITY = "capacity"
INSTANCES = "instances"
COST = "cost"
WATCHED = (CAPACITY, INSTANCES, COST)


class Watch:
    """An account under watch.

    Args:
        watched: what is told of, from WATCHED. Instances and cost come from the same list.
        threshold: US cents per hour above which the account's cost is told.
        kept: `looks` of an earlier watch, to go on from there.
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
        # The last look that came of everything watched, and how often in a row a list has not come.
        self.looks: dict[str, t.Any] = {"failures": {}, **(kept or {})}
        # Seconds that the service asked to wait before the next poll.
        self.pause = 0.0

    def poll(self) -> list[Event]:
        """What changed since the last poll. Sends one request for each list that is watched, and never raises for a failed one."""
        self.pause = 0.0
        events: list[Event] = []
        if CAPACITY in self._watched:
            events += self._ask("list_instance_types", self._capacity)
        if INSTANCES in self._watched or COST in self._watched:
            events += self._ask("list_instances", self._instances)
        return events

    def _ask(self, operation: str, ask: t.Callable[[], list[Event]]) -> list[Event]:
        failures = self.looks["failures"]
        try:
            events = ask()
        except LambdaCloudError as error:
            self.pause = max(self.pause, error.retry_after or 0.0)
            failures[operation] = failures.get(operation, 0) + 1
            return [failure_event(operation, error, failures[operation])]
        failed = failures.pop(operation, 0)
        return [recovery_event(operation, failed), *events] if failed else events

    def _capacity(self) -> list[Event]:
        look = look_at_capacity(self._api.list_instance_types())
        return capacity_events(self._exchange(CAPACITY, look), look, self._selection)

    def _instances(self) -> list[Event]:
        rows = self._api.list_instances()
        look = look_at_instances(rows, self.looks.get(INSTANCES))
        before = self._exchange(INSTANCES, look)
        events = instance_events(before, look, self._selection) if INSTANCES in self._watched else []
        if COST in self._watched:
            cost = look_at_cost(look, self._threshold)
            events += cost_events(self._exchange(COST, cost), cost)
        return events

    def _exchange(self, name: str, look: Look) -> Look | None:
        before: Look | None = self.looks.get(name)
        self.looks[name] = look
        return before
