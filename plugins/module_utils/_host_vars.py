# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Instances as managed hosts: their addresses and variables. Pure functions."""

from __future__ import annotations

import ipaddress
import re
import typing as t

from ansible_collections.lambdal.cloud.plugins.module_utils._expiry import expires_at

INVENTORY_GROUP = "lambda_cloud"
LOGIN_USER = "ubuntu"
PREFIX = "lambda_"
ADDRESSES = ("ip", "private_ip", "hostname")

_HOSTNAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9.-]{0,252}")


def host_variables(
    fields: t.Mapping[str, t.Any],
    prefix: str = PREFIX,
    suffix: str = "",
    connect_with: t.Sequence[str] = ("ip",),
) -> dict[str, t.Any]:
    """Return an instance's host variables: each field with a prefix and a suffix, and `ansible_host`.

    One that expires has the time as `expires_at` beside its fields.
    """
    variables = {f"{prefix}{name}{suffix}": value for name, value in fields.items()}
    if expiry := expires_at(fields):
        variables[f"{prefix}expires_at{suffix}"] = expiry
    address = address_of(fields, connect_with)
    if address:
        variables["ansible_host"] = address
    return variables


def address_of(fields: t.Mapping[str, t.Any], connect_with: t.Sequence[str] = ("ip",)) -> str | None:
    """Return the first of these addresses that an instance has, or None."""
    for name in connect_with:
        address = fields.get(name)
        if isinstance(address, str) and _is_address(address, name):
            return address
    return None


def _is_address(text: str, name: str) -> bool:
    """Return whether a text is an address, and nothing that ssh could take for an option."""
    if name == "hostname":
        return _HOSTNAME.fullmatch(text) is not None
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True
