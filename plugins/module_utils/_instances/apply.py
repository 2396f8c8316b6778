# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Applying a plan: terminate, launch, wait, and replace what fails on the way. Every step is reported at once."""

from __future__ import annotations

import contextlib
import typing as t

from ansible_collections.lambdal.cloud.plugins.module_utils._client.models import (
    BOOTING,
    Instance,
    describe,
    is_live,
    price_cents_per_hour,
    region_name,
)
from ansible_collections.lambdal.cloud.plugins.module_utils._errors import CausedError, InvalidInput, LambdaCloudError
from ansible_collections.lambdal.cloud.plugins.module_utils._instances.candidates import Candidate
from ansible_collections.lambdal.cloud.plugins.module_utils._instances.caps import require_room
from ansible_collections.lambdal.cloud.plugins.module_utils._instances.catalog import Catalog
from ansible_collections.lambdal.cloud.plugins.module_utils._instances.context import InstanceContext
from ansible_collections.lambdal.cloud.plugins.module_utils._instances.launch import Launcher, predicted_instance
from ansible_collections.lambdal.cloud.plugins.module_utils._instances.name_watch import NameLost, NameWatch
from ansible_collections.lambdal.cloud.plugins.module_utils._instances.plan import Plan, failure_for
from ansible_collections.lambdal.cloud.plugins.module_utils._instances.scheduler import Order, Scheduler, common_region
from ansible_collections.lambdal.cloud.plugins.module_utils._instances.spec import InstanceSpec
from ansible_collections.lambdal.cloud.plugins.module_utils._instances.substitutes import Substitutes
from ansible_collections.lambdal.cloud.plugins.module_utils._instances.terminate import terminate
from ansible_collections.lambdal.cloud.plugins.module_utils._instances.waiter import InstancesFailed, Waiter
from ansible_collections.lambdal.cloud.plugins.module_utils._resources.ssh_key import find_key

_QUOTA_EXCEEDED = "global/quota-exceeded"


class PartialLaunch(CausedError):
    """Some instances were launched and the others could not be."""


class Applier:
    """Applies a plan.

    Args:
        rows: the instances of the account when the plan was made.
    """

    def __init__(
        self,
        context: InstanceContext,
        rows: t.Iterable[Instance],
        catalog: Catalog,
    ) -> None:
        self._context = context
        # By ID, because anybody may rename an instance meanwhile
        self._specs: dict[str, InstanceSpec] = {}
        self._catalog = catalog
        rows = list(rows)
        self._older_ids = [row["id"] for row in rows]
        self._substitutes = Substitutes(context, catalog)
        self._launcher = Launcher(context.api, context.waits, rows, self._require_room, context.pending)
        context.report.placements = self._launcher.placements
        self._replacements = 0
        # By name, what is being replaced by the next launch of that name.
        self._predecessors: dict[str, Instance] = {}
        # Names whose former instances are gone: on_partial leaves their replacements alone.
        self._replaced_names: set[str] = set()
        # IDs of instances that are still to be replaced: nobody waits for them.
        self._pending: set[str] = set()

    def apply(self, plan: Plan) -> None:
        """Apply the plan.

        Raises:
            LambdaCloudError: what failed; the report holds what was done until then.
        """
        context = self._context
        for line in plan.lines():
            context.waits.log(line)
        terminate(context, [step.row for step in plan.terminate if step.row], wait=False)
        if plan.failure:
            raise plan.failure
        self._replacements = sum(1 for step in plan.replace if step.failed)
        self._specs = {step.row["id"]: step.spec for step in plan.keep if step.row}
        scheduler = Scheduler(self._catalog, context.policy, context.waits, plan.region)
        if plan.replace:
            self._require_keys([order.spec for order in plan.orders])
            scheduler.wait_for_room(plan.orders)
        replaced = {step.spec.name: step.row for step in plan.replace if step.row}
        self._pending = {row["id"] for row in replaced.values()}
        self._predecessors = dict(replaced)
        first = [order for order in plan.orders if order.spec.name not in replaced]
        later = list(plan.orders[len(first) :])
        self._launch(scheduler, first, later)
        while later:
            order = later.pop(0)
            self._replace_one(scheduler, order, replaced[order.spec.name], later)
        if context.wait or not replaced:
            self._wait()

    def _replace_one(self, scheduler: Scheduler, order: Order, old: Instance, later: t.Sequence[Order]) -> None:
        """Replace an existing instance, and wait until its replacement is ready before the next one is touched.

        Raises:
            LambdaCloudError: what failed. With `launch_first` the old instance is still there then.
        """
        launch_first = self._context.policy.replace_order == "launch_first"
        if launch_first:
            try:
                self._send_launches(scheduler, [order], later)
            except LambdaCloudError as error:
                if error.failure()["code"] != _QUOTA_EXCEEDED:
                    self._fail(error, 1)
                self._context.waits.log(f"{error} Terminating {describe(old)} first.")
                launch_first = False
            else:
                self._wait_until_ready()
        if not launch_first:
            try:
                (place,) = scheduler.wait_for_room([order], refresh=bool(self._context.report.launched_ids()))
                # Nothing is terminated for what the caps would refuse.
                self._require_room(order.spec, place, leaving=[old["id"]])
            except LambdaCloudError as error:
                self._fail(error, 1)
        terminate(self._context, [old], wait=True)
        self._pending.discard(old["id"])
        self._context.report.forget([old])
        self._replaced_names.add(order.spec.name)
        if not launch_first:
            scheduler.insist()
            self._launch(scheduler, [order], later)
            # Without anybody who waits for it, the next one still needs a replacement that exists.
            self._wait()

    def _require_keys(self, specs: t.Iterable[InstanceSpec]) -> None:
        """Make sure that no launch will be refused for its key, before anything is terminated for it.

        Raises:
            InvalidInput: an SSH key does not exist.
            StateError: several have one name.
        """
        keys = self._context.api.list_ssh_keys(self._context.waits.deadline)
        for spec in specs:
            if find_key(keys, str(spec.ssh_key)) is None:
                raise InvalidInput(
                    f"'{spec.name}' asks for the SSH key '{spec.ssh_key}', which does not exist. Nothing was terminated."
                )

    def _require_room(self, spec: InstanceSpec, candidate: Candidate, leaving: t.Collection[str] = ()) -> None:
        """Check the spending caps against what exists now. Only a cap on the account costs a request.

        Args:
            leaving: IDs of instances that will be terminated before the launch.

        Raises:
            CapExceeded: the launch would exceed one.
            LambdaCloudError: the service did not answer.
        """
        context = self._context
        account: t.Sequence[Instance] = ()
        if context.policy.account_max_hourly_cost_cents is not None:
            account = context.report.with_changes(context.api.list_instances(context.waits.deadline))
        own, account = (
            [row for row in rows if row["id"] not in leaving] for rows in (context.report.living(), account)
        )
        require_room(context.policy, [(spec, candidate)], own, account, self._catalog.known_offers())

    def _launch(self, scheduler: Scheduler, orders: t.Sequence[Order], later: t.Sequence[Order] = ()) -> None:
        before = len(self._context.report.launched_ids())
        try:
            self._send_launches(scheduler, orders, later)
        except LambdaCloudError as error:
            self._fail(error, len(orders) - len(self._context.report.launched_ids()[before:]))

    def _send_launches(self, scheduler: Scheduler, orders: t.Sequence[Order], later: t.Sequence[Order] = ()) -> None:
        def launched(spec: InstanceSpec, instance_id: str, candidate: Candidate) -> None:
            row = predicted_instance(spec, candidate, self._catalog.known_offers(), BOOTING)
            self._context.report.launched({**row, "id": instance_id})
            price = price_cents_per_hour(row)
            cost = "" if price is None else f" at {price} US cents per hour"
            self._context.waits.progress(f"Launched {spec.name} (id {instance_id}): {candidate}{cost}. It is booting.")
            self._specs[instance_id] = spec
            self._warn_of_another_image(spec, candidate)

        scheduler.launch_all(orders, self._launcher, launched, later)

    def _warn_of_another_image(self, spec: InstanceSpec, candidate: Candidate) -> None:
        """Warn of a replacement in another region, where a launch that names no image gets another one."""
        old = self._predecessors.pop(spec.name, None)
        region = region_name(old) if old else None
        if region and not spec.image and region != candidate.region:
            self._context.report.warn(
                f"'{spec.name}' was in {region} and is replaced by an instance in {candidate.region}. Its image may be another one, since "
                "each region has its own default. Set image to have the same one everywhere."
            )

    def _fail(self, error: LambdaCloudError, missing: int) -> t.NoReturn:
        """Fail for a launch, and say what becomes of the instances that this task launched before, in whichever round."""
        launched = self._context.report.launched_ids()
        done = [row for row in self._context.report.living() if row["id"] in launched]
        if not done:
            raise error
        raise self._partial_launch(done, len(done) + missing, error) from error

    def _partial_launch(self, done: t.Sequence[Instance], total: int, error: LambdaCloudError) -> LambdaCloudError:
        """Keep or terminate, by `on_partial`, what was launched before a launch failed. Returns the failure."""
        text = f"Launched {len(done)} of {total} instances. {error}"
        surplus = [row for row in done if self._specs[row["id"]].name not in self._replaced_names]
        if self._context.policy.on_partial == "terminate":
            try:
                terminate(self._context, surplus, wait=False)
            except LambdaCloudError as trouble:
                text = f"{text} Those launched could not be terminated: {trouble}"
            else:
                if len(surplus) == len(done):
                    return PartialLaunch(f"{text} Those launched were terminated (on_partial).", error)
                text = (
                    f"{text} Those that replace instances which are gone were kept, the others terminated (on_partial)."
                )
        # What they cost is only told by the list.
        with contextlib.suppress(LambdaCloudError):
            self._wait_until_listed()
        return PartialLaunch(text, error)

    def _wait(self) -> None:
        """Wait until all are ready, or without `wait` until the list shows what was launched."""
        if self._context.wait:
            self._wait_until_ready()
        else:
            self._wait_until_listed()

    def _wait_until_ready(self) -> None:
        """Wait until all are ready, and replace those that fail if the policy says so."""
        report = self._context.report
        waiter = self._make_waiter()
        while True:
            try:
                waiter.until_ready()
                self._context.pending.forget(waiter.rows)
                return
            except NameLost as lost:
                report.update(waiter.rows)
                self._give_way(lost, waiter)
            except InstancesFailed as error:
                report.update(waiter.rows)
                self._settle_failed(error.rows)
                self._replace(error.rows, waiter)
            finally:
                report.update(waiter.rows)

    def _settle_failed(self, failed: t.Sequence[Instance]) -> None:
        """Do with failed instances what the policy says, short of replacing them.

        Raises:
            InstancesFailed: they are not replaced, or too many were already.
        """
        if self._context.policy.on_failed == "terminate":
            terminate(self._context, [row for row in failed if is_live(row)], wait=False)
        self._replacements += len(failed)
        failure = failure_for(failed, self._context.policy, self._replacements)
        if failure:
            raise failure

    def _replace(self, failed: t.Sequence[Instance], waiter: Waiter) -> None:
        context = self._context
        context.waits.log(f"Replacing {', '.join(map(describe, failed))}.")
        terminate(context, [row for row in failed if is_live(row)], wait=True)
        for row in failed:
            waiter.rows.pop(row["id"], None)
        context.report.forget(failed)
        kept = [region_name(row) for row in waiter.rows.values()]
        self._catalog.refresh()
        scheduler = Scheduler(self._catalog, context.policy, context.waits, common_region(kept, context.policy))
        scheduler.insist()
        try:
            specs = [self._specs[row["id"]] for row in failed]
            self._predecessors = {spec.name: row for spec, row in zip(specs, failed, strict=True)}
            orders, _candidates = scheduler.place(specs, refresh=False)
        except LambdaCloudError as error:
            self._fail(error, len(failed))
        known = set(context.report.launched_ids())
        self._launch(scheduler, orders)
        waiter.follow(row for row in context.report.launched_rows() if row["id"] not in known)

    def _wait_until_listed(self) -> None:
        """Poll until the list shows what was launched, or for `outcome_timeout`.

        Lists may lag: whoever looks next, after this task's lock on the names, would launch the same again.
        """
        if not self._context.report.launched_ids():
            return
        waiter = self._make_waiter()
        while True:
            try:
                waiter.until_listed(self._context.waits.outcome_timeout)
                self._context.pending.forget(waiter.rows)
                return
            except NameLost as lost:
                self._context.report.update(waiter.rows)
                self._give_way(lost, waiter)
            finally:
                self._context.report.update(waiter.rows)

    def _give_way(self, lost: NameLost, waiter: Waiter) -> None:
        """Terminate an instance whose name another launcher's has as well, and go on with the other.

        Raises:
            StateError: the other is not as asked for, or the own one could not be terminated.
            LambdaCloudError: the service refused.
        """
        context, row, other = self._context, lost.row, lost.other
        spec = self._specs[row["id"]]
        if is_live(row):
            terminate(context, [row], wait=False)
            context.report.warn(
                f"Another controller launched '{spec.name}' at the same moment. {describe(other)} stays; the one that this task "
                f"launched was terminated ({row['id']})."
            )
        del waiter.rows[row["id"]]
        context.report.forget([row])
        context.report.adopt(other)
        self._specs[other["id"]] = spec
        self._substitutes.accept(spec, row, other)
        waiter.follow([other])

    def _make_waiter(self) -> Waiter:
        context = self._context
        rows = [row for row in context.report.living() if row["id"] not in self._pending]
        return Waiter(
            context.api,
            context.waits,
            rows,
            unlisted=context.report.launched_ids(),
            names=NameWatch(
                context.waits,
                is_own=lambda instance_id: instance_id in context.report.launched_ids(),
                fits=lambda row, other: self._substitutes.would_do(self._specs[row["id"]], row, other),
                older=self._older_ids,
                predecessors=self._pending,
            ),
            readiness=context.readiness,
        )
