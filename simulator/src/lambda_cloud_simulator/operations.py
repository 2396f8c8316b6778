# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The names of the operations, by which faults are ordered and requests are logged."""

from __future__ import annotations

import typing as t

from starlette.routing import BaseRoute, Match, Route

Operation = t.Literal[
    "list_instance_types",
    "list_instances",
    "get_instance",
    "rename_instance",
    "launch",
    "terminate",
    "restart",
    "list_ssh_keys",
    "add_ssh_key",
    "delete_ssh_key",
    "list_file_systems",
    "create_file_system",
    "delete_file_system",
    "list_images",
    "list_regions",
    "list_firewall_rules",
    "set_firewall_rules",
    "list_firewall_rulesets",
    "create_firewall_ruleset",
    "get_firewall_ruleset",
    "update_firewall_ruleset",
    "delete_firewall_ruleset",
    "list_audit_events",
]


class Operations:
    """The operations behind routes, whose names they are. Paths are those below the API's prefix."""

    def __init__(self, routes: t.Iterable[BaseRoute]) -> None:
        self._routes = [route for route in routes if isinstance(route, Route)]

    def name(self, method: str, path: str) -> str | None:
        """The operation of a request, if it is one."""
        scope = {"type": "http", "method": method, "path": path}
        return next((route.name for route in self._routes if route.matches(scope)[0] is Match.FULL), None)

    def methods(self, path: str) -> list[str]:
        """The methods that a path takes."""
        scope = {"type": "http", "method": "", "path": path}
        first = next((route.path for route in self._routes if route.matches(scope)[0] is not Match.NONE), None)
        return sorted({method for route in self._routes if route.path == first for method in route.methods or ()})
