# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Terminating: exactly the machines found, and the service's answer checked against the list."""

from __future__ import annotations

import typing as t

from ansible_collections.lambdal.cloud.plugins.module_utils._api import Api
from ansible_collections.lambdal.cloud.plugins.module_utils._bulk import Left, alive, for_all
from ansible_collections.lambdal.cloud.plugins.module_utils._outcome import settle
from ansible_collections.lambdal.cloud.plugins.module_utils._patience import Patience
from ansible_collections.lambdal.cloud.plugins.module_utils._types import Instance


def terminate_all(api: Api, patience: Patience, rows: t.Sequence[Instance]) -> list[Left]:
    """Ask for all to be terminated, in one request where possible; those that are alive all the same.

    The service may do fewer than asked, so what its answer leaves out is looked up.

    Raises:
        LambdaCloudError: the request was refused, or its outcome stayed unknown.
    """

    def operate(rows: t.Sequence[Instance]) -> list[Instance]:
        ids = [row["id"] for row in rows]

        def all_gone() -> frozenset[str] | None:
            return None if alive(api, rows) else frozenset(ids)

        def send() -> frozenset[str]:
            return frozenset(str(row["id"]) for row in api.terminate_instances(ids, patience.deadline) if "id" in row)

        return [] if settle(send, all_gone, patience).issuperset(ids) else alive(api, rows)

    return for_all(api, rows, operate)
