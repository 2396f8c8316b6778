# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The names of the operations, which faults and logged requests bear."""

from __future__ import annotations

import typing as t

from starlette.routing import BaseRoute, Match, Route


class Operations:
    """The operations behind routes, whose names they are. Paths are those below the API's prefix."""

    def __init__(self, routes: t.Iterable[BaseRoute]) -> None:
        self._routes = [route for route in routes if isinstance(route, Route)]

    def name(self, method: str, path: str) -> str | None:
        """Return the operation of a request, or None for a request that is none."""
        scope = {"type": "http", "method": method, "path": path}
        return next((route.name for route in self._routes if route.matches(scope)[0] is Match.FULL), None)

    def methods(self, path: str) -> list[str]:
        """Return the methods that a path takes."""
        scope = {"type": "http", "method": "", "path": path}
        first = next((route.path for route in self._routes if route.matches(scope)[0] is not Match.NONE), None)
        return sorted({method for route in self._routes if route.path == first for method in route.methods or ()})
