# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import typing as t

import pytest
from ansible_collections.lambdal.cloud.plugins.module_utils._instances.candidates import Attachments, Candidate
from ansible_collections.lambdal.cloud.plugins.module_utils._instances.launch import (
    is_as_requested,
    is_effect_of,
    launch_request,
)
from ansible_collections.lambdal.cloud.plugins.module_utils._instances.spec import InstanceSpec, Mount

OURS = {"key": "lambdal-cloud-launch", "value": "unique"}


def test_a_launch_never_asks_for_a_quantity() -> None:
    machine = InstanceSpec("a", ("t",), "k", ("r",), ("data",))
    assert launch_request(machine, Candidate("t", "r"), Attachments(), "unique") == {
        "name": "a",
        "region_name": "r",
        "instance_type_name": "t",
        "ssh_key_names": ["k"],
        "file_system_names": ["data"],
        "tags": [OURS],
    }


def test_names_become_the_ids_of_the_region() -> None:
    machine = InstanceSpec(
        "a",
        ("t",),
        "k",
        mounts=(Mount("data", "/data/big"),),
        image="family",
        hostname="head",
        tags={"project": "vision"},
        firewall_rulesets=("web",),
        user_data="#!/bin/sh",
    )
    homes = {"east": "in-east", "west": "in-west"}
    attachments = Attachments({"data": homes}, {"web": homes}, {"family": "family"}, frozenset())
    assert launch_request(machine, Candidate("t", "west"), attachments, "unique") == {
        "name": "a",
        "region_name": "west",
        "instance_type_name": "t",
        "ssh_key_names": ["k"],
        "hostname": "head",
        "user_data": "#!/bin/sh",
        "image": {"family": "family"},
        "file_system_mounts": [{"mount_point": "/data/big", "file_system_id": "in-west"}],
        "firewall_rulesets": [{"id": "in-west"}],
        "tags": [
            {"key": "project", "value": "vision"},
            {"key": "lambdal-cloud-image", "value": "family"},
            OURS,
        ],
    }


REQUEST: t.Any = {
    "name": "a",
    "region_name": "east",
    "instance_type_name": "t",
    "ssh_key_names": ["k"],
    "file_system_names": ["data"],
}
ROW: dict[str, t.Any] = {
    "id": "1",
    "name": "a",
    "region": {"name": "east"},
    "instance_type": {"name": "t"},
    "ssh_key_names": ["k"],
    "file_system_names": ["data"],
}


def test_an_instance_of_another_launch_is_not_taken_for_ours() -> None:
    assert is_effect_of(t.cast("t.Any", {**ROW, "tags": [OURS]}), "unique")
    assert not is_effect_of(t.cast("t.Any", {**ROW, "tags": [{**OURS, "value": "other"}]}), "unique")
    assert not is_effect_of(t.cast("t.Any", {**ROW, "tags": []}), "unique")
    # Since 1.10.0 an instance without tags has none.
    assert not is_effect_of(t.cast("t.Any", {**ROW, "actions": {}}), "unique")
    # Version 1.5.3 shows no tags at all.
    assert is_effect_of(t.cast("t.Any", ROW), "unique")


@pytest.mark.parametrize(
    ("other", "as_requested"),
    [
        ({}, True),
        ({"name": "b"}, False),
        ({"region": {"name": "west"}}, False),
        ({"instance_type": {"name": "u"}}, False),
        ({"ssh_key_names": ["l"]}, False),
        ({"file_system_names": []}, False),
        ({"file_system_names": ["data", "more"]}, False),
        # What the service does not tell yet is not held against an instance.
        ({"region": None, "instance_type": None}, True),
    ],
)
def test_an_instance_that_differs_from_the_request_is_not_what_it_brought(
    other: dict[str, t.Any], as_requested: bool
) -> None:
    assert is_as_requested(t.cast("t.Any", {**ROW, **other}), REQUEST) == as_requested
