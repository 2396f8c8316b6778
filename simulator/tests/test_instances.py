# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Launch, life and end of instances."""

from __future__ import annotations

import time
import typing as t
from pathlib import Path

from simulator_support import LAUNCH, Api, serving, until

MISSING = (404, "global/object-does-not-exist")
INVALID = (400, "global/invalid-parameters")
LAUNCHING = "launch"


def refused(api: Api, **changes: t.Any) -> tuple[int, str]:
    return api.refused("POST", "/instance-operations/launch", {**LAUNCH, **changes})


def test_a_life(any_api: Api) -> None:
    any_api.key()
    instance_id = any_api.launch(name="train-1")
    booting = any_api.instance(instance_id)
    assert booting["status"] == "booting"
    assert booting["name"] == "train-1"
    assert booting["ssh_key_names"] == ["laptop"]
    assert booting["region"]["name"] == "us-east-1"
    assert booting["instance_type"]["name"] == "gpu_1x_a10"
    active = any_api.until(instance_id, "active")
    until(lambda: bool(any_api.instance(instance_id).get("ip")))
    assert any_api.instance(instance_id)["jupyter_token"] in any_api.instance(instance_id)["jupyter_url"]
    assert [row["id"] for row in any_api.get("/instances")] == [instance_id]
    answer = any_api.post("/instance-operations/terminate", instance_ids=[instance_id])
    assert [row["status"] for row in answer["terminated_instances"]] == ["terminating"]
    assert any_api.instance(instance_id)["status"] == "terminating"
    until(lambda: any_api.ask("GET", f"/instances/{instance_id}").status_code == 404)
    assert any_api.refused("GET", f"/instances/{instance_id}") == MISSING
    assert any_api.get("/instances") == []
    assert active["instance_type"]["price_cents_per_hour"] == 75


def test_a_boot_that_takes_no_time_is_over_at_once(tmp_path: Path) -> None:
    with serving(tmp_path, "--boot-time", "0") as api:
        api.key()
        api.launch()
        (row,) = api.get("/instances")
        assert row["status"] == "active"
        assert row["ip"]
        api.post("/instance-operations/restart", instance_ids=[row["id"]])
        assert api.get("/instances")[0]["status"] == "active"


def test_boot_takes_its_types_time(tmp_path: Path) -> None:
    with serving(tmp_path, "--time-scale", "300") as api:
        api.key()
        begin = time.monotonic()
        small = api.launch()
        api.control("PUT", "/capacity", {"gpu_8x_a100": {"us-east-1": 1}})
        large = api.launch(instance_type_name="gpu_8x_a100")
        api.until(small, "active")
        assert time.monotonic() - begin >= 180 / 300
        assert api.instance(large)["status"] == "booting"
        api.until(large, "active")
        assert time.monotonic() - begin >= 900 / 300


def test_fields_that_are_not_there(api: Api, old_api: Api) -> None:
    for each in (api, old_api):
        each.control("POST", "/instances", {"name": None, "status": "booting"})
    (new,), (old,) = api.get("/instances"), old_api.get("/instances")
    for field in ("name", "ip", "hostname", "jupyter_token", "jupyter_url"):
        assert field not in new
        assert old[field] is None
    assert "private_ip" not in old
    api.set_quirks(empty_fields="null")
    old_api.set_quirks(empty_fields="missing")
    assert api.get("/instances")[0]["private_ip"] is None
    assert "ip" not in old_api.get("/instances")[0]


def test_fields_that_nobody_described(any_api: Api) -> None:
    any_api.control("POST", "/instances", {"extra": {"colour": "blue"}})
    (row,) = any_api.get("/instances")
    assert row["workspace_id"]
    assert row["is_reserved"] is False
    assert row["colour"] == "blue"


def test_prices_can_be_strings(any_api: Api) -> None:
    any_api.set_quirks(prices_as_strings=True)
    shown = any_api.get("/instance-types")["gpu_1x_a10"]["instance_type"]
    assert shown["price_cents_per_hour"] == "75"


def test_names_collide(any_api: Api) -> None:
    any_api.key()
    assert any_api.launch(name="twin") != any_api.launch(name="twin")
    assert [row["name"] for row in any_api.get("/instances")] == ["twin", "twin"]


def test_a_launch_that_names_what_is_not_there(any_api: Api) -> None:
    assert refused(any_api) == MISSING
    any_api.key()
    assert refused(any_api, region_name="mars-1") == INVALID
    assert refused(any_api, instance_type_name="gpu_9x") == INVALID
    assert refused(any_api, file_system_names=["none"]) == MISSING
    assert any_api.get("/instances") == []


def test_limits_of_a_launch(api: Api, old_api: Api) -> None:
    for each in (api, old_api):
        each.key()
        assert refused(each, ssh_key_names=[]) == INVALID
        assert refused(each, ssh_key_names=["laptop", "laptop"]) == INVALID
        assert refused(each, quantity=2) == INVALID
        assert refused(each, name="a" * 65) == INVALID
        each.launch(quantity=1)
    assert refused(old_api, name="") == INVALID
    assert refused(old_api, quantity=0) == INVALID
    assert refused(old_api, file_system_names=["datasets", "datasets"]) == INVALID
    old_api.launch(name=None)
    assert "name" not in api.instance(api.launch(name=""))
    assert refused(api, name=None) == INVALID
    for hostname in ("", "a" * 64, "Upper", "-a", "a_b"):
        assert refused(api, hostname=hostname) == INVALID
    assert refused(api, user_data="é" * 500_001) == INVALID
    assert refused(api, tags=[{"key": "Upper", "value": ""}]) == INVALID
    assert refused(api, tags=[{"key": "role", "value": "a" * 129}]) == INVALID


def test_what_only_the_newest_version_takes(api: Api, old_api: Api) -> None:
    more = {"hostname": "head-1", "user_data": "#!/bin/sh", "tags": [{"key": "role", "value": "Head"}]}
    for each in (api, old_api):
        each.key()
        each.launch(**more)
    (new,), (old,) = api.get("/instances"), old_api.get("/instances")
    assert new["hostname"] == "head-1"
    assert new["tags"] == more["tags"]
    assert "user_data" not in new
    assert "tags" not in old
    assert old["hostname"] != "head-1"


def test_capacity(any_api: Api) -> None:
    def regions() -> list[str]:
        found = any_api.get("/instance-types")["gpu_1x_a10"]["regions_with_capacity_available"]
        return [region["name"] for region in found]

    any_api.key()
    any_api.control("PUT", "/capacity", {"gpu_1x_a10": {"us-east-1": 1}})
    assert regions() == ["us-east-1", "us-west-1"]
    instance_id = any_api.launch()
    assert regions() == ["us-west-1"]
    none = (400, "instance-operations/launch/insufficient-capacity")
    assert refused(any_api) == none
    assert refused(any_api, instance_type_name="gpu_8x_h100_sxm5") == none
    any_api.post("/instance-operations/terminate", instance_ids=[instance_id])
    assert regions() == ["us-east-1", "us-west-1"]


def test_the_list_of_capacity_can_be_wrong(any_api: Api) -> None:
    any_api.key()
    any_api.add_fault("no-capacity", "launch")
    assert "us-east-1" in str(any_api.get("/instance-types")["gpu_1x_a10"]["regions_with_capacity_available"])
    assert refused(any_api) == (400, "instance-operations/launch/insufficient-capacity")
    any_api.launch()


def test_the_list_can_be_wrong_by_chance_and_a_seed_repeats_it(any_api: Api) -> None:
    def outcomes() -> list[int]:
        any_api.reset()
        any_api.control("POST", "/ssh-keys", {"name": "laptop", "public_key": "ssh-ed25519 AAAA"})
        any_api.set_quirks(capacity_refusals=0.3)
        return [any_api.ask("POST", "/instance-operations/launch", LAUNCH).status_code for _ in range(30)]

    first = outcomes()
    assert set(first) == {200, 400}
    assert outcomes() == first


def test_one_bad_id_fails_the_whole_terminate(any_api: Api) -> None:
    any_api.key()
    instance_id = any_api.launch()
    assert any_api.refused("POST", "/instance-operations/terminate", {"instance_ids": [instance_id, "none"]}) == MISSING
    assert any_api.instance(instance_id)["status"] in ("booting", "active")


def test_terminating_twice(any_api: Api) -> None:
    any_api.control("POST", "/instances", {"status": "terminating"})
    body = {"instance_ids": [any_api.get("/instances")[0]["id"]]}
    assert any_api.refused("POST", "/instance-operations/terminate", body) == (500, "global/unknown")
    any_api.set_quirks(terminate_twice="accepted")
    rows = any_api.post("/instance-operations/terminate", **body)["terminated_instances"]
    assert [row["status"] for row in rows] == ["terminating"]


def test_restart(api: Api, old_api: Api) -> None:
    for each in (api, old_api):
        each.key()
        instance_id = each.launch()
        status, code = each.refused("POST", "/instance-operations/restart", {"instance_ids": [instance_id]})
        assert (status, code) == ((409, "global/conflict") if each is api else INVALID)
        each.until(instance_id, "active")
        rows = each.post("/instance-operations/restart", instance_ids=[instance_id])["restarted_instances"]
        assert [row["status"] for row in rows] == ["booting"]
        each.until(instance_id, "active")
        assert each.refused("POST", "/instance-operations/restart", {"instance_ids": ["none"]}) == MISSING


def test_rename(api: Api) -> None:
    api.key()
    instance_id = api.launch(name="before")
    assert api.post(f"/instances/{instance_id}", name="after")["name"] == "after"
    assert api.post(f"/instances/{instance_id}")["name"] == "after"
    assert "name" not in api.post(f"/instances/{instance_id}", name="")
    assert api.refused("POST", f"/instances/{instance_id}", {"name": "a" * 65}) == INVALID
    assert api.refused("POST", "/instances/none", {"name": "a"}) == MISSING


def test_images(api: Api) -> None:
    api.key()
    images = api.get("/images")
    families = {image["family"] for image in images}
    assert families >= {"lambda-stack-22-04", "gpu-base-24-04", "ubuntu-24-04"}
    ids_here = {image["id"] for image in images if image["region"]["name"] == "us-east-1"}
    here = next(
        image for image in images if image["region"]["name"] == "us-east-1" and image["architecture"] == "x86_64"
    )
    there = next(image for image in images if image["id"] not in ids_here)
    api.launch(image={"id": here["id"]})
    api.launch(image={"family": "lambda-stack-24-04"})
    assert refused(api, image={"id": there["id"]}) == INVALID
    assert refused(api, image={"id": "none"}) == MISSING
    assert refused(api, image={"family": "none"}) == MISSING
    assert refused(api, image={}) == INVALID
    arm = {"region_name": "us-east-3", "instance_type_name": "gpu_1x_gh200"}
    assert refused(api, **arm, image={"family": "ubuntu-24-04"}) == INVALID
    api.launch(**arm, image={"family": "lambda-stack-24-04"})


def test_the_default_account_is_believable(any_api: Api) -> None:
    types = any_api.get("/instance-types")
    assert len(types) == 21
    assert types["cpu_4x_general"]["instance_type"]["specs"]["gpus"] == 0
    assert types["gpu_8x_h100_sxm5"]["regions_with_capacity_available"] == []
    state = any_api.state()
    assert min(state["capacity"]["gpu_1x_a10"][region] for region in ("us-east-1", "us-west-1")) >= 40
    assert state["instances"] == []
    assert state["ssh_keys"] == []
    assert len({row["region"]["name"] for row in any_api.get("/file-systems")}) == 2


def test_a_quota(tmp_path: Path) -> None:
    scenario = tmp_path / "scenario.yaml"
    scenario.write_text("quotas: {instances: 1}\nssh_keys: [{name: laptop}]\n")
    with serving(tmp_path, "--scenario", str(scenario)) as api:
        api.launch()
        assert refused(api) == (400, "global/quota-exceeded")


def test_tags_can_be_left_out(api: Api) -> None:
    api.key()
    instance_id = api.launch(tags=[{"key": "project", "value": "vision"}])
    assert api.instance(instance_id)["tags"] == [{"key": "project", "value": "vision"}]
    api.set_quirks(without_tags=True)
    assert "tags" not in api.instance(instance_id)
