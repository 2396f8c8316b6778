# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""AWX's import of an inventory, by its rules: what it refuses, what it changes, and what its jobs are given.

The sources named below are those of AWX's repository, as of its commit e21dd0a of October 2024.
"""

from __future__ import annotations

import json
import re
import typing as t

Inventory = dict[str, t.Any]

# awx/main/utils/safe_yaml.py, sanitize_jinja
_TEMPLATES = re.compile(r"\{\{[^}]+\}\}|\{%[^%]+%\}")
# awx/main/utils/mem_inventory.py, MemInventory.get_host: an address with a port, or one colon before anything
_WITH_PORT = re.compile(r"\[[A-Fa-f0-9:]{3,}\]:\d+|[^:]*:[^:]*")
# awx/main/models/base.py, CommonModelNameNotUnique
_LONGEST_NAME = 512


class ImportRefused(Exception):
    """An inventory that AWX does not import."""


def import_inventory(listed: t.Mapping[str, t.Any]) -> Inventory:
    """Import what `ansible-inventory --list --export` printed, and return what a job's inventory script prints afterwards.

    Raises:
        ImportRefused: the whole update fails.
    """
    # awx/main/utils/mem_inventory.py, dict_to_mem_data: other keys of _meta are dropped.
    variables = listed.get("_meta", {}).get("hostvars", {})
    groups = {name: _group(name, content) for name, content in listed.items() if name != "_meta"}
    # Hosts are those of groups; one that only _meta knows is none.
    hosts = list(dict.fromkeys(host for group in groups.values() for host in group["hosts"]))
    for host in hosts:
        _check_host(host)
    named = {name: group for name, group in groups.items() if name not in ("all", "ungrouped")}
    # MemInventory.get_group: a child that is no group yet becomes one; `all` and `ungrouped` are none.
    for child in [child for group in groups.values() for child in group["children"]]:
        if child not in ("all", "ungrouped"):
            named.setdefault(child, _group(child, {}))
    # awx/main/management/commands/inventory_import.py, _create_update_hosts: variables are kept as JSON.
    kept = json.loads(json.dumps({host: variables.get(host, {}) for host in hosts}))
    # awx/main/models/inventory.py, get_script_data, with the variables that it gives each host
    for number, host in enumerate(hosts, 1):
        kept[host].update(dict.fromkeys(("remote_host_enabled", "remote_tower_enabled"), "true"))
        kept[host].update(dict.fromkeys(("remote_host_id", "remote_tower_id"), number))
    grouped = {host for group in named.values() for host in group["hosts"]}
    script: Inventory = {name: {part: each for part, each in group.items() if each} for name, group in named.items()}
    script = {name: group for name, group in script.items() if group}
    everybody = {"hosts": [host for host in hosts if host not in grouped], "children": list(named)}
    return {"all": everybody, **script, "_meta": {"hostvars": kept}}


def _group(name: str, content: t.Mapping[str, t.Any]) -> Inventory:
    if not 0 < len(name) <= _LONGEST_NAME:
        raise ImportRefused(f"A group's name has {len(name)} characters.")
    children = [child for child in content.get("children", []) if child != "ungrouped"]
    # MemGroup.add_child_group
    if "all" in children:
        raise ImportRefused(f"The group {name} has the child all.")
    return {"hosts": content.get("hosts", []), "children": children, "vars": content.get("vars", {})}


def _check_host(name: str) -> None:
    if _TEMPLATES.search(name):
        raise ImportRefused(f"Inline Jinja variables are not allowed: {name}")
    if not 0 < len(name) <= _LONGEST_NAME or _WITH_PORT.fullmatch(name):
        raise ImportRefused(f"{name} would be imported under another name.")


def inventory_script(inventory: t.Mapping[str, t.Any]) -> str:
    """Return the script that a job reads its inventory from (awx/main/tasks/jobs.py, write_inventory_file)."""
    return f"#!/usr/bin/env python3\nprint({json.dumps(inventory)!r})\n"
