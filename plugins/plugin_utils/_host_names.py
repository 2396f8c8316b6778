# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Names of hosts, in an inventory and on a network. Pure functions."""

from __future__ import annotations

import re
import typing as t
from collections import defaultdict

from ansible_collections.lambdal.cloud.plugins.module_utils._host_vars import INVENTORY_GROUP

_LONGEST_LABEL = 63
_LONGEST_NAME = 128
# Letters and digits of any script. All else means something to shells, paths, host patterns, templates or importers of inventories.
_INVENTORY_NAME = re.compile(rf"\w[\w.-]{{0,{_LONGEST_NAME - 1}}}")
# What may stand in /etc/hosts: the letters of host names, and underscores.
_HOSTS_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]*")

# Groups that this collection's playbooks make later in the run
_LATER_GROUPS = frozenset({"lambda_cloud_launched", "lambda_cloud_ending"})
RESERVED_GROUPS = frozenset({"all", "ungrouped", INVENTORY_GROUP}) | _LATER_GROUPS
# A host with one of these names would replace the controller or a group.
_RESERVED = frozenset({"localhost", "127.0.0.1", "::1"}) | RESERVED_GROUPS

_EXACT, _SAFE, _WITH_ID, _ID, _NUMBERED = range(5)


class HostName(t.NamedTuple):
    """A host's name in an inventory, and why it is not the preferred one."""

    name: str
    reason: str | None = None


class _Candidate(t.NamedTuple):
    name: str
    kind: int


def safe_hostname(name: str) -> str:
    """Return a name as one that a host may have: at most 63 lower-case letters, digits and dashes."""
    return re.sub(r"[^a-z0-9-]+", "-", name.lower())[:_LONGEST_LABEL].strip("-")


def safe_inventory_name(name: str) -> str:
    """Return a name as one that is safe in an inventory, or an empty one: letters, digits, `_`, `.` and `-`."""
    return re.sub(r"[^\w.-]+", "_", name).lstrip("-.")[:_LONGEST_NAME]


def is_inventory_name(name: str) -> bool:
    """Return whether a name means nothing but itself: to shells, paths, host patterns, templates and importers of inventories."""
    return _INVENTORY_NAME.fullmatch(name) is not None


def host_names(
    instances: t.Sequence[t.Mapping[str, t.Any]],
    preferred: t.Sequence[str | None] | None = None,
    taken: t.Collection[str] = (),
) -> list[HostName]:
    """Return for each instance a name in an inventory that is safe, none of which is another's, taken or reserved.

    It is the preferred name, or that of the instance, or its safe form. Every one of the instances that share a name gets
    its id appended, so that none takes another's place; one that has the name as it is comes before those with its safe form.

    Args:
        instances: the instances.
        preferred: a name for each, instead of the instance's own.
        taken: the names of other hosts and of groups.
    """
    wished = [row.get("name") for row in instances] if preferred is None else preferred
    rest = [
        _candidates(name or "", str(row["id"]), number)
        for number, (name, row) in enumerate(zip(wished, instances, strict=True), 1)
    ]
    chosen = [next(each) for each in rest]
    while losers := _losers(chosen, taken):
        for number in losers:
            chosen[number] = next(rest[number])
    return [HostName(each.name, _reason(name or "", each.name)) for name, each in zip(wished, chosen, strict=True)]


def _candidates(name: str, instance_id: str, number: int) -> t.Iterator[_Candidate]:
    """Yield the names that an instance may have in an inventory, best first, without an end."""
    safe, safe_id = safe_inventory_name(name), safe_inventory_name(instance_id) or "instance"
    if safe:
        if safe not in _RESERVED:
            yield _Candidate(safe, _EXACT if safe == name else _SAFE)
        yield _Candidate(f"{safe}-{safe_id}", _WITH_ID)
    yield _Candidate(safe_id, _ID)
    yield _Candidate(f"{safe_id}-{number}", _NUMBERED)
    attempt = 1
    while attempt := attempt + 1:
        yield _Candidate(f"{safe_id}-{number}-{attempt}", _NUMBERED)


def _losers(chosen: t.Sequence[_Candidate], taken: t.Collection[str]) -> list[int]:
    """Return the positions of the names that cannot stay."""
    holders: dict[str, list[int]] = defaultdict(list)
    for number, each in enumerate(chosen):
        holders[each.name].append(number)
    losers: list[int] = []
    for name, numbers in holders.items():
        if name in taken or name in _RESERVED:
            losers += numbers
        elif len(numbers) > 1:
            # Nobody else's name is better than an id of one's own.
            keeps = _only(numbers, chosen, _ID) or _only(numbers, chosen, _EXACT)
            losers += [number for number in numbers if number not in keeps]
    return losers


def _only(numbers: t.Sequence[int], chosen: t.Sequence[_Candidate], kind: int) -> list[int]:
    found = [number for number in numbers if chosen[number].kind == kind]
    return found if len(found) == 1 else []


def _reason(wished: str, name: str) -> str | None:
    if not wished or name == wished:
        return None
    return "is reserved or not unique" if is_inventory_name(wished) else "cannot be a host's"


def inventory_names(instances: t.Sequence[t.Mapping[str, t.Any]], taken: t.Collection[str] = ()) -> list[str]:
    """Return the names of `host_names` alone."""
    return [each.name for each in host_names(instances, taken=taken)]


def hosts_file_lines(hosts: t.Iterable[t.Mapping[str, t.Any]], hostnames: t.Mapping[str, str]) -> list[str]:
    """Return a line of /etc/hosts for each host that has an address and a name that may stand there.

    Args:
        hosts: variables of hosts of the inventory.
        hostnames: host names by the inventory's names, for hosts whose variable `node_hostname` does not count.
    """
    lines = []
    for variables in hosts:
        name = str(variables["inventory_hostname"])
        address = variables.get("lambda_private_ip") or variables.get("lambda_ip")
        own = hostnames[name] if name in hostnames else variables.get("node_hostname", safe_hostname(name))
        names = [each for each in dict.fromkeys((str(own), name)) if _HOSTS_NAME.fullmatch(each)]
        if address and names:
            lines.append(" ".join([str(address), *names]))
    return lines
