# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where instances are launched, and with what."""

from __future__ import annotations

import json
import threading
import time
import typing as t

import pytest
from lambda_cloud_simulator.testing import Simulator
from support.runner import Modules
from support.samples import LAUNCH, WAIT

OPTIONS: dict[str, t.Any] = {"ssh_key": "laptop", **WAIT}


pytestmark = pytest.mark.usefixtures("laptop")


def place(row: dict[str, t.Any]) -> tuple[str, str]:
    return row["instance_type"]["name"], row["region"]["name"]


@pytest.mark.parametrize(
    ("prefer", "expected"),
    [
        ("type", ("gpu_1x_a100_sxm4", "us-west-2")),
        ("region", ("gpu_1x_a10", "us-west-1")),
        ("price", ("gpu_1x_a10", "us-west-1")),
    ],
)
def test_what_is_preferred_decides(
    simulator: Simulator, modules: Modules, prefer: str, expected: tuple[str, str]
) -> None:
    options = {"instance_type": ["gpu_1x_a100_sxm4", "gpu_1x_a10"], "region": ["us-west-1", "us-west-2"]}
    predicted = modules.run("lambda_instance", check=True, name=["a"], prefer=prefer, **options, **OPTIONS)
    done = modules.run("lambda_instance", name=["a"], prefer=prefer, **options, **OPTIONS)
    assert done.changed
    assert place(simulator.live()["a"]) == expected
    assert predicted["diff"] == done["diff"]


def test_one_region_is_decided_for_all(simulator: Simulator, modules: Modules) -> None:
    # The first instance alone would go to us-east-1, where there is nothing for the second.
    simulator.set_capacity(gpu_1x_a10={"us-east-1": 1, "us-west-1": 5}, cpu_4x_general={"us-east-1": 0, "us-west-1": 5})
    groups = [
        {"name": ["gpu"], "instance_type": ["gpu_1x_a10"]},
        {"name": ["cpu"], "instance_type": ["cpu_4x_general"]},
    ]
    done = modules.run("lambda_instance", machines=groups, same_region=True, **OPTIONS)
    assert done.changed
    assert {row["region"]["name"] for row in simulator.live().values()} == {"us-west-1"}


def test_one_region_is_that_of_the_instance_that_exists(simulator: Simulator, modules: Modules) -> None:
    simulator.seed_instance("a", region="us-west-1")
    done = modules.run("lambda_instance", name=["a", "b"], instance_type=["gpu_1x_a10"], same_region=True, **OPTIONS)
    assert done.changed
    assert simulator.live()["b"]["region"]["name"] == "us-west-1"


def test_one_region_that_runs_out_is_not_left(simulator: Simulator, modules: Modules) -> None:
    simulator.set_capacity(gpu_1x_a10={"us-east-1": 1, "us-west-1": 1})
    done = modules.run("lambda_instance", name=["a", "b"], instance_type=["gpu_1x_a10"], same_region=True, **OPTIONS)
    assert done.failed
    assert "Launched 1 of 2 instances" in done["msg"]
    assert [row["region"]["name"] for row in simulator.live().values()] == ["us-east-1"]


def test_instances_in_two_regions_cannot_be_in_one(simulator: Simulator, modules: Modules) -> None:
    for name, region in (("a", "us-east-1"), ("b", "us-west-1")):
        simulator.seed_instance(name, region=region)
    options = {"instance_type": ["gpu_1x_a10"], "same_region": True, **OPTIONS}
    done = modules.run("lambda_instance", name=["a", "b", "c"], **options)
    assert "some are in us-east-1 and us-west-1" in done["msg"]
    assert set(simulator.live()) == {"a", "b"}
    # With nothing to launch there is nothing to decide.
    assert not modules.run("lambda_instance", name=["a", "b"], **options).changed


def test_capacity_is_looked_for_until_it_appears(simulator: Simulator, modules: Modules) -> None:
    simulator.set_capacity(gpu_1x_a10={"us-east-1": 0, "us-west-1": 0})
    arrival = threading.Timer(1.5, lambda: simulator.set_capacity(gpu_1x_a10={"us-west-1": 1}))
    arrival.start()
    done = modules.run("lambda_instance", name=["a"], instance_type=["gpu_1x_a10"], capacity_timeout=30, **OPTIONS)
    arrival.join()
    assert done.changed
    assert place(simulator.live()["a"]) == ("gpu_1x_a10", "us-west-1")
    operations = simulator.operations()
    assert operations.count("launch") == 1
    assert operations.count("list_instance_types") > 2


def test_capacity_that_the_list_promises_in_vain_is_looked_for(simulator: Simulator, modules: Modules) -> None:
    simulator.add_fault("no-capacity", "launch", times=2)
    done = modules.run("lambda_instance", name=["a"], capacity_timeout=30, **LAUNCH)
    assert done.changed
    assert simulator.operations() == [
        "list_instances",
        *["launch", "list_instance_types"] * 2,
        "launch",
        "list_instances",
    ]
    refused = "instance-operations/launch/insufficient-capacity"
    assert [each.get("refused") for each in done["placements"]] == [refused, refused, None]


def test_an_instance_without_capacity_keeps_no_other_waiting(simulator: Simulator, modules: Modules) -> None:
    simulator.set_capacity(gpu_1x_a100={"us-south-1": 0})
    groups = [
        {"name": ["scarce"], "instance_type": ["gpu_1x_a100"]},
        {"name": ["common"], "instance_type": ["gpu_1x_a10"]},
    ]
    done = modules.run("lambda_instance", machines=groups, capacity_timeout=1, **OPTIONS)
    assert done.failed
    assert "Launched 1 of 2 instances. There is no capacity for 'scarce' now" in done["msg"]
    assert list(simulator.live()) == ["common"]
    assert done["failure"]["code"] == "instance-operations/launch/insufficient-capacity"


def test_no_capacity_within_the_time_given_fails(simulator: Simulator, modules: Modules) -> None:
    simulator.set_capacity(gpu_1x_a10={"us-east-1": 0, "us-west-1": 0})
    begin = time.monotonic()
    done = modules.run("lambda_instance", name=["a"], instance_type=["gpu_1x_a10"], capacity_timeout=1, **OPTIONS)
    assert done.failed
    assert "no capacity for 'a' now: gpu_1x_a10 in any region" in done["msg"]
    assert time.monotonic() - begin >= 0.9
    # What is only tried out cannot wait: it tells where the instance would best go.
    predicted = modules.run(
        "lambda_instance", check=True, name=["a"], instance_type=["gpu_1x_a10"], capacity_timeout=1, **OPTIONS
    )
    assert predicted.changed
    assert predicted["instances"][0]["region"]["name"] is None


def test_a_region_that_does_not_exist_is_no_want_of_capacity(simulator: Simulator, modules: Modules) -> None:
    options = {"name": ["a"], "instance_type": ["gpu_1x_a10", "gpu_1x_a100"], "region": ["mars-1"]}
    for check in (False, True):
        done = modules.run("lambda_instance", check=check, **options, **OPTIONS)
        assert done.failed
        assert "The region 'mars-1' does not exist. There are: asia-northeast-1" in done["msg"]
    assert simulator.live() == {}


@pytest.mark.parametrize(
    ("options", "reason", "asked"),
    [
        ({"region": ["mars-1"]}, "The region 'mars-1' does not exist. There are: asia-northeast-1", ["list_regions"]),
        ({"instance_type": ["gpu_9x_nope"]}, "'gpu_9x_nope', which does not exist. There are: cpu_4x_general", []),
        ({"ssh_key": "lost"}, "Could not launch a (gpu_1x_a10 in us-east-1, SSH key lost)", ["list_regions"]),
    ],
)
def test_what_the_service_refuses_of_a_single_place_is_told_with_what_there_is(
    simulator: Simulator, modules: Modules, options: dict[str, t.Any], reason: str, asked: list[str]
) -> None:
    simulator.seed_ssh_key("laptop")
    done = modules.run("lambda_instance", name=["a"], **{**LAUNCH, **options})
    assert reason in done["msg"]
    kind = "object-does-not-exist" if "ssh_key" in options else "invalid-parameters"
    assert done["failure"]["code"] == f"global/{kind}"
    assert simulator.operations() == ["list_instances", "launch", "list_instance_types", *asked]


def test_everything_that_a_launch_can_be_given(simulator: Simulator, modules: Modules) -> None:
    ruleset = simulator.seed_ruleset("web", "us-east-1")
    options = {
        **LAUNCH,
        "region": [],
        "file_system_mounts": [{"file_system": "datasets", "mount_point": "/data/sets"}],
        "image": "lambda-stack-24-04",
        "hostname": "head",
        "tags": {"project": "vision", "year": 2026},
        "firewall_rulesets": ["web"],
        "user_data": "#!/bin/sh\ntrue\n",
    }
    predicted = modules.run("lambda_instance", check=True, name=["a"], **options)
    assert simulator.live() == {}
    simulator.forget_requests()
    done = modules.run("lambda_instance", name=["a"], **options)
    assert done.changed
    assert predicted["diff"] == done["diff"]
    row = simulator.live()["a"]
    assert row["region"]["name"] == "us-east-1"
    assert row["hostname"] == "head"
    assert [mount["mount_point"] for mount in row["file_system_mounts"]] == ["/data/sets"]
    assert {tag["key"]: tag["value"] for tag in row["tags"]}.items() >= {"project": "vision", "year": "2026"}.items()
    assert row["firewall_rulesets"] == [{"id": ruleset}]
    launch = next(request for request in simulator.requests() if request["operation"] == "launch")
    assert launch["body"]["image"] == {"family": "lambda-stack-24-04"}
    lists = ["list_images", "list_file_systems", "list_firewall_rulesets", "list_instance_types"]
    assert simulator.operations() == ["list_instances", *lists, "launch", "list_instances"]
    simulator.forget_requests()
    assert not modules.run("lambda_instance", name=["a"], **options).changed
    assert simulator.operations() == ["list_instances", "list_firewall_rulesets"]
    simulator.forget_requests()
    assert not modules.run("lambda_instance", name=["a"], **{**options, "firewall_rulesets": [ruleset]}).changed
    assert simulator.operations() == ["list_instances"]


def test_an_image_is_taken_by_its_id_where_it_is(simulator: Simulator, modules: Modules) -> None:
    images = simulator.call_api("GET", "/images")
    elsewhere = {row["id"] for row in images if row["region"]["name"] == "us-east-1"}
    image = next(
        row
        for row in images
        if row["region"]["name"] == "us-west-1" and row["architecture"] == "x86_64" and row["id"] not in elsewhere
    )
    done = modules.run("lambda_instance", name=["a"], instance_type=["gpu_1x_a10"], image=image["id"], **OPTIONS)
    assert done.changed
    assert simulator.live()["a"]["region"]["name"] == "us-west-1"
    assert simulator.live()["a"]["image"]["id"] == image["id"]


@pytest.mark.parametrize("told", [True, False])
def test_an_image_of_many_regions_is_launched_where_the_architecture_fits(
    simulator: Simulator, modules: Modules, told: bool
) -> None:
    simulator.set_quirks(without_architecture=not told)
    rows = [row for row in simulator.call_api("GET", "/images") if row["architecture"] == "arm64"]
    ids = [row["id"] for row in rows]
    image = next(row["id"] for row in rows if row["region"]["name"] == "us-east-3" and ids.count(row["id"]) == 10)
    types = ["gpu_1x_a10", "gpu_1x_gh200"]
    done = modules.run("lambda_instance", name=["a"], instance_type=types, image=image, **OPTIONS)
    assert done["instances"][0]["instance_type"]["name"] == "gpu_1x_gh200"
    assert simulator.live()["a"]["image"]["id"] == image
    assert len([each for each in simulator.requests() if each["operation"] == "launch"]) == 1


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"image": "windows"}, "image 'windows', which is neither an id nor a family. Families: gpu-base-22-04"),
        (
            {"image": "ubuntu-24-04", "instance_type": ["gpu_1x_gh200"], "region": []},
            "fits no type that 'a' may be",
        ),
        ({"firewall_rulesets": ["none"]}, "firewall ruleset 'none', which does not exist in this account"),
        ({"firewall_rulesets": ["west"]}, "ruleset west is in us-west-1, and us-east-1 was asked for"),
        (
            {"file_systems": ["none"]},
            "file system 'none', which does not exist in this account. There are: checkpoints",
        ),
        ({"file_systems": ["checkpoints"]}, "checkpoints is in us-west-1, and us-east-1 was asked for"),
        ({"file_systems": ["checkpoints", "datasets"], "region": []}, "No region has everything"),
        ({"hostname": "Head"}, "host name 'Head'"),
        ({"hostname": "head", "name": ["a", "b"]}, "'head' goes with one name, not with 2"),
        ({"tags": {"Project": "x"}}, "the tag 'Project'"),
        ({"tags": {"project": "x" * 129}}, "129 characters for the tag 'project'"),
        ({"tags": {"lambdal-cloud-launch": "x"}}, "gives by itself"),
        ({"user_data": "#" * 1_000_001}, "user data of more than 1000000 bytes"),
        ({"file_system_mounts": [{"file_system": "datasets", "mount_point": "/etc"}]}, "mount_point"),
    ],
)
def test_what_cannot_be_had_is_told_before_anything_is_launched(
    simulator: Simulator, modules: Modules, options: dict[str, t.Any], message: str
) -> None:
    simulator.seed_ruleset("west", "us-west-1")
    done = modules.run("lambda_instance", **{"name": ["a"], **LAUNCH, **options})
    assert done.failed
    assert message in done["msg"]
    assert simulator.live() == {}


def test_two_keys_of_one_name_are_told(simulator: Simulator, modules: Modules) -> None:
    ids = [simulator.seed_ssh_key("twin"), simulator.seed_ssh_key("twin")]
    done = modules.run("lambda_instance", name=["a"], **{**LAUNCH, "ssh_key": "twin"})
    assert done.failed
    assert "2 SSH keys are named 'twin'" in done["msg"]
    assert all(key_id in done["msg"] for key_id in ids)
    assert done["failure"]["code"] == "global/unknown"
    assert simulator.operations() == ["list_instances", "launch", "list_ssh_keys"]


def test_what_does_not_exist_yet_is_warned_of_when_trying_out(simulator: Simulator, modules: Modules) -> None:
    options = {**LAUNCH, "ssh_key": "new", "file_systems": ["data"], "firewall_rulesets": ["web"]}
    done = modules.run("lambda_instance", check=True, name=["a", "b"], **options)
    assert done.changed
    assert [row["name"] for row in done["launched"]] == ["a", "b"]
    warnings = json.dumps(done["warnings"])
    for what in ("SSH key 'new'", "file system 'data'", "firewall ruleset 'web'"):
        assert warnings.count(f"There is no {what} yet; without it the launch will be refused.") == 1
    options["assume_created"] = ["new", "data", "web"]
    assert not modules.run("lambda_instance", check=True, name=["a", "b"], **options).result.get("warnings")
    # Only check mode takes somebody's word for it.
    assert "which does not exist in this account" in modules.run("lambda_instance", name=["a"], **options)["msg"]
    assert simulator.live() == {}


def test_a_file_system_is_mounted_by_its_id_once(simulator: Simulator, modules: Modules) -> None:
    (data,) = (row["id"] for row in simulator.state()["file_systems"] if row["name"] == "datasets")
    options = {**LAUNCH, "file_system_mounts": [{"file_system": data, "mount_point": "/data/sets"}]}
    assert modules.run("lambda_instance", name=["a"], **options).changed
    assert not modules.run("lambda_instance", name=["a"], **options).changed
    # Where the API takes names, an id is none.
    refused = modules.run("lambda_instance", name=["b"], **{**LAUNCH, "file_systems": [data]})
    assert f"file system '{data}', which does not exist in this account" in refused["msg"]
    assert list(simulator.live()) == ["a"]


class TestOldest:
    """Version 1.5.3 of the API."""

    @pytest.fixture
    def modules(self, oldest: Simulator, modules: Modules) -> Modules:
        oldest.seed_ssh_key("laptop")
        return modules.on(oldest)

    def test_what_it_knows_works(self, oldest: Simulator, modules: Modules) -> None:
        options = {**LAUNCH, "file_systems": ["datasets"]}
        predicted = modules.run("lambda_instance", check=True, name=["a", "b"], **options)
        done = modules.run("lambda_instance", name=["a", "b"], **options)
        assert predicted["diff"] == done["diff"]
        assert set(oldest.live()) == {"a", "b"}
        assert not modules.run("lambda_instance", name=["a", "b"], **options).changed
        assert modules.run("lambda_instance", name=["a", "b"], state="restarted", **OPTIONS).changed
        assert modules.run("lambda_instance", name=["a", "b"], state="absent", wait_interval=0.05).changed
        assert oldest.live() == {}

    @pytest.mark.parametrize(
        "options",
        [
            {"image": "lambda-stack-24-04"},
            {"firewall_rulesets": ["web"]},
            {"tags": {"project": "vision"}},
            {"hostname": "head"},
            {"user_data": "#!/bin/sh"},
            {"file_system_mounts": [{"file_system": "datasets", "mount_point": "/data/sets"}]},
        ],
    )
    def test_what_it_lacks_is_told_with_the_version(
        self, oldest: Simulator, modules: Modules, options: dict[str, t.Any]
    ) -> None:
        for check in (True, False):
            done = modules.run("lambda_instance", check=check, name=["a"], **LAUNCH, **options)
            assert done.failed
            assert "that needs version 1.10.0 of the API" in done["msg"]
        assert oldest.live() == {}

    def test_it_cannot_rename(self, oldest: Simulator, modules: Modules) -> None:
        instance_id = oldest.seed_instance("a")
        for check in (True, False):
            done = modules.run("lambda_instance", check=check, id=[instance_id], name=["b"])
            assert done.failed
            assert "that needs version 1.10.0 of the API" in done["msg"]
        assert list(oldest.live()) == ["a"]
