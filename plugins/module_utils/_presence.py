# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A fleet against what is there of it: what to replace and launch, predicted or applied, and waited for."""

from __future__ import annotations

import contextlib
import typing as t

from ansible_collections.lambdal.cloud.plugins.module_utils._absent import remove
from ansible_collections.lambdal.cloud.plugins.module_utils._drift import Difference, differences, fleet_of_others
from ansible_collections.lambdal.cloud.plugins.module_utils._errors import (
    CausedError,
    InvalidInput,
    LambdaCloudError,
    StateError,
)
from ansible_collections.lambdal.cloud.plugins.module_utils._instances import (
    ACTIVE,
    BOOTING,
    FAILED,
    describe,
    is_live,
)
from ansible_collections.lambdal.cloud.plugins.module_utils._launch import Launcher
from ansible_collections.lambdal.cloud.plugins.module_utils._launch_request import predicted_instance
from ansible_collections.lambdal.cloud.plugins.module_utils._placement import Candidate
from ansible_collections.lambdal.cloud.plugins.module_utils._placing import Order, Placing, home_region
from ansible_collections.lambdal.cloud.plugins.module_utils._stock import Stock
from ansible_collections.lambdal.cloud.plugins.module_utils._types import Instance
from ansible_collections.lambdal.cloud.plugins.module_utils._view import region_name
from ansible_collections.lambdal.cloud.plugins.module_utils._waiter import MachinesFailed, Watch
from ansible_collections.lambdal.cloud.plugins.module_utils._wanted import FLEET_TAG, Wanted
from ansible_collections.lambdal.cloud.plugins.module_utils._wanted_key import find_key
from ansible_collections.lambdal.cloud.plugins.module_utils._work import Work


class Presence:
    """A fleet and what is there of it, `existing` by name."""

    def __init__(
        self, work: Work, fleet: t.Sequence[Wanted], rows: t.Sequence[Instance], existing: t.Mapping[str, Instance]
    ) -> None:
        self._work = work
        self._fleet = {wanted.name: wanted for wanted in fleet}
        self._rows = rows
        self._existing = existing
        self._stock = Stock(work.api, work.patience.deadline, work.report.warn if work.check_mode else None)
        self._launcher = Launcher(work.api, work.patience, rows)
        self._replaced = 0
        work.report.placements = self._launcher.placements

    def bring_about(self) -> None:
        """Do all that is to be done.

        Raises:
            LambdaCloudError: what failed; the report holds what was done until then.
        """
        self._require_own()
        doomed = self._doomed()
        leaving = {row["id"] for row in doomed}
        missing = [
            wanted
            for name, wanted in self._fleet.items()
            if name not in self._existing or self._existing[name]["id"] in leaving
        ]
        _require_launchable(missing)
        self._stock.require_newer_options(missing, self._rows)
        staying = [row for row in self._existing.values() if row["id"] not in leaving]
        home = home_region([region_name(row) for row in staying], self._work.policy) if missing else None
        placing = Placing(self._stock, self._work.policy, self._work.patience, home)
        # Nothing is terminated to make room for what is not to be had.
        orders, places = placing.plan(missing, look=self._work.check_mode or bool(doomed))
        if self._work.check_mode:
            self._predict(doomed, missing, places)
            return
        if doomed:
            self._require_keys(missing)
            placing.wait_for_room(orders)
        remove(self._work, doomed, wait=True)
        self._launch(placing, orders)
        if self._work.wait:
            self._bring_up()
        else:
            self._look_once()

    def _require_own(self) -> None:
        """Leave machines of other fleets alone, whatever the policy is for those that differ or fail.

        Raises:
            StateError: one bears the name of a wanted one.
        """
        for name, row in self._existing.items():
            other = fleet_of_others(row, self._fleet[name])
            if other is not None:
                raise StateError(
                    f"{describe(row)} is of the fleet '{other}', by its tag {FLEET_TAG}, and so not one of this fleet. Nothing was done. "
                    "Choose another name, or terminate it by its id if that fleet is no more."
                )

    def _doomed(self) -> list[Instance]:
        """The existing machines that have to make room for others in their place.

        Raises:
            StateError: a machine differs or failed, and shall not be replaced.
        """
        drifted = self._drifted()
        failed = [row for row in self._existing.values() if row.get("status") in FAILED]
        if failed and self._work.wait:
            self._settle_failed(failed)
        elif failed:
            for row in failed:
                self._work.report.warn(f"{describe(row)} will not become active. An unhealthy instance keeps billing.")
            failed = []
        ids = {row["id"] for row in (*drifted, *failed)}
        return [row for row in self._existing.values() if row["id"] in ids]

    def _drifted(self) -> list[Instance]:
        policy = self._work.policy.on_drift
        if policy == "ignore":
            return []
        drift: list[tuple[Instance, list[Difference]]] = []
        for name, row in self._existing.items():
            wanted = self._fleet[name]
            found = differences(row, wanted, self._stock.ruleset_ids(row, wanted))
            if found:
                drift.append((row, found))
        if policy != "replace":
            self._work.report.drift += drift
        remarks = [f"{describe(row)} differs: {'; '.join(map(str, found))}." for row, found in drift]
        if policy == "warn":
            for remark in remarks:
                self._work.report.warn(f"{remark} A running instance cannot be changed; it was left as it is.")
        elif policy == "fail" and remarks:
            raise StateError(
                f"{' '.join(remarks)} A running instance cannot be changed, and nothing was. Ask for what is there, or set on_drift "
                "to warn, ignore or replace."
            )
        return [row for row, _found in drift] if policy == "replace" else []

    def _settle_failed(self, failed: t.Sequence[Instance]) -> None:
        """Do with failed machines what the user chose.

        Raises:
            MachinesFailed: they are not to be replaced, or too many were already.
        """
        policy = self._work.policy
        if policy.on_failed == "terminate":
            remove(self._work, [row for row in failed if is_live(row)], wait=False)
        self._replaced += len(failed)
        if policy.on_failed != "replace":
            raise MachinesFailed(failed, "on_failed can terminate or replace it")
        if self._replaced > policy.max_replacements:
            raise MachinesFailed(
                failed, f"max_replacements ({policy.max_replacements}) allows for no more replacements"
            )

    def _predict(
        self, doomed: t.Sequence[Instance], missing: t.Sequence[Wanted], places: t.Sequence[Candidate]
    ) -> None:
        self._warn_of_unknown_keys(missing)
        remove(self._work, doomed, wait=True)
        status = ACTIVE if self._work.wait else BOOTING
        for wanted, place in zip(missing, places, strict=True):
            self._work.report.launched(predicted_instance(wanted, place, self._stock.known_offers(), status))

    def _warn_of_unknown_keys(self, missing: t.Sequence[Wanted]) -> None:
        """An earlier task may add the key when it is not only tried out, so that this is no failure."""
        asked = {wanted.ssh_key for wanted in missing}
        if not asked:
            return
        known = {row.get("name") for row in self._work.api.list_ssh_keys(self._work.patience.deadline)}
        for name in sorted(str(name) for name in asked - known):
            self._work.report.warn(f"There is no SSH key '{name}' yet; without it the launch will be refused.")

    def _require_keys(self, missing: t.Sequence[Wanted]) -> None:
        """Make sure that no launch will be refused for its key, before anything is terminated for it.

        Raises:
            InvalidInput: an SSH key does not exist.
            StateError: several have one name.
        """
        keys = self._work.api.list_ssh_keys(self._work.patience.deadline)
        for wanted in missing:
            if find_key(keys, str(wanted.ssh_key)) is None:
                raise InvalidInput(
                    f"'{wanted.name}' asks for the SSH key '{wanted.ssh_key}', which does not exist. Nothing was terminated."
                )

    def _launch(self, placing: Placing, orders: t.Sequence[Order]) -> None:
        before = len(self._work.report.launched_ids())
        report = self._work.report

        def launched(wanted: Wanted, instance_id: str, place: Candidate) -> None:
            row = predicted_instance(wanted, place, self._stock.known_offers(), BOOTING)
            report.launched({**row, "id": instance_id})

        try:
            placing.launch_all(orders, self._launcher, launched)
        except LambdaCloudError as error:
            self._fail(error, len(orders) - len(report.launched_ids()[before:]))

    def _fail(self, error: LambdaCloudError, missing: int) -> t.NoReturn:
        """Fail for a launch, and say what becomes of the machines that this task launched before, in whichever round."""
        launched = self._work.report.launched_ids()
        done = [row for row in self._work.report.living() if row["id"] in launched]
        if not done:
            raise error
        raise self._partial(done, len(done) + missing, error) from error

    def _partial(self, done: t.Sequence[Instance], total: int, error: LambdaCloudError) -> LambdaCloudError:
        """The failure of a launch after others had succeeded, which are kept or terminated."""
        text = f"Launched {len(done)} of {total} instances. {error}"
        if self._work.policy.on_partial == "terminate":
            try:
                remove(self._work, done, wait=False)
            except LambdaCloudError as trouble:
                text = f"{text} Those launched could not be terminated: {trouble}"
            else:
                return PartialLaunch(f"{text} Those launched were terminated (on_partial).", error)
        # What they cost is only told by the list.
        with contextlib.suppress(LambdaCloudError):
            self._look_once()
        return PartialLaunch(text, error)

    def _bring_up(self) -> None:
        """Wait until all are ready, with others in the place of those that fail if the user wants that."""
        report = self._work.report
        watch = self._watch()
        while True:
            try:
                watch.until_ready()
                return
            except MachinesFailed as error:
                report.update(watch.rows)
                self._settle_failed(error.rows)
                self._replace(error.rows, watch)
            finally:
                report.update(watch.rows)

    def _replace(self, failed: t.Sequence[Instance], watch: Watch) -> None:
        self._work.patience.log(f"Replacing {', '.join(map(describe, failed))}.")
        remove(self._work, [row for row in failed if is_live(row)], wait=True)
        for row in failed:
            watch.rows.pop(row["id"], None)
        self._work.report.forget(failed)
        staying = [region_name(row) for row in watch.rows.values()]
        self._stock.look_again()
        placing = Placing(self._stock, self._work.policy, self._work.patience, home_region(staying, self._work.policy))
        try:
            orders, _places = placing.plan([self._fleet[str(row.get("name"))] for row in failed], look=False)
        except LambdaCloudError as error:
            self._fail(error, len(failed))
        known = set(self._work.report.launched_ids())
        self._launch(placing, orders)
        watch.follow(row for row in self._work.report.launched_rows() if row["id"] not in known)

    def _look_once(self) -> None:
        if self._work.report.launched_ids():
            watch = self._watch()
            try:
                watch.poll()
            finally:
                self._work.report.update(watch.rows)

    def _watch(self) -> Watch:
        report = self._work.report
        return Watch(self._work.api, self._work.patience, report.living(), unlisted=report.launched_ids(), alone=True)


class PartialLaunch(CausedError):
    """Some machines were launched and the others could not be."""


def _require_launchable(missing: t.Iterable[Wanted]) -> None:
    for wanted in missing:
        for option, value in (("instance_type", wanted.instance_types), ("ssh_key", wanted.ssh_key)):
            if not value:
                raise InvalidInput(f"'{wanted.name}' does not exist, and launching it needs {option}.")
