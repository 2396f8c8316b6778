# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Machines that shall boot again."""

from __future__ import annotations

import typing as t

from ansible_collections.lambdal.cloud.plugins.module_utils._bulk import Left, for_all
from ansible_collections.lambdal.cloud.plugins.module_utils._errors import CausedError, LambdaCloudError, StateError
from ansible_collections.lambdal.cloud.plugins.module_utils._instances import BOOTING, live_by_id, select
from ansible_collections.lambdal.cloud.plugins.module_utils._outcome import settle
from ansible_collections.lambdal.cloud.plugins.module_utils._types import Instance
from ansible_collections.lambdal.cloud.plugins.module_utils._waiter import Watch
from ansible_collections.lambdal.cloud.plugins.module_utils._work import Work


def ensure_restarted(work: Work, names: t.Sequence[str], ids: t.Sequence[str]) -> None:
    """Restart the live machines of these names or ids, and no other. None given costs no request.

    Raises:
        StateError: a name belongs to several live machines, the service restarted fewer than asked, or one failed.
        InvalidInput: a name and an id disagree.
        LambdaCloudError: the service refused, or they were not active again in time.
    """
    if not names and not ids:
        return
    found = select(work.api.list_instances(work.patience.deadline), names, ids)
    work.report.begin(found, order=names)
    _warn_of_missing(work, found, names, ids)
    if not found or work.check_mode:
        work.report.restarted(found)
        return
    reached: list[Instance] = []

    def operate(rows: t.Sequence[Instance]) -> list[Instance]:
        unreached = _restart(work, rows)
        reached.extend(row for row in rows if row not in unreached)
        work.report.restarted(row for row in rows if row not in unreached)
        return unreached

    left = {each.row["id"]: each for each in for_all(work.api, found, operate)}
    # Those that were tried alone are rows of a later list.
    done = {row["id"] for row in reached}
    missed = [left.get(row["id"], Left(row, None)) for row in found if row["id"] not in done]
    try:
        if work.wait and reached:
            _see_them_answer(work, reached)
    except LambdaCloudError as error:
        raise error if not missed else CausedError(f"{_fewer(reached, missed)} {error}", error) from error
    if missed:
        raise StateError(_fewer(reached, missed))


def _fewer(reached: t.Sized, missed: t.Sequence[Left]) -> str:
    return f"The service restarted {len(reached)} of {len(reached) + len(missed)}; not {'; '.join(map(str, missed))}."


def _warn_of_missing(work: Work, found: t.Sequence[Instance], names: t.Sequence[str], ids: t.Sequence[str]) -> None:
    there = {row["id"] for row in found} if ids else {row.get("name") for row in found}
    missing = [each for each in (ids or names) if each not in there]
    if missing:
        work.report.warn(f"No live instance, so nothing to restart: {', '.join(missing)}.")


def _restart(work: Work, rows: t.Sequence[Instance]) -> list[Instance]:
    """Ask for a restart of some machines; those that the service did not name in its answer."""
    ids = [row["id"] for row in rows]
    was_active = [row["id"] for row in rows if row.get("status") != BOOTING]

    def send() -> frozenset[str]:
        return frozenset(
            str(row["id"]) for row in work.api.restart_instances(ids, work.patience.deadline) if "id" in row
        )

    def left_active() -> frozenset[str] | None:
        seen = live_by_id(work.api.list_instances(), was_active)
        return frozenset(ids) if any(row.get("status") == BOOTING for row in seen) else None

    reached = settle(send, left_active, work.patience)
    return [row for row in rows if row["id"] not in reached]


def _see_them_answer(work: Work, rows: t.Sequence[Instance]) -> None:
    """Wait until each has left its status and is active again; one that never seems to leave it gets a moment's grace."""
    watch = Watch(work.api, work.patience, rows)
    try:
        watch.until_changed(work.patience.outcome_timeout)
        watch.until_ready()
    finally:
        work.report.update(watch.rows)
