# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filters for replacing an instance."""

from __future__ import annotations

import typing as t

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.lambdal.cloud.plugins.filter.replacement_image import replacement_image
from ansible_collections.lambdal.cloud.plugins.filter.replacement_options import replacement_options
from ansible_collections.lambdal.cloud.plugins.filter.replacement_problem import replacement_problem

INSTANCE: dict[str, t.Any] = {
    "id": "7f",
    "name": "train-1",
    "status": "unhealthy",
    "region": {"name": "us-east-1", "description": "Virginia"},
    "instance_type": {"name": "gpu_1x_a10"},
    "ssh_key_names": ["laptop"],
    "file_system_names": ["datasets"],
}


def test_the_replacement_is_like_the_instance() -> None:
    assert replacement_options(INSTANCE) == {
        "name": ["train-1"],
        "instance_type": ["gpu_1x_a10"],
        "region": ["us-east-1"],
        "ssh_key": "laptop",
        "file_systems": ["datasets"],
    }


def test_mounts_rulesets_and_tags_are_the_same() -> None:
    more = {
        "file_system_mounts": [{"file_system_id": "f1", "mount_point": "/data/sets"}],
        "firewall_rulesets": [{"id": "r1", "name": "web"}],
        "tags": [{"key": "project", "value": "vision"}, {"key": "lambdal-cloud-launch", "value": "one-launch-alone"}],
    }
    options = replacement_options({**INSTANCE, **more})
    assert options["file_system_mounts"] == [{"file_system": "f1", "mount_point": "/data/sets"}]
    assert options["file_systems"] == [], "those with a mount point are not named twice"
    assert options["firewall_rulesets"] == ["r1"]
    assert options["tags"] == {"project": "vision"}
    nothing = dict.fromkeys(("file_system_names", "file_system_mounts", "firewall_rulesets", "tags"))
    assert set(replacement_options({**INSTANCE, **nothing})) == {
        "name",
        "instance_type",
        "region",
        "ssh_key",
        "file_systems",
    }


def test_an_instance_without_a_name_needs_one() -> None:
    unnamed = {**INSTANCE, "name": None}
    assert replacement_options(unnamed, "7f")["name"] == ["7f"]
    with pytest.raises(AnsibleFilterError, match="The instance 7f has no name"):
        replacement_options(unnamed)
    assert "has no name" in replacement_problem([unnamed], "7f")
    assert replacement_problem([unnamed], "7f", name="7f") == ""


@pytest.mark.parametrize(
    ("lacks", "what"),
    [
        ({"region": None}, "region"),
        ({"instance_type": {}}, "type"),
        ({"ssh_key_names": []}, "SSH key"),
        ({"region": None, "ssh_key_names": None}, "region and SSH key"),
    ],
)
def test_what_a_launch_needs_must_be_known(lacks: dict[str, t.Any], what: str) -> None:
    row = {**INSTANCE, **lacks}
    with pytest.raises(AnsibleFilterError, match=f"does not report the {what} of the instance train-1"):
        replacement_options(row)
    assert replacement_problem([row], "7f") == f"the API does not report its {what}"


def test_only_a_live_instance_with_a_name_of_its_own_can_be_replaced() -> None:
    others = [
        {"id": "8", "name": "train-2", "status": "active"},
        {"id": "9", "name": "train-1", "status": "terminated"},
    ]
    assert replacement_problem([*others, INSTANCE], "7f") == ""
    twin = {"id": "10", "name": "train-1", "status": "booting"}
    assert replacement_problem([INSTANCE, twin], "7f") == "the name train-1 is also used by 10"
    for account in ([], others, [{**INSTANCE, "status": "terminating"}]):
        assert replacement_problem(account, "7f") == "the account has no live instance of this id"


@pytest.mark.parametrize("row", [None, "7f", [INSTANCE], {"name": "train-1"}])
def test_what_is_no_instance_is_refused(row: t.Any) -> None:
    with pytest.raises(AnsibleFilterError, match="an instance"):
        replacement_options(row)


@pytest.mark.parametrize(
    ("row", "image"),
    [
        ({}, ""),
        ({"image": None, "tags": None}, ""),
        ({"tags": [{"key": "lambdal-cloud-image", "value": "lambda-stack-22-04"}]}, "lambda-stack-22-04"),
        # What the API tells counts most, should it tell.
        ({"image": {"id": "i1"}, "tags": [{"key": "lambdal-cloud-image", "value": "lambda-stack-22-04"}]}, "i1"),
        ({"image": {"family": "ubuntu-24-04"}}, "ubuntu-24-04"),
        ({"image": "i1"}, ""),
    ],
)
def test_the_image_is_the_same_where_it_is_known(row: dict[str, t.Any], image: str) -> None:
    assert replacement_image({**INSTANCE, **row}) == image
    options = replacement_options({**INSTANCE, **row})
    assert options.get("image", "") == image
    assert "tags" not in options, "the launch gives this tag again by itself"


@pytest.mark.parametrize("image", ["i1", "lambda-stack-22-04"])
def test_an_image_that_is_gone_is_a_problem(image: str) -> None:
    row = {**INSTANCE, "tags": [{"key": "lambdal-cloud-image", "value": image}]}
    there = [{"id": "i1", "family": "lambda-stack-22-04", "region": {"name": "us-east-1"}}]
    elsewhere = [{**there[0], "region": {"name": "us-west-1"}}, {"id": "i2", "region": {"name": "us-east-1"}}]
    assert replacement_problem([row], "7f") == ""
    assert replacement_problem([row], "7f", images=there) == ""
    assert (
        replacement_problem([row], "7f", images=elsewhere)
        == f"its image {image} can no longer be launched in us-east-1"
    )
    assert replacement_problem([INSTANCE], "7f", images=[]) == ""
