# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Restarting: ask, check the response against the list, and wait until the instances are active again."""

from __future__ import annotations

import typing as t

from ansible_collections.lambdal.cloud.plugins.module_utils._client.confirm import confirm_write
from ansible_collections.lambdal.cloud.plugins.module_utils._client.models import BOOTING, Instance
from ansible_collections.lambdal.cloud.plugins.module_utils._errors import CausedError, LambdaCloudError, StateError
from ansible_collections.lambdal.cloud.plugins.module_utils._instances.batch import Unreached, on_each
from ansible_collections.lambdal.cloud.plugins.module_utils._instances.context import InstanceContext
from ansible_collections.lambdal.cloud.plugins.module_utils._instances.lookup import list_instances, live_by_id, select
from ansible_collections.lambdal.cloud.plugins.module_utils._instances.waiter import Waiter
from ansible_collections.lambdal.cloud.plugins.module_utils._interrupts import signals_delayed


def ensure_restarted(context: InstanceContext, names: t.Sequence[str], ids: t.Sequence[str]) -> None:
    """Restart the live instances with these names or IDs, and no other. None given costs no request.

    Raises:
        StateError: a name belongs to several live instances, the service restarted fewer than asked, or one failed.
        InvalidInput: a name and an ID disagree.
        LambdaCloudError: the service refused, or they were not active again in time.
    """
    if not names and not ids:
        return
    found = select(list_instances(context, names), names, ids)
    context.report.begin(found, order=names)
    _warn_of_missing(context, found, names, ids)
    if not found or context.check_mode:
        context.report.restarted(found)
        return
    reached: list[Instance] = []

    def operate(rows: t.Sequence[Instance]) -> list[Instance]:
        with signals_delayed():
            unreached = _restart(context, rows)
            reached.extend(row for row in rows if row not in unreached)
            context.report.restarted(row for row in rows if row not in unreached)
        return unreached

    left = {each.row["id"]: each for each in on_each(context.api, found, operate)}
    # Those that were tried alone are rows of a later list.
    done = {row["id"] for row in reached}
    missed = [left.get(row["id"], Unreached(row, None)) for row in found if row["id"] not in done]
    try:
        if context.wait and reached:
            _wait_until_active(context, reached)
    except LambdaCloudError as error:
        raise error if not missed else CausedError(f"{_fewer(reached, missed)} {error}", error) from error
    if missed:
        raise StateError(_fewer(reached, missed))


def _fewer(reached: t.Sized, missed: t.Sequence[Unreached]) -> str:
    return f"The service restarted {len(reached)} of {len(reached) + len(missed)}; not {'; '.join(map(str, missed))}."


def _warn_of_missing(
    context: InstanceContext, found: t.Sequence[Instance], names: t.Sequence[str], ids: t.Sequence[str]
) -> None:
    there = {row["id"] for row in found} if ids else {row.get("name") for row in found}
    missing = [each for each in (ids or names) if each not in there]
    if missing:
        context.report.warn(f"No live instance, so nothing to restart: {', '.join(missing)}.")


def _restart(context: InstanceContext, rows: t.Sequence[Instance]) -> list[Instance]:
    """Request a restart of some instances. Returns those that the service did not name in its response."""
    ids = [row["id"] for row in rows]
    was_active = [row["id"] for row in rows if row.get("status") != BOOTING]

    def send() -> frozenset[str]:
        return frozenset(
            str(row["id"]) for row in context.api.restart_instances(ids, context.waits.deadline) if "id" in row
        )

    def left_active() -> frozenset[str] | None:
        seen = live_by_id(context.api.list_instances(), was_active)
        return frozenset(ids) if any(row.get("status") == BOOTING for row in seen) else None

    reached = confirm_write(send, left_active, context.waits)
    return [row for row in rows if row["id"] not in reached]


def _wait_until_active(context: InstanceContext, rows: t.Sequence[Instance]) -> None:
    """Wait until each has left its status and is active again; one that never seems to leave it gets a moment's grace."""
    waiter = Waiter(context.api, context.waits, rows)
    try:
        waiter.until_changed(context.waits.outcome_timeout)
        waiter.until_ready()
    finally:
        context.report.update(waiter.rows)
