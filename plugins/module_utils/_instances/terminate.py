# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Terminating: exactly the instances found, with the response checked against the list."""

from __future__ import annotations

import contextlib
import typing as t

from ansible_collections.lambdal.cloud.plugins.module_utils._client.api import Api
from ansible_collections.lambdal.cloud.plugins.module_utils._client.confirm import confirm_write
from ansible_collections.lambdal.cloud.plugins.module_utils._client.models import Instance, can_be_terminated, describe
from ansible_collections.lambdal.cloud.plugins.module_utils._errors import ApiError, LambdaCloudError, StateError
from ansible_collections.lambdal.cloud.plugins.module_utils._instances.batch import Unreached, alive, on_each
from ansible_collections.lambdal.cloud.plugins.module_utils._instances.context import InstanceContext
from ansible_collections.lambdal.cloud.plugins.module_utils._instances.lookup import (
    ambiguity,
    list_instances,
    select,
    split_by_name,
)
from ansible_collections.lambdal.cloud.plugins.module_utils._instances.waiter import Waiter
from ansible_collections.lambdal.cloud.plugins.module_utils._interrupts import Interrupted, signals_delayed
from ansible_collections.lambdal.cloud.plugins.module_utils._timing import WaitSettings


def terminate_all(api: Api, waits: WaitSettings, rows: t.Sequence[Instance]) -> list[Unreached]:
    """Request the termination of all, in one request where possible. Returns those that are live all the same.

    The service may terminate fewer than asked, so what its response leaves out is looked up. An instance that cannot be
    terminated yet, as in the seconds after its launch, is asked for again until the deadline.

    Raises:
        LambdaCloudError: the request was refused, or its outcome stayed unknown.
    """
    left: list[Unreached] = []
    pending = list(rows)
    while True:
        try:
            unreached = _terminate_once(api, waits, pending)
        except ApiError as error:
            if error.may_have_executed:
                raise
            unreached = [Unreached(row, error) for row in alive(api, pending)]
            if not any(map(_is_too_early, unreached)):
                raise
        early = [each for each in unreached if _is_too_early(each)]
        left += [each for each in unreached if each not in early]
        if not early or waits.deadline is None or waits.out_of_time():
            return left + early
        pending = [each.row for each in early]
        waits.log(
            f"{', '.join(map(describe, pending))} cannot be terminated yet. Trying again in {waits.interval:g} s."
        )
        waits.sleep(waits.interval)


def _terminate_once(api: Api, waits: WaitSettings, rows: t.Sequence[Instance]) -> list[Unreached]:
    """Request the termination of all once. Returns those that are live all the same, as they are now."""

    def operate(rows: t.Sequence[Instance]) -> list[Instance]:
        ids = [row["id"] for row in rows]

        def all_gone() -> frozenset[str] | None:
            return None if alive(api, rows) else frozenset(ids)

        def send() -> frozenset[str]:
            return frozenset(str(row["id"]) for row in api.terminate_instances(ids, waits.deadline) if "id" in row)

        return [] if confirm_write(send, all_gone, waits).issuperset(ids) else alive(api, rows)

    return on_each(api, rows, operate)


def _is_too_early(unreached: Unreached) -> bool:
    """Return whether the service says of an instance that it cannot be terminated now."""
    refused_for_good = unreached.error is not None and not isinstance(unreached.error, ApiError)
    return not refused_for_good and can_be_terminated(unreached.row) is False


def ensure_absent(context: InstanceContext, names: t.Sequence[str], ids: t.Sequence[str]) -> None:
    """Terminate the live instances with these names or IDs, and no other. None given costs no request.

    A name that belongs to several live instances does not keep the others alive: it is told at the end.

    Raises:
        StateError: a name belongs to several live instances, or the service left some alive.
        InvalidInput: a name and an ID disagree.
        LambdaCloudError: the service refused, or they were not gone in time.
    """
    if not names and not ids:
        return
    rows = list_instances(context, names)
    ambiguous: dict[str, list[Instance]] = {}
    if ids:
        found = select(rows, names, ids)
    else:
        unique, ambiguous = split_by_name(rows, names)
        found = list(unique.values())
    context.report.begin(found)
    context.report.ambiguous = ambiguous
    terminate(context, found, wait=context.wait)
    if ambiguous:
        raise StateError(" ".join(map(ambiguity, ambiguous.values())))


def terminate(context: InstanceContext, rows: t.Sequence[Instance], wait: bool) -> None:
    """Terminate instances and, if told to, wait until they are gone. In check mode only the report changes.

    Raises:
        StateError: the service left some alive; each is named.
        LambdaCloudError: the service refused, or they were not gone in time.
    """
    if not rows:
        return
    with signals_delayed():
        try:
            left = [] if context.check_mode else terminate_all(context.api, context.waits, rows)
        except LambdaCloudError as error:
            if error.may_have_executed:
                _report_what_is_gone(context, rows)
            raise
        except Interrupted as stop:
            if stop.may_have_executed:
                context.report.uncertain += rows
            raise
        alive_ids = {each.row["id"] for each in left}
        gone = [row for row in rows if row["id"] not in alive_ids]
        context.report.terminated(gone)
        context.pending.forget([row["id"] for row in gone])
    if left:
        raise StateError(f"These instances were not terminated, and bill: {'; '.join(map(str, left))}.")
    if wait and not context.check_mode:
        waiter = Waiter(context.api, context.waits, rows)
        try:
            waiter.until_gone()
        finally:
            context.report.update(waiter.rows)


def _report_what_is_gone(context: InstanceContext, rows: t.Sequence[Instance]) -> None:
    """Report which instances a request took along whose response was lost, as far as the list can be read."""
    with contextlib.suppress(LambdaCloudError):
        still_live = {row["id"]: row for row in alive(context.api, rows)}
        context.report.terminated([row for row in rows if row["id"] not in still_live])
        context.report.update(still_live)
