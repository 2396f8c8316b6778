# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filters for names of hosts."""

from __future__ import annotations

import re
import typing as t

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.lambdal.cloud.plugins.filter.hosts_file_lines import hosts_file_lines
from ansible_collections.lambdal.cloud.plugins.filter.inventory_names import inventory_names
from ansible_collections.lambdal.cloud.plugins.filter.safe_hostname import safe_hostname
from hypothesis import given
from hypothesis import strategies as st


@pytest.mark.parametrize(
    ("name", "hostname"),
    [
        ("train-1", "train-1"),
        ("Lab_1", "lab-1"),
        ("Lab 2", "lab-2"),
        ("___", ""),
        ("a..b", "a-b"),
        ("x" * 65, "x" * 63),
        (f"{'x' * 62}_y", "x" * 62),
    ],
)
def test_a_host_name_is_safe(name: str, hostname: str) -> None:
    assert safe_hostname(name) == hostname


@given(st.text())
def test_every_name_makes_a_host_name_or_none(name: str) -> None:
    assert re.fullmatch(r"([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)?", safe_hostname(name))


def host(name: str, **variables: t.Any) -> dict[str, t.Any]:
    return {"inventory_hostname": name, **variables}


def test_a_line_has_the_private_address_and_the_names() -> None:
    hosts = [
        host("train-1", lambda_private_ip="10.0.0.1", lambda_ip="192.0.2.1"),
        host("Lab_1", lambda_private_ip=None, lambda_ip="192.0.2.2"),
        host("Lab 2", lambda_private_ip="10.0.0.3"),
        host("___", lambda_private_ip="10.0.0.4"),
        host("named", lambda_private_ip="10.0.0.5", node_hostname="named.example.com"),
        host("empty", lambda_private_ip="10.0.0.6", node_hostname=""),
        host("without an address"),
        host("!", lambda_private_ip="10.0.0.7"),
        host("own", lambda_private_ip="10.0.0.8", node_hostname="not-this"),
    ]
    assert hosts_file_lines(hosts, {"own": "but-this"}) == [
        "10.0.0.1 train-1",
        "192.0.2.2 lab-1 Lab_1",
        "10.0.0.3 lab-2",
        "10.0.0.4 ___",
        "10.0.0.5 named.example.com named",
        "10.0.0.6 empty",
        "10.0.0.8 but-this own",
    ]


def test_a_name_with_a_newline_is_no_line_of_its_own() -> None:
    hosts = [host("a\n6.6.6.6 bank.example", lambda_private_ip="10.0.0.1", node_hostname="b\n6.6.6.6 bank.example")]
    assert hosts_file_lines(hosts) == []


def instance(identity: str, name: str | None) -> dict[str, t.Any]:
    return {"id": identity, "name": name}


def test_a_host_of_an_inventory_has_a_name_of_its_own() -> None:
    rows = [
        instance("1", "train"),
        instance("2", "twin"),
        instance("3", "twin"),
        instance("4", None),
        instance("5", "no host"),
        instance("6", "localhost"),
        instance("7", "lambda_cloud"),
        instance("8", "mine"),
        instance("9", "-x"),
        instance("a", "../../evil"),
        instance("b", "web:80"),
        instance("c", "{{ 7 * 7 }}"),
        instance("d", "lambda_cloud_launched"),
        instance("e", "no_slash"),
        instance("f", "no/slash"),
        instance("g", "grün.1"),
        instance("h", "!,:"),
        instance("i", "a\x1b[31m"),
        instance("j", "2"),
    ]
    assert inventory_names(rows, taken=["mine", "all"]) == [
        "train",
        "twin-2",
        "twin-3",
        "4",
        "no_host",
        "localhost-6",
        "lambda_cloud-7",
        "mine-8",
        "x",
        "_.._evil",
        "web_80",
        "_7_7_",
        "lambda_cloud_launched-d",
        "no_slash",
        "no_slash-f",
        "grün.1",
        "_",
        "a_31m",
        "2",
    ]


@given(
    st.lists(st.sampled_from([None, "a", "b", "a-1", "localhost", "a b"]), max_size=8), st.sets(st.sampled_from("ab"))
)
def test_no_name_is_given_twice_or_taken(names: list[str | None], taken: set[str]) -> None:
    rows = [instance(str(number), name) for number, name in enumerate(names)]
    given_names = inventory_names(rows, sorted(taken))
    assert len(set(given_names)) == len(rows)
    assert not set(given_names) & {*taken, "localhost"}


ANY_NAME = st.none() | st.sampled_from(["a", "a b", "a_b", "1", "2", "2-1", "all", "localhost"]) | st.text(max_size=8)


@given(st.lists(ANY_NAME, max_size=8), st.sets(st.sampled_from(["a", "a_b", "1", "1-1"]) | st.text(max_size=3)))
def test_every_name_is_safe_whatever_instances_are_called(names: list[str | None], taken: set[str]) -> None:
    rows = [instance(str(number), name) for number, name in enumerate(names)]
    given_names = inventory_names(rows, sorted(taken))
    assert len(set(given_names)) == len(rows)
    assert not set(given_names) & {*taken, "localhost", "all"}
    assert all(re.fullmatch(r"\w[\w.-]*", each) for each in given_names)
    for row, name in zip(rows, given_names, strict=True):
        # A name that says what the instance is called is no other's.
        assert row["id"] in name or names.count(row["name"]) == 1


def test_a_name_that_is_anothers_id_gives_way() -> None:
    assert inventory_names([instance("1", "2"), instance("2", None)]) == ["2-1", "2"]


def test_what_are_no_variables_of_hosts_is_refused() -> None:
    with pytest.raises(AnsibleFilterError, match="a list of the variables of hosts"):
        hosts_file_lines(["train-1"])
    with pytest.raises(AnsibleFilterError, match="a list of instances"):
        inventory_names("train-1")
