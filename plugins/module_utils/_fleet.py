# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What lambda_instance does: find, plan, then predict or apply."""

from __future__ import annotations

import typing as t

from ansible_collections.lambdal.cloud.plugins.module_utils._api import Api
from ansible_collections.lambdal.cloud.plugins.module_utils._errors import StateError
from ansible_collections.lambdal.cloud.plugins.module_utils._instances import (
    ACTIVE,
    BOOTING,
    FAILED,
    Wanted,
    describe,
    live_by_id,
    live_by_name,
    plan_present,
)
from ansible_collections.lambdal.cloud.plugins.module_utils._launch import Launcher
from ansible_collections.lambdal.cloud.plugins.module_utils._patience import Patience
from ansible_collections.lambdal.cloud.plugins.module_utils._placement import (
    Candidate,
    Offers,
    candidates,
    needs_file_systems,
    needs_offers,
    pinned_regions,
    predicted_instance,
)
from ansible_collections.lambdal.cloud.plugins.module_utils._report import InstanceReport
from ansible_collections.lambdal.cloud.plugins.module_utils._terminate import terminate
from ansible_collections.lambdal.cloud.plugins.module_utils._types import Instance
from ansible_collections.lambdal.cloud.plugins.module_utils._waiter import Watch


class Fleet:
    """The machines that one task is about. `report` is true at any moment, so that a failure loses nothing."""

    def __init__(self, api: Api, patience: Patience, report: InstanceReport, *, check_mode: bool, wait: bool) -> None:
        self._api = api
        self._patience = patience
        self._report = report
        self._check_mode = check_mode
        self._wait = wait

    def ensure_present(self, fleet: t.Sequence[Wanted]) -> None:
        """Launch what is missing and wait until all are ready. Nothing wanted costs no request.

        Raises:
            LambdaCloudError: see the plan, the launches and the waiting.
        """
        if not fleet:
            return
        rows = self._api.list_instances(self._patience.deadline)
        plan = plan_present(rows, fleet)
        for remark in plan.remarks:
            self._report.warn(remark)
        self._report.begin(plan.existing.values(), order=[wanted.name for wanted in fleet])
        choices = self._choices(plan.missing)
        if self._check_mode:
            self._predict(choices)
        else:
            self._launch(choices, rows)
            self._bring_up()

    def _choices(self, missing: t.Sequence[Wanted]) -> Choices:
        """Where each missing machine may go, with at most one request for offers and one for file systems."""
        offers = file_systems = None
        # Check mode shows types and prices, which only the offers tell.
        if missing and (self._check_mode or any(map(needs_offers, missing))):
            offers = self._api.list_instance_types(self._patience.deadline)
        if any(map(needs_file_systems, missing)):
            file_systems = self._api.list_file_systems(self._patience.deadline)
        found = []
        for wanted in missing:
            regions = wanted.regions
            if needs_file_systems(wanted):
                regions = pinned_regions(wanted, file_systems or [])
            found.append((wanted, candidates(wanted, offers, regions)))
        return Choices(found, offers or {})

    def _predict(self, choices: Choices) -> None:
        for wanted, places in choices.found:
            status = ACTIVE if self._wait else BOOTING
            self._report.launched(predicted_instance(wanted, places[0], choices.offers, status))

    def _launch(self, choices: Choices, rows: t.Sequence[Instance]) -> None:
        launcher = Launcher(self._api, self._patience, rows)
        self._report.placements = launcher.placements
        for wanted, places in choices.found:
            instance_id, place = launcher.launch(wanted, places)
            row = predicted_instance(wanted, place, choices.offers, BOOTING)
            self._report.launched({**row, "id": instance_id})

    def _bring_up(self) -> None:
        """Wait for all, or look once at those just launched when not told to wait."""
        launched = self._report.launched_ids()
        watch = Watch(self._api, self._patience, self._report.rows(), unlisted=launched)
        try:
            if self._wait:
                watch.until_ready()
            elif launched:
                watch.poll()
        finally:
            self._report.update(watch.rows)
        for row in self._report.rows():
            if row.get("status") in FAILED:
                self._report.warn(f"{describe(row)} will not become active. An unhealthy instance keeps billing.")

    def ensure_absent(self, names: t.Sequence[str], ids: t.Sequence[str]) -> None:
        """Terminate the live machines of these names and ids, and no other. None given costs no request.

        Raises:
            StateError: a name belongs to several live machines, or the service left some alive.
            LambdaCloudError: the service refused, or they were not gone in time.
        """
        if not names and not ids:
            return
        rows = self._api.list_instances(self._patience.deadline)
        by_name = list(live_by_name(rows, names).values())
        named = {row["id"] for row in by_name}
        found = by_name + [row for row in live_by_id(rows, ids) if row["id"] not in named]
        self._report.begin(found)
        if not found:
            return
        alive = [] if self._check_mode else terminate(self._api, self._patience, found)
        self._report.terminated([row for row in found if row not in alive])
        if alive:
            raise StateError(
                f"The service terminated only some of the instances; these live and bill: {', '.join(map(describe, alive))}."
            )
        if self._wait and not self._check_mode:
            watch = Watch(self._api, self._patience, self._report.rows())
            try:
                watch.until_gone()
            finally:
                self._report.update(watch.rows)


class Choices(t.NamedTuple):
    """Missing machines with the places to try for each, and the offers if they were asked for."""

    found: list[tuple[Wanted, list[Candidate]]]
    offers: Offers
