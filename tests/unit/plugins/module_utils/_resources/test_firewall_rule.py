# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import typing as t

import pytest
from ansible_collections.lambdal.cloud.plugins.module_utils._errors import InvalidInput
from ansible_collections.lambdal.cloud.plugins.module_utils._resources.firewall_rule import (
    Rule,
    lets_ssh_in,
    merge,
    parse_rule,
    rule_from_api,
    same,
)
from hypothesis import given
from hypothesis import strategies as st

protocols = st.sampled_from(["tcp", "udp", "icmp", "all"])
ports = st.tuples(st.integers(1, 65535), st.integers(1, 65535)).map(lambda pair: (min(pair), max(pair)))
networks = st.sampled_from(["0.0.0.0/0", "192.0.2.0/24", "198.51.100.7/32"])
rules = st.builds(
    lambda protocol, range_, network, description: Rule(
        protocol, None if protocol == "icmp" else range_, network, description
    ),
    protocols,
    ports,
    networks,
    st.sampled_from(["", "web", "ssh"]),
)
rulesets = st.lists(rules, max_size=8, unique_by=lambda rule: rule.opens)


def as_written(rule: Rule, chance: t.Any) -> dict[str, t.Any]:
    """Return a rule as a user may write it."""
    options: dict[str, t.Any] = {
        "protocol": chance.draw(st.sampled_from([rule.protocol, rule.protocol.upper(), rule.protocol.title()])),
        "source_network": chance.draw(st.sampled_from([rule.network, rule.network.removesuffix("/32")])),
        "description": rule.description,
    }
    if rule.ports:
        first, last = rule.ports
        forms: list[t.Any] = [[first, last], f"{first}-{last}", f" {first} - {last}", f"{first}:{last}"]
        if first == last:
            forms += [first, str(first), [first]]
        options["port_range"] = chance.draw(st.sampled_from(forms))
    return options


@given(rulesets, st.data(), st.randoms())
def test_however_they_are_written_they_are_the_same(wanted: list[Rule], chance: t.Any, shuffle: t.Any) -> None:
    written = [parse_rule(as_written(rule, chance)) for rule in wanted]
    stored = [rule_from_api(rule.as_api()) for rule in wanted]
    shuffle.shuffle(stored)
    assert same(merge(stored, written, purge=True), stored)


@given(rulesets, rulesets, st.booleans())
def test_merging_again_changes_nothing(current: list[Rule], wanted: list[Rule], purge: bool) -> None:
    once = merge(current, wanted, purge)
    assert same(merge(once, wanted, purge), once)
    opened = {rule.opens for rule in once}
    assert {rule.opens for rule in wanted} <= opened
    assert opened == {rule.opens for rule in (wanted if purge else [*current, *wanted])}


def test_a_description_that_was_not_asked_for_stays() -> None:
    old = Rule("tcp", (22, 22), "0.0.0.0/0", "SSH")
    assert merge([old], [Rule("tcp", (22, 22), "0.0.0.0/0")], purge=True) == [old]
    assert merge([old], [Rule("tcp", (22, 22), "0.0.0.0/0", "")], purge=True)[0].description == ""
    assert merge([], [Rule("tcp", (22, 22), "0.0.0.0/0")], purge=True)[0].description == ""


def test_one_rule_with_two_descriptions_is_refused() -> None:
    with pytest.raises(InvalidInput, match=r"tcp 22 from 0\.0\.0\.0/0 is given twice"):
        merge([], [Rule("tcp", (22, 22), "0.0.0.0/0", "a"), Rule("tcp", (22, 22), "0.0.0.0/0", "b")], purge=True)


def test_more_than_twenty_rules_are_refused() -> None:
    many = [Rule("tcp", (port, port), "0.0.0.0/0") for port in range(1, 22)]
    assert len(merge([], many[:20], purge=True)) == 20
    with pytest.raises(InvalidInput, match="at most 20 rules"):
        merge(many[:10], many[10:], purge=False)


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        (Rule("tcp", (22, 22), "192.0.2.1/32"), True),
        (Rule("tcp", (1, 65535), "0.0.0.0/0"), True),
        (Rule("all", (20, 30), "0.0.0.0/0"), True),
        (Rule("udp", (22, 22), "0.0.0.0/0"), False),
        (Rule("tcp", (23, 80), "0.0.0.0/0"), False),
        (Rule("icmp", None, "0.0.0.0/0"), False),
        # An address without a mask means that address alone: nobody sends from these.
        (Rule("tcp", (22, 22), "0.0.0.0/32"), False),
        (Rule("tcp", (22, 22), "127.0.0.1/32"), False),
        (Rule("tcp", (22, 22), "10.0.0.5/32"), False),
        (Rule("tcp", (22, 22), "192.168.0.0/16"), False),
        (Rule("tcp", (22, 22), "224.0.0.0/4"), False),
        (Rule("tcp", (22, 22), "8.0.0.0/5"), True),
    ],
)
def test_which_rules_let_ssh_in(rule: Rule, expected: bool) -> None:
    assert lets_ssh_in([rule]) == expected


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"protocol": "sctp"}, "'sctp' is none of tcp, udp, icmp, all"),
        ({"port_range": None}, "tcp needs port_range"),
        ({"port_range": "ssh"}, "port_range 'ssh' is neither"),
        ({"port_range": "30-20"}, "'30-20' is neither"),
        ({"port_range": [1, 2, 3]}, "is neither"),
        ({"port_range": 70000}, "'70000' is neither"),
        ({"port_range": 0}, "'0' is neither"),
        ({"protocol": "icmp"}, "icmp has no port_range"),
        ({"source_network": "everywhere"}, "'everywhere' is no IPv4"),
        ({"source_network": "::/0"}, "'::/0' is no IPv4"),
        ({"source_network": "1.2.3.4/0"}, r"means 0\.0\.0\.0/0, which is more than 1\.2\.3\.4"),
        ({"source_network": "192.0.2.7/24"}, r"means 192\.0\.2\.0/24, which is more than 192\.0\.2\.7"),
        ({"description": "x" * 129}, "at most 128 characters, not 129"),
    ],
)
def test_what_the_api_would_refuse_is_refused_first(options: dict[str, t.Any], message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        parse_rule({"protocol": "tcp", "port_range": 22, "source_network": "0.0.0.0/0", **options})
