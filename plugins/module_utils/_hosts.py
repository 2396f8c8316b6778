# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Instances as managed hosts: what they are called, where they answer, and what they know of themselves. Pure functions."""

from __future__ import annotations

import ipaddress
import re
import typing as t
from collections import Counter

INVENTORY_GROUP = "lambda_cloud"
LOGIN_USER = "ubuntu"
PREFIX = "lambda_"
ADDRESSES = ("ip", "private_ip", "hostname")

# A host of one of these names would take the place of the controller, or of a group.
_TAKEN = frozenset({"localhost", "127.0.0.1", "::1", "all", "ungrouped", INVENTORY_GROUP})
_HOSTNAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9.-]{0,252}")


def host_variables(
    fields: t.Mapping[str, t.Any],
    prefix: str = PREFIX,
    suffix: str = "",
    connect_with: t.Sequence[str] = ("ip",),
) -> dict[str, t.Any]:
    """What a managed host knows of its instance: each field with a prefix and a suffix, and `ansible_host`."""
    variables = {f"{prefix}{name}{suffix}": value for name, value in fields.items()}
    address = address_of(fields, connect_with)
    if address:
        variables["ansible_host"] = address
    return variables


def address_of(fields: t.Mapping[str, t.Any], connect_with: t.Sequence[str] = ("ip",)) -> str | None:
    """The first address that an instance has, in the order in which they are wanted."""
    for name in connect_with:
        address = fields.get(name)
        if isinstance(address, str) and _is_address(address, name):
            return address
    return None


def _is_address(text: str, name: str) -> bool:
    """Whether it is an address, and nothing that ssh could take for an option."""
    if name == "hostname":
        return _HOSTNAME.fullmatch(text) is not None
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def host_names(rows: t.Sequence[t.Mapping[str, t.Any]], wished: t.Sequence[str | None] | None = None) -> list[str]:
    """What each instance is called in an inventory: as wished, else by its name, and an unnamed one by its id.

    Instances that share a name are told apart by their id, every one of them, so that none takes another's place.
    """
    names = [row.get("name") for row in rows] if wished is None else wished
    called = [_choices(name, str(row["id"])) for name, row in zip(names, rows, strict=True)]
    while clashes := {name for name, count in Counter(choices[0] for choices in called).items() if count > 1}:
        # The last choice, the id, is nobody else's: whoever clashes with it gives way.
        called = [choices[1:] if choices[0] in clashes and len(choices) > 1 else choices for choices in called]
    return [choices[0] for choices in called]


def _choices(name: str | None, identity: str) -> list[str]:
    """What an instance may be called, best first."""
    if not name:
        return [identity]
    told_apart = [f"{name}-{identity}", identity]
    return told_apart if name in _TAKEN else [name, *told_apart]
