# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import typing as t

from ansible_collections.lambdal.cloud.plugins.module_utils._attachments import Attachments
from ansible_collections.lambdal.cloud.plugins.module_utils._launch_request import is_effect_of, launch_request
from ansible_collections.lambdal.cloud.plugins.module_utils._placement import Candidate
from ansible_collections.lambdal.cloud.plugins.module_utils._wanted import Mount, Wanted

OURS = {"key": "lambdal-cloud-launch", "value": "unique"}


def test_a_launch_never_asks_for_a_quantity() -> None:
    machine = Wanted("a", ("t",), "k", ("r",), ("data",))
    assert launch_request(machine, Candidate("t", "r"), Attachments(), "unique") == {
        "name": "a",
        "region_name": "r",
        "instance_type_name": "t",
        "ssh_key_names": ["k"],
        "file_system_names": ["data"],
        "tags": [OURS],
    }


def test_names_become_the_ids_of_the_region() -> None:
    machine = Wanted(
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
        "tags": [{"key": "project", "value": "vision"}, OURS],
    }


def test_a_machine_of_another_launch_is_not_taken_for_ours() -> None:
    def row(**fields: t.Any) -> t.Any:
        return {"id": "1", "name": "a", **fields}

    assert is_effect_of(row(tags=[OURS]), "a", "unique")
    assert not is_effect_of(row(tags=[{**OURS, "value": "other"}]), "a", "unique")
    assert not is_effect_of(row(tags=[]), "a", "unique")
    # Version 1.5.3 knows no tags: the name has to do.
    assert is_effect_of(row(), "a", "unique")
    assert not is_effect_of(row(), "b", "unique")
