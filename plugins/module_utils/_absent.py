# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Machines that shall not be there."""

from __future__ import annotations

import typing as t

from ansible_collections.lambdal.cloud.plugins.module_utils._errors import StateError
from ansible_collections.lambdal.cloud.plugins.module_utils._instances import select
from ansible_collections.lambdal.cloud.plugins.module_utils._terminate import terminate_all
from ansible_collections.lambdal.cloud.plugins.module_utils._types import Instance
from ansible_collections.lambdal.cloud.plugins.module_utils._waiter import Watch
from ansible_collections.lambdal.cloud.plugins.module_utils._work import Work


def ensure_absent(work: Work, names: t.Sequence[str], ids: t.Sequence[str]) -> None:
    """Terminate the live machines of these names or ids, and no other. None given costs no request.

    Raises:
        StateError: a name belongs to several live machines, or the service left some alive.
        InvalidInput: a name and an id disagree.
        LambdaCloudError: the service refused, or they were not gone in time.
    """
    if not names and not ids:
        return
    found = select(work.api.list_instances(work.patience.deadline), names, ids)
    work.report.begin(found)
    remove(work, found, wait=work.wait)


def remove(work: Work, rows: t.Sequence[Instance], wait: bool) -> None:
    """Terminate machines and, if told to, see them gone. In check mode only the report changes.

    Raises:
        StateError: the service left some alive; each is named.
        LambdaCloudError: the service refused, or they were not gone in time.
    """
    if not rows:
        return
    left = [] if work.check_mode else terminate_all(work.api, work.patience, rows)
    alive = {each.row["id"] for each in left}
    work.report.terminated([row for row in rows if row["id"] not in alive])
    if left:
        raise StateError(f"These instances were not terminated, and bill: {'; '.join(map(str, left))}.")
    if wait and not work.check_mode:
        watch = Watch(work.api, work.patience, rows)
        try:
            watch.until_gone()
        finally:
            work.report.update(watch.rows)
