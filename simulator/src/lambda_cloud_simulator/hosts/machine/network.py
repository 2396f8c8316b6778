# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The bridge that the machines of one simulator share, its subnet, and the way out."""

from __future__ import annotations

import ipaddress
import json
import random
import typing as t
from collections import deque
from dataclasses import dataclass, field
from pathlib import Path

from .. import HostError
from ..owner import RUN_DIR, Owner, exclusive
from . import firewall, settings
from .command import run, succeeds
from .resolver import nameservers

# The private address space, without the parts of 10.0.0.0/8 that networks like best.
_POOLS = tuple(map(ipaddress.IPv4Network, ("10.64.0.0/10", "172.16.0.0/12", "192.168.0.0/16")))
# 1021 machines: a bridge takes no more than 1023 ports.
_PREFIX_LENGTH = 22


@dataclass
class Network:
    """A bridge with an address, whose ports are the machines.

    Attributes:
        gateway: the bridge's own address, the machines' way out.
    """

    owner: Owner
    subnet: ipaddress.IPv4Network
    gateway: ipaddress.IPv4Address
    _free: deque[ipaddress.IPv4Address] = field(init=False)

    def __post_init__(self) -> None:
        self._free = deque(address for address in self.subnet.hosts() if address != self.gateway)

    @classmethod
    def create(cls, owner: Owner) -> Network:
        """Create the bridge and let its machines reach the outside. After a failure `remove` must be called.

        Raises:
            HostError: the system refuses.
        """
        bridge = owner.interface
        with exclusive(RUN_DIR / "network.lock"):
            subnet = choose_subnet(_in_use(), random.Random())
            run("ip", "link", "add", bridge, "type", "bridge")
            run("ip", "address", "add", f"{subnet[1]}/{subnet.prefixlen}", "dev", bridge)
        run("ip", "link", "set", bridge, "up")
        settings.hold(owner, {_forwarding(interface): 1 for interface in (bridge, *_uplinks())})
        firewall.allow(owner, subnet)
        return cls(owner, subnet, subnet[1])

    def take_address(self) -> ipaddress.IPv4Address:
        """Take a free address, as late as possible one that was in use before.

        Raises:
            HostError: all are taken.
        """
        try:
            return self._free.popleft()
        except IndexError:
            raise HostError(f"All addresses of {self.subnet} are in use.") from None

    def give_back_address(self, address: ipaddress.IPv4Address) -> None:
        """Make an address available again."""
        self._free.append(address)


def remove(owner: Owner) -> None:
    """Remove the rules and interfaces of `owner`, whatever is left of them."""
    firewall.withdraw(owner)
    for interface in Path("/sys/class/net").iterdir():
        if interface.name == owner.interface or interface.name.startswith(f"{owner.interface}-"):
            succeeds("ip", "link", "delete", interface.name)


def remove_port(port: str) -> None:
    """Remove a machine's port now; the kernel would do so a little after the machine has gone."""
    succeeds("ip", "link", "delete", port)


def choose_subnet(in_use: t.Collection[ipaddress.IPv4Network], rng: random.Random) -> ipaddress.IPv4Network:
    """Choose a private subnet at random that overlaps nothing this system knows of.

    Raises:
        HostError: there is none.
    """
    for pool in _POOLS:
        candidates = list(pool.subnets(new_prefix=_PREFIX_LENGTH))
        rng.shuffle(candidates)
        for candidate in candidates:
            if not any(candidate.overlaps(other) for other in in_use):
                return candidate
    raise HostError(f"No private subnet of length {_PREFIX_LENGTH} is free on this system.")


def _in_use() -> list[ipaddress.IPv4Network]:
    """Return the networks where this system has addresses, routes or name servers."""
    used = []
    for link in json.loads(run("ip", "-json", "-4", "address", "show") or "[]"):
        for address in link.get("addr_info", []):
            used.append(ipaddress.IPv4Network((address["local"], address["prefixlen"]), strict=False))
    for route in json.loads(run("ip", "-json", "-4", "route", "show", "table", "all") or "[]"):
        # Shorter ones are default routes in parts, as VPNs set them.
        if route["dst"] != "default" and (network := ipaddress.IPv4Network(route["dst"], strict=False)).prefixlen >= 8:
            used.append(network)
    used.extend(ipaddress.IPv4Network(server) for server in nameservers() if ":" not in server)
    return used


def _uplinks() -> list[str]:
    """Return the interfaces with a default route."""
    routes = json.loads(run("ip", "-json", "-4", "route", "show", "default") or "[]")
    return sorted({route["dev"] for route in routes if "dev" in route})


def _forwarding(interface: str) -> str:
    """Return the setting that forwards what comes in at one interface.

    `ip_forward` would do it for all, and the kernel resets other settings whenever that one changes.
    """
    return f"net/ipv4/conf/{interface}/forwarding"
