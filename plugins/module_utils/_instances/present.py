# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ensure that instances are present: launch what is missing, replace or rename what exists, wait until all are ready."""

from __future__ import annotations

import typing as t

from ansible_collections.lambdal.cloud.plugins.module_utils._client.models import (
    ACTIVE,
    BOOTING,
    Instance,
    describe,
    is_live,
)
from ansible_collections.lambdal.cloud.plugins.module_utils._errors import StateError
from ansible_collections.lambdal.cloud.plugins.module_utils._instances.apply import Applier
from ansible_collections.lambdal.cloud.plugins.module_utils._instances.catalog import Catalog
from ansible_collections.lambdal.cloud.plugins.module_utils._instances.context import InstanceContext
from ansible_collections.lambdal.cloud.plugins.module_utils._instances.launch import predicted_instance
from ansible_collections.lambdal.cloud.plugins.module_utils._instances.lookup import (
    list_instances,
    live_by_id,
    live_by_name,
)
from ansible_collections.lambdal.cloud.plugins.module_utils._instances.plan import Plan, make_plan
from ansible_collections.lambdal.cloud.plugins.module_utils._instances.settle import list_settled
from ansible_collections.lambdal.cloud.plugins.module_utils._instances.spec import InstanceSpec, validate
from ansible_collections.lambdal.cloud.plugins.module_utils._instances.waiter import Waiter
from ansible_collections.lambdal.cloud.plugins.module_utils._interrupts import signals_delayed


def ensure_present(context: InstanceContext, specs: t.Sequence[InstanceSpec]) -> None:
    """Launch missing instances and wait until all are ready. No specs cost no request.

    Raises:
        LambdaCloudError: see the plan, the launches and the waiting.
    """
    if not specs:
        return
    validate(specs)
    names = [spec.name for spec in specs]
    catalog = _catalog(context)
    rows = list_settled(context, specs, catalog)
    existing = live_by_name(rows, names)
    context.report.begin(existing.values(), order=names)
    _carry_out(make_plan(context, specs, rows, existing, catalog), context, rows, catalog)


def ensure_renamed(context: InstanceContext, instance_id: str, spec: InstanceSpec) -> None:
    """Rename an instance, and ensure the rest of its spec.

    Raises:
        StateError: no live instance has the ID, or another one has the name.
        UnsupportedByServer: the server's version of the API cannot rename.
        LambdaCloudError: the service refused.
    """
    validate([spec])
    rows = list_instances(context, [spec.name])
    found = live_by_id(rows, [instance_id])
    if not found:
        raise StateError(f"No live instance has the id {instance_id}, so that it cannot be named '{spec.name}'.")
    row = found[0]
    others = [other for other in rows if other.get("name") == spec.name and is_live(other) and other is not row]
    if others:
        raise StateError(f"{instance_id} cannot be named '{spec.name}', which is the name of {describe(others[0])}.")
    context.report.begin([row], order=[spec.name])
    catalog = _catalog(context)
    # Planned first, so that an instance which differs from the rest of the spec is not renamed either.
    plan = make_plan(context, [spec], rows, {spec.name: {**row, "name": spec.name}}, catalog)
    if row.get("name") != spec.name and not plan.failure:
        catalog.require_newer(f"rename {describe(row)}", [row])
        with signals_delayed():
            if not context.check_mode:
                context.api.rename_instance(instance_id, spec.name, context.waits.deadline)
            context.report.renamed(row, spec.name)
    _carry_out(plan, context, rows, catalog)


def ensure_ready(context: InstanceContext, ids: t.Sequence[str]) -> None:
    """Wait until instances that exist are ready. Launches nothing, whatever has become of them.

    Raises:
        StateError: no live instance has one of the IDs, or one failed meanwhile.
        LambdaCloudError: the list cannot be read, or they were not ready in time.
    """
    found = live_by_id(list_instances(context, ()), ids)
    context.report.begin(found)
    gone = set(ids) - {row["id"] for row in found}
    if gone:
        raise StateError(f"No live instance has the id {' or '.join(sorted(gone))}. Nothing was launched in its place.")
    if context.check_mode or not context.wait:
        return
    waiter = Waiter(context.api, context.waits, found, readiness=context.readiness)
    try:
        waiter.until_ready()
    finally:
        context.report.update(waiter.rows)


def _catalog(context: InstanceContext) -> Catalog:
    warn = context.report.warn if context.check_mode else None
    return Catalog(context.api, context.waits.deadline, warn, context.assume_created)


def _carry_out(plan: Plan, context: InstanceContext, rows: t.Sequence[Instance], catalog: Catalog) -> None:
    """Apply the plan, or in check mode only report it."""
    if context.check_mode:
        _predict(plan, context, catalog)
    else:
        Applier(context, rows, catalog).apply(plan)


def _predict(plan: Plan, context: InstanceContext, catalog: Catalog) -> None:
    """Report what applying the plan would do."""
    report = context.report
    report.terminated([step.row for step in plan.terminate if step.row])
    if plan.failure:
        raise plan.failure
    _warn_of_unknown_keys(context, [order.spec for order in plan.orders])
    report.terminated([step.row for step in plan.replace if step.row])
    status = ACTIVE if context.wait and "active" in context.readiness.conditions else BOOTING
    for order, candidate in zip(plan.orders, plan.candidates, strict=True):
        report.launched(predicted_instance(order.spec, candidate, catalog.known_offers(), status))


def _warn_of_unknown_keys(context: InstanceContext, specs: t.Iterable[InstanceSpec]) -> None:
    """Warn of SSH keys that do not exist. Outside check mode an earlier task may add them, so that this is no failure."""
    names = {spec.ssh_key for spec in specs} - context.assume_created
    if not names:
        return
    known = {row.get("name") for row in context.api.list_ssh_keys(context.waits.deadline)}
    for name in sorted(str(name) for name in names - known):
        context.report.warn(f"There is no SSH key '{name}' yet; without it the launch will be refused.")
