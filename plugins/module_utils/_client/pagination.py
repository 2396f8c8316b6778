# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reading of audit events, the only list that the API splits into pages."""

from __future__ import annotations

import typing as t

from ansible_collections.lambdal.cloud.plugins.module_utils._client.api import Api
from ansible_collections.lambdal.cloud.plugins.module_utils._client.models import AuditEvent
from ansible_collections.lambdal.cloud.plugins.module_utils._errors import InvalidInput, TransportError


def read_events(api: Api, query: t.Mapping[str, str], most: int) -> tuple[list[AuditEvent], bool]:
    """Read audit events, page by page.

    Args:
        query: `start` and `end` in ISO 8601, and `resource_type`; each is optional.
        most: the number of events to stop at.

    Returns:
        At most that many events, and whether there are more.

    Raises:
        InvalidInput: `most` is less than 1.
        TransportError: a page refers back to an earlier one.
        LambdaCloudError: the service refused a request.
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
                "Could not list the audit events: a page refers back to an earlier one.", temporary=False
            )
        seen.add(token)
