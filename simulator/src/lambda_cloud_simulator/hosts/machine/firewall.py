# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Packet filter rules: masquerading, and a way past a firewall that drops what is forwarded."""

from __future__ import annotations

import ipaddress
import shutil

from .. import HostError
from ..owner import Owner
from .command import SEARCH_PATH, run, succeeds


def allow(owner: Owner, subnet: ipaddress.IPv4Network) -> None:
    """Allow the machines to reach the outside under this system's address.

    Raises:
        HostError: the rules are refused.
    """
    table = _table(owner)
    run(
        "nft",
        f"add table ip {table}; "
        f"add chain ip {table} postrouting {{ type nat hook postrouting priority srcnat; }}; "
        f"add rule ip {table} postrouting ip saddr {subnet} ip daddr != {subnet} masquerade",
    )
    # An accepting rule in our own table cannot overrule one that drops elsewhere (Docker's, ufw's): it must be there.
    if _iptables_filters_forwarding():
        for match in _matches(owner):
            run("iptables", "-w", "-I", "FORWARD", *match)


def withdraw(owner: Owner) -> None:
    """Undo what `allow` did, as far as it is there."""
    succeeds("nft", f"delete table ip {_table(owner)}")
    if _iptables_filters_forwarding():
        for match in _matches(owner):
            succeeds("iptables", "-w", "-D", "FORWARD", *match)


def _table(owner: Owner) -> str:
    return owner.name.replace("-", "_")


def _matches(owner: Owner) -> tuple[tuple[str, ...], ...]:
    bridge = owner.interface
    return (
        ("-i", bridge, "-j", "ACCEPT"),
        ("-o", bridge, "-m", "conntrack", "--ctstate", "RELATED,ESTABLISHED", "-j", "ACCEPT"),
    )


def _iptables_filters_forwarding() -> bool:
    if shutil.which("iptables", path=SEARCH_PATH) is None:
        return False
    try:
        rules = run("iptables", "-w", "-S", "FORWARD").split("\n")
    except HostError:
        return False
    return [rule for rule in rules if rule] != ["-P FORWARD ACCEPT"]
