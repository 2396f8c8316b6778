# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The plan for a set of instances: what to keep, replace and launch, and why. Making one sends no write."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from ansible_collections.lambdal.cloud.plugins.module_utils._client.models import (
    BOOTING,
    FAILED,
    Instance,
    describe,
    is_live,
    region_name,
)
from ansible_collections.lambdal.cloud.plugins.module_utils._errors import InvalidInput, LambdaCloudError, StateError
from ansible_collections.lambdal.cloud.plugins.module_utils._instances.candidates import Candidate, affordable_types
from ansible_collections.lambdal.cloud.plugins.module_utils._instances.caps import require_room
from ansible_collections.lambdal.cloud.plugins.module_utils._instances.catalog import Catalog
from ansible_collections.lambdal.cloud.plugins.module_utils._instances.context import InstanceContext
from ansible_collections.lambdal.cloud.plugins.module_utils._instances.drift import Difference, differences, other_fleet
from ansible_collections.lambdal.cloud.plugins.module_utils._instances.launch import predicted_instance
from ansible_collections.lambdal.cloud.plugins.module_utils._instances.needs import Needs
from ansible_collections.lambdal.cloud.plugins.module_utils._instances.scheduler import Order, Scheduler, common_region
from ansible_collections.lambdal.cloud.plugins.module_utils._instances.spec import FLEET_TAG, InstanceSpec, Policy
from ansible_collections.lambdal.cloud.plugins.module_utils._instances.waiter import InstancesFailed
from ansible_collections.lambdal.cloud.plugins.module_utils._results import instance_type_results


class Step(t.NamedTuple):
    """One instance of a plan, and why the plan does with it what it does.

    `row` is the instance as it exists; None where the step launches the first of its name.
    """

    spec: InstanceSpec
    reason: str
    row: Instance | None = None

    @property
    def failed(self) -> bool:
        """Return whether it is about an instance that will not become active."""
        return self.row is not None and self.row.get("status") in FAILED

    def __str__(self) -> str:
        return f"{describe(self.row) if self.row else self.spec.name}: {self.reason}"


@dataclass(frozen=True)
class Plan:
    """What a task will do.

    Attributes:
        keep: instances that stay as they are.
        replace: instances to terminate, each for another one to be launched in its place.
        launch: names that no live instance has.
        terminate: failed instances to terminate with nothing in their place.
        failure: why the task fails after `terminate`; the rest of the plan is not carried out then.
        orders: what to launch for `launch` and then for `replace`, which is the order in which it is done.
        candidates: where each order would go if the service accepted every launch.
        region: the region that `same_region` binds the launches to, if the kept instances decide on one.
    """

    keep: tuple[Step, ...] = ()
    replace: tuple[Step, ...] = ()
    launch: tuple[Step, ...] = ()
    terminate: tuple[Step, ...] = ()
    failure: LambdaCloudError | None = None
    orders: tuple[Order, ...] = ()
    candidates: tuple[Candidate, ...] = ()
    region: str | None = None

    def lines(self) -> list[str]:
        """Return a line for each step that changes something."""
        steps = [
            *(("Terminate", step) for step in self.terminate),
            *(("Replace", step) for step in self.replace),
            *(("Launch", step) for step in self.launch),
        ]
        return [f"{action} {step}." for action, step in steps]


def make_plan(
    context: InstanceContext,
    specs: t.Sequence[InstanceSpec],
    rows: t.Sequence[Instance],
    existing: t.Mapping[str, Instance],
    catalog: Catalog,
) -> Plan:
    """Compare the specs with what exists.

    Args:
        rows: all instances of the account.
        existing: the live instance of each name that has one.

    Raises:
        StateError: an existing instance belongs to another fleet, or differs and `on_drift` is `fail`.
        CapExceeded: the launches would exceed a spending cap.
        InvalidInput: an instance is missing and can be launched nowhere.
        NoCapacity: one can be launched nowhere now, and the task does not wait for capacity.
        LambdaCloudError: the service did not answer.
    """
    by_name = {spec.name: spec for spec in specs}
    pairs = [(by_name[name], row) for name, row in existing.items()]
    for spec, row in pairs:
        _require_own_fleet(spec, row)
    reasons = _reasons_to_replace(context, pairs, catalog)
    failed = [(spec, row) for spec, row in pairs if row.get("status") in FAILED]
    if context.wait:
        failure = failure_for([row for _spec, row in failed], context.policy, len(failed))
        if failure:
            return Plan(terminate=_steps_on_failure(failed, context.policy), failure=failure)
        reasons.update({row["id"]: f"is {row.get('status')}" for _spec, row in failed})
    else:
        for _spec, row in failed:
            context.report.warn(f"{describe(row)} will not become active. An unhealthy instance keeps billing.")
    keep = tuple(Step(spec, "exists", row) for spec, row in pairs if row["id"] not in reasons)
    replace = tuple(Step(spec, reasons[row["id"]], row) for spec, row in pairs if row["id"] in reasons)
    launch = tuple(Step(spec, "no live instance has this name") for spec in specs if spec.name not in existing)
    plan = _with_places(Plan(keep, replace, launch), context, rows, catalog)
    context.report.matches = _matches([order.spec for order in plan.orders], catalog)
    _require_room(plan, context.policy, [row for _spec, row in pairs], rows, catalog)
    return plan


def _matches(specs: t.Iterable[InstanceSpec], catalog: Catalog) -> list[dict[str, t.Any]]:
    """Return the types that the needs of instances allow, with prices and capacity, for all of the same needs together."""
    names: dict[tuple[Needs, int | None], list[InstanceSpec]] = {}
    for spec in specs:
        if spec.needs is not None:
            names.setdefault((spec.needs, spec.max_price_cents_per_hour), []).append(spec)
    return [
        {
            "instances": [spec.name for spec in alike],
            "types": [
                {field: row[field] for field in ("name", "price_cents_per_hour", "regions_with_capacity_available")}
                for row in instance_type_results(
                    {name: catalog.offers()[name] for name in affordable_types(alike[0], catalog.offers())}
                )
            ],
        }
        for alike in names.values()
    ]


def _require_room(
    plan: Plan, policy: Policy, own: t.Sequence[Instance], account: t.Sequence[Instance], catalog: Catalog
) -> None:
    """Go through the launches and terminations in their order, and refuse the plan if a cap is exceeded at any time.

    Raises:
        CapExceeded: it would be.
    """
    offers = catalog.known_offers()
    replaced = {step.spec.name: step.row for step in plan.replace if step.row}
    orders = [(order.spec, candidate) for order, candidate in zip(plan.orders, plan.candidates, strict=True)]
    first = [order for order in orders if order[0].name not in replaced]
    added: list[Instance] = []
    leaving: set[str] = set()
    for batch in (first, *([order] for order in orders if order[0].name in replaced)):
        old = [replaced[spec.name]["id"] for spec, _candidate in batch if spec.name in replaced]
        if policy.replace_order != "launch_first":
            leaving.update(old)
        there, everywhere = ([*_without(rows, leaving), *added] for rows in (own, account))
        require_room(policy, batch, there, everywhere, offers)
        added += [predicted_instance(spec, candidate, offers, BOOTING) for spec, candidate in batch]
        leaving.update(old)


def _without(rows: t.Iterable[Instance], ids: t.Collection[str]) -> list[Instance]:
    return [row for row in rows if row["id"] not in ids]


def _with_places(
    plan: Plan,
    context: InstanceContext,
    rows: t.Sequence[Instance],
    catalog: Catalog,
) -> Plan:
    """Return the plan with what it launches, and where."""
    # In the order in which they are launched, since the first one decides on a region that all share.
    missing = [step.spec for step in (*plan.launch, *plan.replace)]
    _require_launchable(missing)
    catalog.require_newer_options(missing, rows)
    kept = [region_name(step.row) for step in plan.keep if step.row]
    region = common_region(kept, context.policy) if missing else None
    scheduler = Scheduler(catalog, context.policy, context.waits, region)
    # Nothing is terminated to make room for what is not to be had.
    orders, candidates = scheduler.place(missing, refresh=context.check_mode or bool(plan.replace))
    return Plan(
        plan.keep,
        plan.replace,
        plan.launch,
        orders=tuple(orders),
        candidates=tuple(candidates),
        region=region,
    )


def failure_for(failed: t.Sequence[Instance], policy: Policy, replacements: int) -> InstancesFailed | None:
    """Return why the task fails because of instances that will not become active; None where they are replaced.

    Args:
        replacements: how many the task would have replaced then, these included.
    """
    if not failed:
        return None
    if policy.on_failed == "terminate":
        return InstancesFailed(failed, "What still billed of it is terminated (on_failed).")
    bills = "An unhealthy instance keeps billing until it is terminated"
    if policy.on_failed == "keep":
        return InstancesFailed(failed, f"{bills}; on_failed can terminate or replace it.")
    if replacements > policy.max_replacements:
        bound = f"max_replacements ({policy.max_replacements}) allows for no more replacements"
        return InstancesFailed(failed, f"{bills}; {bound}.")
    return None


def _steps_on_failure(failed: t.Iterable[tuple[InstanceSpec, Instance]], policy: Policy) -> tuple[Step, ...]:
    if policy.on_failed != "terminate":
        return ()
    return tuple(Step(spec, f"is {row.get('status')}", row) for spec, row in failed if is_live(row))


def _require_own_fleet(spec: InstanceSpec, row: Instance) -> None:
    """Leave instances of other fleets alone, whatever the policy is for those that differ or fail.

    Raises:
        StateError: the instance belongs to one.
    """
    other = other_fleet(row, spec)
    if other is not None:
        raise StateError(
            f"{describe(row)} is of the fleet '{other}', by its tag {FLEET_TAG}, and so not one of this fleet. Nothing was done. "
            "Choose another name, or terminate it by its id if that fleet is no more."
        )


def _reasons_to_replace(
    context: InstanceContext, pairs: t.Iterable[tuple[InstanceSpec, Instance]], catalog: Catalog
) -> dict[str, str]:
    """Return, by ID, how each instance differs that `on_drift` replaces.

    Raises:
        StateError: one differs, and `on_drift` is `fail`.
    """
    policy = context.policy.on_drift
    if policy == "ignore":
        return {}
    drift: list[tuple[Instance, list[Difference]]] = []
    for spec, row in pairs:
        found = differences(row, spec, catalog.ruleset_ids(row, spec))
        if found:
            drift.append((row, found))
    if policy == "replace":
        return {row["id"]: "; ".join(map(str, found)) for row, found in drift}
    context.report.drift += drift
    remarks = [f"{describe(row)} differs: {'; '.join(map(str, found))}." for row, found in drift]
    if policy == "fail" and remarks:
        raise StateError(
            f"{' '.join(remarks)} A running instance cannot be changed, and nothing was. Ask for what is there, or set on_drift "
            "to warn, ignore or replace."
        )
    for remark in remarks:
        context.report.warn(f"{remark} A running instance cannot be changed; it was left as it is.")
    return {}


def _require_launchable(missing: t.Iterable[InstanceSpec]) -> None:
    for spec in missing:
        for option, value in (("instance_type or needs", spec.instance_types or spec.needs), ("ssh_key", spec.ssh_key)):
            if not value:
                raise InvalidInput(f"'{spec.name}' does not exist, and launching it needs {option}.")
