# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Nothing is not everything: a list that is not given selects all, an empty one selects nothing, a glob is no name."""

from __future__ import annotations

import typing as t

import pytest
from lambda_cloud_simulator.testing import Simulator
from support.runner import Modules

LISTS = [
    ("lambda_instance_info", "instances", ["name", "id", "status", "region", "instance_type"]),
    ("lambda_instance_type_info", "instance_types", ["name", "region", "gpu_model"]),
    ("lambda_ssh_key_info", "ssh_keys", ["name", "id"]),
    ("lambda_file_system_info", "file_systems", ["name", "id", "region"]),
    ("lambda_image_info", "images", ["family", "region", "id"]),
    ("lambda_region_info", "regions", ["name"]),
    ("lambda_firewall_ruleset_info", "firewall_rulesets", ["name", "id", "region"]),
]


@pytest.mark.parametrize(("module", "returns", "option"), [(m, r, o) for m, r, options in LISTS for o in options])
def test_an_empty_list_selects_nothing(
    simulator: Simulator, modules: Modules, module: str, returns: str, option: str
) -> None:
    simulator.seed_instance("prod")
    simulator.seed_ssh_key("laptop")
    simulator.seed_ruleset("web")
    simulator.call_api("POST", "/filesystems", {"name": "data", "region": "us-east-1"})
    assert modules.run(module)[returns]
    assert modules.run(module, **{option: []})[returns] == []


def test_what_an_empty_selection_found_ends_nothing(simulator: Simulator, modules: Modules) -> None:
    simulator.seed_instance("prod")
    found = modules.run("lambda_instance_info", name=[])
    done = modules.run("lambda_instance", state="absent", id=[row["id"] for row in found["instances"]])
    assert not done.changed
    assert list(simulator.live()) == ["prod"]


@pytest.mark.parametrize("state", ["present", "absent", "restarted"])
@pytest.mark.parametrize("name", ["train-*", "train-{1..3}"])
def test_a_glob_is_refused_where_names_are_wanted(
    simulator: Simulator, modules: Modules, state: str, name: str
) -> None:
    simulator.seed_instance("train-1")
    options: dict[str, t.Any] = {"instance_type": ["gpu_1x_a10"], "region": ["us-east-1"], "ssh_key": "laptop"}
    done = modules.run("lambda_instance", name=[name], state=state, **options)
    assert done.failed
    assert "is a pattern" in done["msg"]
    assert simulator.operations() == []
    assert list(simulator.live()) == ["train-1"]


def test_empty_tags_are_refused(simulator: Simulator, modules: Modules) -> None:
    simulator.seed_instance("prod")
    done = modules.run("lambda_instance_info", tags={})
    assert done.failed
    assert "tags is empty" in done["msg"]
