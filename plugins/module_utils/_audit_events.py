# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Audit events, which alone of all lists come in pages."""

from __future__ import annotations

import typing as t

from ansible_collections.lambdal.cloud.plugins.module_utils._api import Api
from ansible_collections.lambdal.cloud.plugins.module_utils._errors import InvalidInput, TransportError
from ansible_collections.lambdal.cloud.plugins.module_utils._types import AuditEvent


def read_events(api: Api, query: t.Mapping[str, str], most: int) -> tuple[list[AuditEvent], bool]:
    """At most so many events, and whether there are more.

    Args:
        query: `start` and `end` in ISO 8601, `resource_type`; all may be left out.

    Raises:
        InvalidInput: the bound lets nothing through.
        TransportError: a page leads back to itself.
        LambdaCloudError: the service refused.
    """
    if most < 1:
        raise InvalidInput(f"max_events must be at least 1, not {most}.")
    events: list[AuditEvent] = []
    token: str | None = None
    seen: set[str] = set()
    while True:
        page, token = api.list_audit_events({**query, **({"page_token": token} if token else {})})
        events += page
        if not token or len(events) >= most:
            return events[:most], bool(token) or len(events) > most
        if token in seen:
            raise TransportError(
                "Could not list the audit events: a page leads back to an earlier one.", temporary=False
            )
        seen.add(token)
