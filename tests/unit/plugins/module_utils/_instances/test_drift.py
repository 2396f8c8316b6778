# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import typing as t

import pytest
from ansible_collections.lambdal.cloud.plugins.module_utils._instances.drift import differences, other_fleet
from ansible_collections.lambdal.cloud.plugins.module_utils._instances.spec import FLEET_TAG, InstanceSpec, Mount

ROW: t.Any = {
    "id": "1",
    "name": "a",
    "status": "active",
    "instance_type": {"name": "gpu_1x_a100"},
    "region": {"name": "us-west-1"},
    "ssh_key_names": ["other"],
    "file_system_names": ["one"],
    "file_system_mounts": [{"mount_point": "/data/one", "file_system_id": "f1"}],
    "hostname": "host",
    "tags": [{"key": "project", "value": "vision"}, {"key": "lambdal-cloud-launch", "value": "x"}],
    "firewall_rulesets": [{"id": "r1"}],
    "image": {"id": "i1", "family": "f"},
}

SAME = InstanceSpec(
    "a",
    ("gpu_1x_a10", "gpu_1x_a100"),
    "other",
    ("us-east-1", "us-west-1"),
    ("one",),
    (Mount("one", "/data/one"),),
    image="f",
    hostname="host",
    tags={"project": "vision"},
    firewall_rulesets=("web",),
)


def test_an_instance_as_asked_for_does_not_differ() -> None:
    assert differences(ROW, SAME, {"r1"}) == []


def test_what_was_not_asked_for_is_not_compared() -> None:
    assert differences(ROW, InstanceSpec("a")) == []


def test_what_the_api_leaves_out_is_not_compared() -> None:
    bare: t.Any = {"id": "1", "name": "a", "status": "active", "region": None, "instance_type": None}
    assert differences(bare, SAME, {"r1"}) == []


@pytest.mark.parametrize(
    ("other", "message"),
    [
        ({"instance_types": ("gpu_1x_a10", "b")}, "instance_type is gpu_1x_a100, not gpu_1x_a10 or b"),
        ({"regions": ("us-east-1",)}, "region is us-west-1, not us-east-1"),
        ({"ssh_key": "key"}, "ssh_key is other, not key"),
        ({"file_systems": ("one", "two")}, "file_systems is one, not one, two"),
        ({"file_systems": ()}, "file_systems is one, not none"),
        ({"file_systems": None, "mounts": (Mount("one", "/data/b"),)}, "file_system_mounts is /data/one, not /data/b"),
        ({"hostname": "b"}, "hostname is host, not b"),
        ({"image": "g"}, "image is f, not g"),
        ({"tags": {"project": "speech", "team": "x"}}, "tags is project=vision, not project=speech, team=x"),
    ],
)
def test_each_difference_is_told(other: dict[str, t.Any], message: str) -> None:
    spec = InstanceSpec("a", **other)
    assert [str(each) for each in differences(ROW, spec)] == [message]


def test_rulesets_are_compared_by_id() -> None:
    assert [str(each) for each in differences(ROW, SAME, {"r2"})] == ["firewall_rulesets is r1, not r2"]


def test_a_file_system_may_be_meant_by_its_id() -> None:
    assert differences(ROW, InstanceSpec("a", mounts=(Mount("f1", "/data/one"),))) == []
    assert differences(ROW, InstanceSpec("a", file_systems=("f1",))) == []
    (found,) = differences(ROW, InstanceSpec("a", mounts=(Mount("f2", "/data/one"),)))
    assert str(found) == "file_systems is one, not f2"


def test_an_instance_of_no_fleet_is_taken_and_one_of_another_is_not() -> None:
    wanted = InstanceSpec("a", tags={"project": "vision", FLEET_TAG: "mine"})
    assert differences(ROW, wanted) == []
    assert other_fleet(ROW, wanted) is None

    def of(fleet: str) -> t.Any:
        return {**ROW, "tags": [*ROW["tags"], {"key": FLEET_TAG, "value": fleet}]}

    assert other_fleet(of("mine"), wanted) is None
    assert other_fleet(of("other"), wanted) == "other"
    # Who asks for no fleet does not care.
    assert other_fleet(of("other"), InstanceSpec("a", tags={"project": "vision"})) is None


def test_the_tag_of_a_fleet_needs_no_newer_server() -> None:
    assert InstanceSpec("a", tags={FLEET_TAG: "mine"}).newer_options() == []
    assert InstanceSpec("a", tags={FLEET_TAG: "mine", "project": "vision"}).newer_options() == ["tags"]
