# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The log of requests, for tests of a client."""

from __future__ import annotations

import json
import typing as t
from collections import deque
from urllib.parse import parse_qsl

MOST_ENTRIES = 5_000
_SECRETS = frozenset({"private_key", "user_data"})
_LONGEST_BODY_BYTES = 100_000


class RequestLog:
    """The last requests, oldest first."""

    def __init__(self) -> None:
        self._entries: deque[dict[str, t.Any]] = deque(maxlen=MOST_ENTRIES)
        self.total = 0

    def add(
        self, *, method: str, path: str, query: str, operation: str | None, body: bytes, time: float
    ) -> dict[str, t.Any]:
        """Record a request and return its entry, whose `status` the caller sets. `time` is in simulated seconds."""
        entry: dict[str, t.Any] = {
            "method": method,
            "path": path,
            "query": dict(parse_qsl(query, keep_blank_values=True)),
            "operation": operation,
            "body": _masked(body),
            "time": time,
            "status": None,
        }
        self._entries.append(entry)
        self.total += 1
        return entry

    def entries(self) -> list[dict[str, t.Any]]:
        return list(self._entries)

    def clear(self) -> None:
        self._entries.clear()
        self.total = 0


def _masked(body: bytes) -> t.Any:
    """Return the body's JSON without secrets."""
    if not body:
        return None
    if len(body) > _LONGEST_BODY_BYTES:
        return f"({len(body)} bytes)"
    try:
        data = json.loads(body)
    except (ValueError, RecursionError):
        return "(not JSON)"
    if isinstance(data, dict):
        return {key: "(masked)" if key in _SECRETS else value for key, value in data.items()}
    return data
