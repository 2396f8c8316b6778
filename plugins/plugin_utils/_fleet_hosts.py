# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which hosts of an inventory a playbook acts on. Pure functions."""

from __future__ import annotations

import typing as t

from ansible_collections.lambdal.cloud.plugins.module_utils._client.models import Row, tags_of
from ansible_collections.lambdal.cloud.plugins.module_utils._errors import InvalidInput
from ansible_collections.lambdal.cloud.plugins.module_utils._filters import by_name
from ansible_collections.lambdal.cloud.plugins.module_utils._host_vars import INVENTORY_GROUP
from ansible_collections.lambdal.cloud.plugins.module_utils._instances.spec import FLEET_TAG
from ansible_collections.lambdal.cloud.plugins.module_utils._names import expand_names
from ansible_collections.lambdal.cloud.plugins.plugin_utils._fleet import fleet_entries
from ansible_collections.lambdal.cloud.plugins.plugin_utils._host_names import is_inventory_name
from ansible_collections.lambdal.cloud.plugins.plugin_utils._values import mappings, name_list

# Stands for every instance of the account
ALL = "all"
_LAUNCHED_GROUP = "lambda_cloud_launched"


class NoHosts(InvalidInput):
    """No hosts are named, or those named are missing or cannot be told apart."""


class Fleet(t.NamedTuple):
    """The fleet that a user named, as the variables of the role fleet do."""

    machines: t.Sequence[Row] | None = None
    name: str = ""
    names: t.Sequence[str] = ()

    @classmethod
    def read(cls, machines: t.Any = None, name: t.Any = None, names: t.Any = None) -> Fleet:
        """Return the fleet of these variables, where None is one that is not given."""
        entries = None if machines is None else mappings(machines, "a list of entries, as fleet_machines has them")
        return cls(entries, str(name or ""), name_list(names))

    def machine_names(self) -> list[str]:
        """Return the names of the instances that `machines` describes."""
        patterns = [pattern for entry in fleet_entries(self.machines or ()) for pattern in name_list(entry.get("name"))]
        return expand_names(patterns)


class _Host(t.NamedTuple):
    """A host of the inventory, and what the API says of its instance."""

    host: str
    id: str | None
    name: str
    fleet: str | None


def fleet_hosts(
    variables: t.Mapping[str, t.Mapping[str, t.Any]],
    groups: t.Mapping[str, t.Sequence[str]],
    fleet: Fleet,
    pattern: str,
    option: str,
    check_mode: bool = False,
) -> str | list[str]:
    """Return the hosts of a fleet, or a pattern of the user's own; nothing else is ever everything.

    Args:
        variables: the variables of hosts by their names in the inventory.
        groups: the hosts of groups.
        fleet: the fleet.
        pattern: hosts that the user named, which come before the fleet; `all` is the whole account.
        option: name of the playbook's variable for them.
        check_mode: whether instances are missing because a launch was only predicted.

    Raises:
        NoHosts: there is nothing to act on, or nobody can tell on what.
        InvalidInput: the fleet is invalid.
    """
    if pattern and pattern != ALL:
        return pattern
    hosts = _instance_hosts(variables, groups)
    if pattern == ALL:
        chosen = hosts
    elif fleet.machines is not None:
        chosen = _of_machines(hosts, fleet, check_mode)
    elif fleet.name or fleet.names:
        chosen = [host for host in hosts if _belongs(host, fleet)]
    else:
        raise NoHosts(
            f"Nothing names the hosts. Set fleet_machines or fleet_name, for instance with -e @fleet.yml, or {option} to a host, a "
            f"group or another pattern. {option}={ALL} stands for every instance of the account."
        )
    if not chosen and not check_mode:
        raise NoHosts(
            f"The inventory has {'no host' if pattern == ALL else 'none of the hosts'} in the group {INVENTORY_GROUP}"
            f"{'' if pattern == ALL else f' that belong to the fleet {fleet.name}' if fleet.name else ' that the fleet names'}. "
            "Does -i name lambda.yml, and is any instance active?"
        )
    # A name is a pattern to Ansible. The inventory plugin gives none that means more than itself.
    if unsafe := [host.host for host in chosen if not is_inventory_name(host.host)]:
        raise NoHosts(f"These names of hosts are patterns, and could mean other hosts: {', '.join(unsafe)}.")
    return [host.host for host in chosen]


def _instance_hosts(
    variables: t.Mapping[str, t.Mapping[str, t.Any]], groups: t.Mapping[str, t.Sequence[str]]
) -> list[_Host]:
    """Return the hosts that are instances, each instance once: one that boots may be known from its launch alone."""
    found: dict[str, _Host] = {}
    for group in (INVENTORY_GROUP, _LAUNCHED_GROUP):
        for name in groups.get(group, ()):
            each = variables[name]
            identity = each.get("lambda_id")
            tags = tags_of({"tags": each.get("lambda_tags")})
            host = _Host(name, identity, str(each.get("lambda_name") or name), tags.get(FLEET_TAG))
            found.setdefault(str(identity or name), host)
    return list(found.values())


def _of_machines(hosts: t.Sequence[_Host], fleet: Fleet, check_mode: bool) -> list[_Host]:
    """Return the hosts of the instances that the fleet describes, in the order of the fleet."""
    names = fleet.machine_names()
    if not names:
        raise NoHosts("fleet_machines describes no instance, so there is nothing to do.")
    chosen: list[_Host] = []
    missing: list[str] = []
    for name in names:
        found = [host for host in hosts if host.name == name and not _belongs_to_another(host, fleet)]
        tagged = [host for host in found if fleet.name and host.fleet == fleet.name]
        found = tagged or found
        if len(found) > 1:
            ids = ", ".join(str(host.id or host.host) for host in found)
            raise NoHosts(f"Several instances have the name {name} ({ids}). Rename all but one of them, or name hosts.")
        chosen += found
        if not found:
            missing.append(name)
    if missing and not check_mode:
        raise NoHosts(
            f"The inventory has no host in the group {INVENTORY_GROUP} for {', '.join(missing)} of the fleet. "
            "Does -i name lambda.yml, is the fleet launched, and is each instance active?"
        )
    return chosen


def _belongs(host: _Host, fleet: Fleet) -> bool:
    """Return whether a host has the fleet's tag, or no fleet's and one of the names that only this fleet uses."""
    if host.fleet is not None:
        return bool(fleet.name) and host.fleet == fleet.name
    return bool(fleet.names) and bool(by_name([{"name": host.name}], fleet.names))


def _belongs_to_another(host: _Host, fleet: Fleet) -> bool:
    return bool(fleet.name) and host.fleet not in (None, fleet.name)
