# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Firewall rules as users write them and as the API has them, compared as sets. Pure functions."""

from __future__ import annotations

import ipaddress
import re
import typing as t
from dataclasses import dataclass

from ansible_collections.lambdal.cloud.plugins.module_utils._client.models import FirewallRule
from ansible_collections.lambdal.cloud.plugins.module_utils._errors import InvalidInput

PROTOCOLS = ("tcp", "udp", "icmp", "all")
MOST_RULES = 20
LONGEST_DESCRIPTION = 128
_SSH_PORT = 22
# Nobody on the internet sends from these: this host, loopback, private, shared, link-local, multicast and reserved networks.
_NOT_OUTSIDE = [
    ipaddress.IPv4Network(each)
    for each in (
        *("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12"),
        *("192.168.0.0/16", "224.0.0.0/4", "240.0.0.0/4"),
    )
]


@dataclass(frozen=True)
class Rule:
    """A rule in its normal form: ports as a range, the network with its mask. `description` None matches any."""

    protocol: str
    ports: tuple[int, int] | None
    network: str
    description: str | None = None

    @property
    def opens(self) -> tuple[str, tuple[int, int] | None, str]:
        """Return what the rule lets in, which identifies it."""
        return self.protocol, self.ports, self.network

    def as_api(self) -> FirewallRule:
        """Return the rule in the API's form."""
        row: FirewallRule = {
            "protocol": self.protocol,
            "source_network": self.network,
            "description": self.description or "",
        }
        if self.ports:
            row["port_range"] = list(self.ports)
        return row


def parse_rule(options: t.Mapping[str, t.Any]) -> Rule:
    """Parse a rule as a user writes it.

    Raises:
        InvalidInput: a protocol, a port, a network or a description that the API would refuse.
    """
    protocol = str(options["protocol"]).lower()
    if protocol not in PROTOCOLS:
        raise InvalidInput(f"The protocol '{options['protocol']}' is none of {', '.join(PROTOCOLS)}.")
    description = options.get("description")
    if description is not None and len(description) > LONGEST_DESCRIPTION:
        raise InvalidInput(
            f"A rule's description has at most {LONGEST_DESCRIPTION} characters, not {len(description)}."
        )
    return Rule(
        protocol,
        _parse_ports(protocol, options.get("port_range")),
        _require_no_host_bits(options["source_network"]),
        description,
    )


def rule_from_api(row: FirewallRule) -> Rule:
    """Return a rule that the API listed, as it is where it cannot be parsed."""
    ports = row.get("port_range")
    try:
        network = _parse_network(str(row.get("source_network")))
    except InvalidInput:
        network = str(row.get("source_network"))
    return Rule(
        str(row.get("protocol")).lower(),
        (int(ports[0]), int(ports[-1])) if ports else None,
        network,
        row.get("description") or "",
    )


def _parse_ports(protocol: str, ports: t.Any) -> tuple[int, int] | None:
    if ports in (None, "", []):
        if protocol == "icmp":
            return None
        raise InvalidInput(f"A rule for {protocol} needs port_range, as in 22 or 8000-8080.")
    if protocol == "icmp":
        raise InvalidInput("A rule for icmp has no port_range.")
    parts = [str(part) for part in ports] if isinstance(ports, list) else re.split(r"\s*[-:]\s*", str(ports).strip())
    numbers = [int(part) for part in parts if part.isascii() and part.isdigit()]
    if len(numbers) != len(parts) or not 1 <= len(numbers) <= 2 or not 1 <= numbers[0] <= numbers[-1] <= 65535:
        raise InvalidInput(f"port_range '{ports}' is neither a port nor a range of ports, as in 22 or 8000-8080.")
    return numbers[0], numbers[-1]


def _require_no_host_bits(text: str) -> str:
    """Parse a network as a user writes it.

    Raises:
        InvalidInput: it is none, or the mask cuts off bits that are set, as in 192.0.2.1/0, which would open all.
    """
    network = _parse_network(text)
    address = text.strip().split("/")[0]
    if not network.startswith(f"{address}/"):
        raise InvalidInput(
            f"source_network '{text}' means {network}, which is more than {address}. Write the one that is meant."
        )
    return network


def _parse_network(text: str) -> str:
    try:
        return str(ipaddress.IPv4Network(text.strip(), strict=False))
    except ValueError:
        raise InvalidInput(f"source_network '{text}' is no IPv4 address or network, as in 192.0.2.0/24.") from None


def merge(current: t.Sequence[Rule], wanted: t.Sequence[Rule], purge: bool) -> list[Rule]:
    """Return the desired rules; those that stay keep their order.

    Args:
        purge: whether rules that are not wanted go.

    Raises:
        InvalidInput: a rule is wanted twice, or there would be too many.
    """
    asked: dict[t.Any, Rule] = {}
    for rule in wanted:
        if asked.setdefault(rule.opens, rule) != rule:
            raise InvalidInput(f"{describe(rule)} is given twice, with different descriptions.")
    rules = [_described(asked[rule.opens], rule) if rule.opens in asked else rule for rule in current]
    if purge:
        rules = [rule for rule in rules if rule.opens in asked]
    there = {rule.opens for rule in rules}
    rules += [_described(rule, None) for opens, rule in asked.items() if opens not in there]
    rules = list(dict.fromkeys(rules))
    if len(rules) > MOST_RULES:
        raise InvalidInput(f"There may be at most {MOST_RULES} rules in a ruleset; these would be {len(rules)}.")
    return rules


def _described(rule: Rule, old: Rule | None) -> Rule:
    if rule.description is not None:
        return rule
    return Rule(*rule.opens, old.description if old else "")


def same(one: t.Iterable[Rule], other: t.Iterable[Rule]) -> bool:
    """Return whether the rules are the same, in whatever order."""
    return set(one) == set(other)


def lets_ssh_in(rules: t.Iterable[Rule]) -> bool:
    """Return whether SSH is open to somebody outside: to an address that the internet carries."""
    return any(
        rule.protocol in ("tcp", "all")
        and (rule.ports is None or rule.ports[0] <= _SSH_PORT <= rule.ports[1])
        and _is_outside(rule.network)
        for rule in rules
    )


def _is_outside(network: str) -> bool:
    try:
        parsed = ipaddress.IPv4Network(network)
    except ValueError:
        # A network that the API listed and nobody can parse counts as one.
        return True
    return not any(parsed.subnet_of(each) for each in _NOT_OUTSIDE)


def describe(rule: Rule) -> str:
    """Describe a rule in a few words."""
    ports = (
        "" if rule.ports is None else f" {rule.ports[0]}" + (f"-{rule.ports[1]}" if len(set(rule.ports)) > 1 else "")
    )
    return f"{rule.protocol}{ports} from {rule.network}"
