# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The network interfaces of a host, as `ip -json address show` prints them. Pure functions."""

from __future__ import annotations

import ipaddress
import typing as t


def interface_of(links: t.Iterable[t.Mapping[str, t.Any]], address: str) -> str:
    """Return the name of the interface that has an address; empty if none has it, or only loopback.

    Args:
        links: the interfaces
        address: of version 4 or 6, however it is written
    """
    try:
        wanted = ipaddress.ip_address(address)
    except ValueError:
        return ""
    for link in links:
        if "LOOPBACK" in link.get("flags", []):
            continue
        # A host's filters of `ip` leave empty entries.
        for entry in link.get("addr_info", []):
            if "local" in entry and ipaddress.ip_address(entry["local"]) == wanted:
                return str(link["ifname"])
    return ""
