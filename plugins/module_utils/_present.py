# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Machines that shall be there, under the names that they shall have."""

from __future__ import annotations

import typing as t

from ansible_collections.lambdal.cloud.plugins.module_utils._errors import StateError
from ansible_collections.lambdal.cloud.plugins.module_utils._instances import (
    describe,
    is_live,
    live_by_id,
    live_by_name,
)
from ansible_collections.lambdal.cloud.plugins.module_utils._presence import Presence
from ansible_collections.lambdal.cloud.plugins.module_utils._stock import Stock
from ansible_collections.lambdal.cloud.plugins.module_utils._wanted import Wanted, check_fleet
from ansible_collections.lambdal.cloud.plugins.module_utils._work import Work


def ensure_present(work: Work, fleet: t.Sequence[Wanted]) -> None:
    """Launch what is missing and wait until all are ready. Nothing wanted costs no request.

    Raises:
        LambdaCloudError: see the plan, the launches and the waiting.
    """
    if not fleet:
        return
    check_fleet(fleet)
    rows = work.api.list_instances(work.patience.deadline)
    existing = live_by_name(rows, [wanted.name for wanted in fleet])
    work.report.begin(existing.values(), order=[wanted.name for wanted in fleet])
    Presence(work, fleet, rows, existing).bring_about()


def ensure_renamed(work: Work, instance_id: str, wanted: Wanted) -> None:
    """Give a machine a name, and hold it against the rest that is wanted.

    Raises:
        StateError: no live machine has the id, or another one has the name.
        UnsupportedByServer: the server's version of the API cannot rename.
        LambdaCloudError: the service refused.
    """
    check_fleet([wanted])
    rows = work.api.list_instances(work.patience.deadline)
    found = live_by_id(rows, [instance_id])
    if not found:
        raise StateError(f"No live instance has the id {instance_id}, so that it cannot be named '{wanted.name}'.")
    row = found[0]
    others = [other for other in rows if other.get("name") == wanted.name and is_live(other) and other is not row]
    if others:
        raise StateError(f"{instance_id} cannot be named '{wanted.name}', which is the name of {describe(others[0])}.")
    work.report.begin([row], order=[wanted.name])
    if row.get("name") != wanted.name:
        Stock(work.api, work.patience.deadline).require_newer(f"rename {describe(row)}", [row])
        if not work.check_mode:
            work.api.rename_instance(instance_id, wanted.name, work.patience.deadline)
        work.report.renamed(row, wanted.name)
    Presence(work, [wanted], rows, {wanted.name: {**row, "name": wanted.name}}).bring_about()
