# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The account's audit log: what was done to which resource, and when."""

from __future__ import annotations

import base64
import binascii
import typing as t
from collections import deque
from datetime import datetime

from .errors import invalid_parameters

CATALOG_VERSION = "2025-09-06"
PAGE_SIZE = 100
MOST_EVENTS = 2_000
SERVICE = "cloud"

_ACTOR = "lrn:cloud:identity:3da5a70a57a7422ea8a7203f98b2198b"
_OWNER = "lrn:cloud:account:5b0f6e1d2c3a49788695a4b3c2d1e0f9"
_API_KEY = "lrn:cloud:api_key:0f1e2d3c4b5a69788796a5b4c3d2e1f0"

Event = dict[str, t.Any]


class AuditLog:
    """The last events, oldest first, a page at a time."""

    def __init__(self) -> None:
        self._events: deque[tuple[datetime, Event]] = deque(maxlen=MOST_EVENTS)

    def record(
        self, event_id: str, time: datetime, resource: str, action: str, ids: t.Sequence[str], **details: t.Any
    ) -> None:
        """Record that an action was done to resources of one kind."""
        event = {
            "service_name": SERVICE,
            "resource_name": resource,
            "action": action,
            "catalog_version": CATALOG_VERSION,
            "event_id": event_id,
            "event_time": time.isoformat(timespec="microseconds").replace("+00:00", "Z"),
            "actor_lrn": _ACTOR,
            "resource_lrns": [f"lrn:{SERVICE}:{resource}:{each}" for each in ids],
            "resource_owner_lrn": _OWNER,
            "request_api_key_lrn": _API_KEY,
            "additional_details": details,
        }
        self._events.append((time, event))

    def page(
        self, start: datetime | None, end: datetime | None, resource_type: str | None, token: str | None, size: int
    ) -> tuple[list[Event], str | None]:
        """Return at most `size` events of a span of time, both ends included, and the token of the next page.

        Raises:
            ServiceError: no page came with this token.
        """
        found = [
            event
            for time, event in self._events
            if (start is None or time >= start)
            and (end is None or time <= end)
            and resource_type in (None, f"{event['service_name']}.{event['resource_name']}")
        ]
        first = _position(token) if token is not None else 0
        last = first + size
        return found[first:last], _token(last) if last < len(found) else None


def _token(position: int) -> str:
    return base64.urlsafe_b64encode(f"after:{position}".encode()).decode()


def _position(token: str) -> int:
    try:
        word, _, position = base64.b64decode(token, altchars=b"-_", validate=True).decode("ascii").partition(":")
        if word == "after" and position.isdecimal():
            return int(position)
    except (binascii.Error, ValueError):
        pass
    raise invalid_parameters("page_token", "This is not a token that a page came with.")
