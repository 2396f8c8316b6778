# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""File systems."""

from __future__ import annotations

from pathlib import Path

from simulator_support import LAUNCH, Api, serving, until

WRONG_REGION = (400, "instance-operations/launch/file-system-in-wrong-region")


def test_a_file_system_decides_the_region(any_api: Api) -> None:
    any_api.key()
    body = {**LAUNCH, "file_system_names": ["checkpoints"]}
    assert any_api.refused("POST", "/instance-operations/launch", body) == WRONG_REGION
    instance_id = any_api.launch(file_system_names=["checkpoints"], region_name="us-west-1")
    assert any_api.instance(instance_id)["file_system_names"] == ["checkpoints"]


def test_the_default_mount_point_moved(api: Api, old_api: Api) -> None:
    def points(one: Api) -> set[str]:
        return {row["mount_point"] for row in one.get("/file-systems")}

    assert points(old_api) == {"/home/ubuntu/datasets", "/home/ubuntu/checkpoints"}
    assert points(api) == {"/lambda/nfs/datasets", "/lambda/nfs/checkpoints"}


def test_types_that_mount_none(api: Api, old_api: Api) -> None:
    launch = {"instance_type_name": "gpu_1x_rtx6000", "region_name": "us-south-1", "file_system_names": ["old"]}
    for each, code in (
        (api, "global/invalid-parameters"),
        (old_api, "instance-operations/launch/file-systems-not-supported"),
    ):
        each.key()
        each.control("POST", "/file-systems", {"name": "old", "region": "us-south-1"})
        assert each.refused("POST", "/instance-operations/launch", {**LAUNCH, **launch}) == (400, code)


def test_creating_and_deleting_have_a_path_of_their_own(api: Api) -> None:
    made = api.post("/filesystems", name="scratch", region="us-east-1")
    assert made["is_in_use"] is False
    assert made in api.get("/file-systems")
    assert api.ask("POST", "/file-systems", {"name": "a", "region": "us-east-1"}).status_code == 405
    assert api.delete(f"/filesystems/{made['id']}") == {"deleted_ids": [made["id"]]}
    assert api.refused("DELETE", f"/filesystems/{made['id']}") == (404, "global/object-does-not-exist")


def test_bad_file_systems(api: Api) -> None:
    for name in ("", "1a", "a_b", "a" * 61, "ä"):
        body = {"name": name, "region": "us-east-1"}
        assert api.refused("POST", "/filesystems", body) == (400, "global/invalid-parameters")
    assert api.refused("POST", "/filesystems", {"name": "a", "region": "mars-1"}) == (400, "global/invalid-parameters")
    assert api.refused("POST", "/filesystems", {"name": "datasets", "region": "us-east-1"}) == (400, "global/duplicate")


def test_mounts(api: Api) -> None:
    api.key()
    ids = {row["name"]: row["id"] for row in api.get("/file-systems")}
    ids["scratch"] = api.post("/filesystems", name="scratch", region="us-east-1")["id"]
    mount = {"file_system_id": ids["scratch"], "mount_point": "/data/scratch"}
    row = api.instance(api.launch(file_system_names=["datasets"], file_system_mounts=[mount]))
    assert row["file_system_names"] == ["datasets", "scratch"]
    assert row["file_system_mounts"] == [
        {"file_system_id": ids["datasets"], "mount_point": "/lambda/nfs/datasets"},
        mount,
    ]
    assert "file_system_mounts" not in api.instance(api.launch())
    for change, refusal in (
        ({"file_system_id": "none"}, (404, "global/object-does-not-exist")),
        ({"file_system_id": ids["checkpoints"]}, WRONG_REGION),
        ({"mount_point": "/etc"}, (400, "global/invalid-parameters")),
        ({"mount_point": "/lambda/nfs/datasets"}, (400, "global/invalid-parameters")),
    ):
        body = {**LAUNCH, "file_system_names": ["datasets"], "file_system_mounts": [{**mount, **change}]}
        assert api.refused("POST", "/instance-operations/launch", body) == refusal


def test_one_in_use_stays(api: Api) -> None:
    api.key()
    instance_id = api.launch(file_system_names=["datasets"])
    used = next(row for row in api.get("/file-systems") if row["name"] == "datasets")
    assert used["is_in_use"]
    assert api.refused("DELETE", f"/filesystems/{used['id']}") == (400, "filesystems/filesystem-in-use")
    api.post("/instance-operations/terminate", instance_ids=[instance_id])
    until(lambda: api.ask("DELETE", f"/filesystems/{used['id']}").status_code == 200)


def test_a_quota(tmp_path: Path) -> None:
    scenario = tmp_path / "scenario.yaml"
    scenario.write_text("quotas: {file_systems: 3}\n")
    with serving(tmp_path, "--scenario", str(scenario)) as api:
        api.post("/filesystems", name="third", region="us-east-1")
        body = {"name": "fourth", "region": "us-east-1"}
        assert api.refused("POST", "/filesystems", body) == (400, "global/quota-exceeded")
