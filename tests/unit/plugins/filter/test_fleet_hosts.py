# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The hosts that a playbook acts on: those that were named, and no others."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.lambdal.cloud.plugins.filter.fleet_hosts import fleet_hosts

TRAIN = [{"name": "train", "count": 2}]


class Inventory:
    """An inventory of instances, as Ansible knows it."""

    def __init__(self) -> None:
        self.hostvars: dict[str, dict[str, t.Any]] = {"localhost": {}}
        self.groups: dict[str, list[str]] = {"all": [], "lambda_cloud": []}

    def add(self, host: str, fleet: str = "", group: str = "lambda_cloud", **variables: t.Any) -> Inventory:
        tags = [{"key": "lambdal-cloud-fleet", "value": fleet}] if fleet else []
        own = {"lambda_id": f"id-{host}", "lambda_name": host, "lambda_tags": tags, **variables}
        self.hostvars.setdefault(host, own)
        self.groups.setdefault(group, []).append(host)
        return self

    def find(self, pattern: str = "", **options: t.Any) -> t.Any:
        found = fleet_hosts(self.hostvars, self.groups, "train_hosts", pattern, **options)
        if found["problem"]:
            assert found["hosts"] == []
            raise LookupError(found["problem"])
        return found["hosts"]


def account() -> Inventory:
    found = Inventory()
    for host, fleet in {"eval": "", "train-2": "vision", "train-1": "", "theirs-1": "speech"}.items():
        found.add(host, fleet)
    return found


def test_the_named_instances_are_chosen_in_their_order() -> None:
    assert account().find(machines=TRAIN) == ["train-1", "train-2"]
    assert account().find(machines=[{"name": ["train-[1:2]", "eval"]}], fleet="vision") == [
        "train-1",
        "train-2",
        "eval",
    ]


def test_the_name_of_a_fleet_chooses_by_the_tag() -> None:
    assert account().find(fleet="vision") == ["train-2"]
    # Names that only this fleet uses stand in for a tag, and never for that of another fleet.
    assert account().find(fleet="vision", names=["train-[1:9]", "theirs-*"]) == ["train-2", "train-1"]


@pytest.mark.parametrize("empty", [{}, {"fleet": "", "names": []}])
def test_nothing_is_not_everything(empty: dict[str, t.Any]) -> None:
    with pytest.raises(LookupError, match=r"Nothing names the hosts\. Set fleet_machines or .* train_hosts"):
        account().find(**empty)


@pytest.mark.parametrize("machines", [[], [{"name": "train", "count": 0}]])
def test_a_fleet_of_nothing_is_not_all_with_its_tag(machines: t.Any) -> None:
    with pytest.raises(LookupError, match="fleet_machines describes no instance"):
        account().find(machines=machines, fleet="vision")


def test_everything_is_asked_for_by_its_word() -> None:
    assert account().find("all") == ["eval", "train-2", "train-1", "theirs-1"]
    assert account().find("eval:&region_x", machines=TRAIN) == "eval:&region_x"


def test_another_fleets_instance_of_a_name_is_not_ours() -> None:
    with pytest.raises(LookupError, match=r"no host in the group lambda_cloud for theirs-1 of the fleet\. .*launched"):
        account().find(machines=[{"name": "theirs-1"}], fleet="vision")


def test_two_instances_of_a_name_are_told_apart_by_the_tag_or_refused() -> None:
    twice = Inventory().add("train-a", "vision", lambda_name="train").add("train-b", lambda_name="train")
    assert twice.find(machines=[{"name": "train"}], fleet="vision") == ["train-a"]
    with pytest.raises(LookupError, match=r"Several instances have the name train \(id-train-a, id-train-b\)"):
        twice.find(machines=[{"name": "train"}])


def test_a_part_of_the_fleet_is_not_the_fleet() -> None:
    with pytest.raises(LookupError, match="for train-3 of the fleet"):
        account().find(machines=[{"name": "train-[1:3]"}])
    # Check mode has launched nothing.
    assert account().find(machines=[{"name": "train-[1:3]"}], check_mode=True) == ["train-1", "train-2"]
    assert account().find(fleet="new", check_mode=True) == []
    for nothing in ({"fleet": "new"}, {"pattern": "all"}):
        with pytest.raises(LookupError, match="and is any instance active"):
            Inventory().find(**nothing)


def test_an_instance_that_still_boots_is_known_from_its_launch_and_none_twice() -> None:
    found = (
        account()
        .add("train-2", group="lambda_cloud_launched")
        .add("x", group="lambda_cloud_launched", lambda_id="id-eval")
    )
    found.add("train-3", group="lambda_cloud_launched")
    assert found.find(machines=[{"name": "train-[2:3]"}, {"name": "eval"}]) == ["train-2", "train-3", "eval"]


def test_a_host_of_ones_own_in_the_group_has_its_own_name() -> None:
    found = Inventory().add("desk", lambda_id=None, lambda_name=None, lambda_tags=None)
    assert found.find(machines=[{"name": "desk"}]) == ["desk"]


@pytest.mark.parametrize("name", ["!eval", "a:b", "train-*", "~.*", "a,b", "&x"])
def test_a_name_that_is_a_pattern_is_refused(name: str) -> None:
    with pytest.raises(LookupError, match="These names of hosts are patterns"):
        account().add(name).find("all")
