# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What people with an account saw of the service in 2026, fact by fact, and the scenario that has all of it."""

from __future__ import annotations

import socket
import typing as t
from collections import Counter
from pathlib import Path

import pytest
import requests
from simulator_support import LAUNCH, USER_AGENT, Api, serving, until

from lambda_cloud_simulator.account.clock import Clock
from lambda_cloud_simulator.account.scenario import load
from lambda_cloud_simulator.hosts.none import NoHosts
from lambda_cloud_simulator.simulator import SimulatorState

SCENARIO = Path(__file__).parents[1] / "scenarios" / "live-2026.yml"
PORT = 2231
IN_USE = (400, "filesystems/filesystem-in-use")


def answers_ssh(ip: str) -> bool:
    try:
        with socket.create_connection((ip, PORT), timeout=1) as connection:
            return connection.recv(4) == b"SSH-"
    except OSError:
        return False


@pytest.mark.parametrize("order", [("address", "ssh", "active"), ("active", "address", "ssh")])
def test_address_ssh_and_status_come_in_an_order(tmp_path: Path, order: tuple[str, ...]) -> None:
    options = ("--hosts", "local", "--ssh-port", str(PORT), "--time-scale", "20", "--boot-time", "40", "--seed", "1")
    with serving(tmp_path, *options) as api:
        api.set_quirks(boot_order=order)
        api.key()
        instance_id = api.launch()
        seen: list[set[str]] = []

        def everything_came() -> bool:
            row = api.instance(instance_id)
            # What the row says was so before SSH was tried.
            came = {"address"} if row.get("ip") else set()
            came |= {"active"} if row["status"] == "active" else set()
            came |= {"ssh"} if row.get("ip") and answers_ssh(row["ip"]) else set()
            if came not in seen:
                seen.append(came)
            return len(came) == 3

        until(everything_came)
        assert seen == [set(order[:count]) for count in range(4)]


def test_the_address_comes_long_before_the_status(tmp_path: Path) -> None:
    with serving(tmp_path, "--time-scale", "100", "--seed", "1") as api:
        api.key()
        begin = api.state()["now"]
        instance_id = api.launch()
        until(lambda: "ip" in api.instance(instance_id))
        assert api.instance(instance_id)["status"] == "booting"
        address = api.state()["now"] - begin
        api.until(instance_id, "active")
        active = api.state()["now"] - begin
        assert address < active / 2
        assert api.instance(instance_id)["private_ip"]


def test_a_key_in_use_is_refused_in_the_words_of_the_service(any_api: Api) -> None:
    key = any_api.key()
    instance_id = any_api.launch()
    answer = any_api.ask("DELETE", f"/ssh-keys/{key['id']}")
    assert answer.status_code == 400
    assert answer.json()["error"]["message"] == "Key is currently in use, cannot delete"
    assert answer.json()["error"]["code"] == "ssh-keys/key-in-use"
    any_api.set_quirks(key_in_use_code="global/invalid-parameters")
    assert any_api.refused("DELETE", f"/ssh-keys/{key['id']}") == (400, "global/invalid-parameters")
    assert len(any_api.get("/ssh-keys")) == 1
    any_api.post("/instance-operations/terminate", instance_ids=[instance_id])
    any_api.delete(f"/ssh-keys/{key['id']}")


def test_a_key_in_use_can_be_deleted_by_order(any_api: Api) -> None:
    key = any_api.key()
    instance_id = any_api.launch()
    any_api.set_quirks(keys_in_use="deleted")
    any_api.delete(f"/ssh-keys/{key['id']}")
    assert any_api.get("/ssh-keys") == []
    assert any_api.instance(instance_id)["ssh_key_names"] == ["laptop"]


def test_types_tell_their_architecture(api: Api, old_api: Api) -> None:
    def architectures(one: Api) -> dict[str, t.Any]:
        types = one.get("/instance-types").items()
        return {name: offer["instance_type"].get("architecture") for name, offer in types}

    found = architectures(api)
    assert {name for name, each in found.items() if each == "arm64"} == {"gpu_1x_gh200"}
    assert set(found.values()) == {"arm64", "x86_64"}
    api.seed_instance("a", instance_type="gpu_1x_gh200", region="us-east-3")
    assert api.get("/instances")[0]["instance_type"]["architecture"] == "arm64"
    assert set(architectures(old_api).values()) == {None}
    api.set_quirks(without_architecture=True)
    assert set(architectures(api).values()) == {None}
    assert "architecture" not in api.get("/instances")[0]["instance_type"]


def test_an_image_id_stands_in_many_regions_and_a_version_has_several_ids(api: Api) -> None:
    images = api.get("/images")
    assert (len(images), len({row["id"] for row in images})) == (259, 124)
    assert max(Counter(row["id"] for row in images).values()) == 10
    ids: dict[tuple[str, str], set[str]] = {}
    for row in images:
        ids.setdefault((row["family"], row["name"]), set()).add(row["id"])
    assert all(len(each) > 1 for each in ids.values())
    # Such an image can be launched in each of its regions.
    (shared, _count), *_rest = Counter(row["id"] for row in images if row["architecture"] == "x86_64").most_common()
    places = [row["region"]["name"] for row in images if row["id"] == shared]
    assert len(places) == 10
    api.key()
    api.set_capacity(gpu_1x_a10=dict.fromkeys(places, 1))
    for region in places:
        api.launch(region_name=region, image={"id": shared})


def test_the_default_image_differs_by_region(api: Api) -> None:
    api.key()
    api.set_capacity(gpu_1x_a10={"us-southeast-1": 1})
    launched = {
        "us-southeast-1": api.launch(region_name="us-southeast-1"),
        "us-east-1": api.launch(),
        "named": api.launch(image={"family": "ubuntu-22-04"}),
    }
    families = {row["id"]: row["image"]["family"] for row in api.state()["instances"]}
    assert {what: families[each] for what, each in launched.items()} == {
        "us-southeast-1": "lambda-stack-24-04",
        "us-east-1": "lambda-stack-22-04",
        "named": "ubuntu-22-04",
    }
    # The API does not tell.
    assert all("image" not in row for row in api.get("/instances"))


def test_instances_tell_workspace_and_reservation(any_api: Api) -> None:
    any_api.seed_instance("bought", is_reserved=True)
    any_api.seed_instance("hired")
    rows = {row["name"]: row for row in any_api.get("/instances")}
    assert {name: row["is_reserved"] for name, row in rows.items()} == {"bought": True, "hired": False}
    assert rows["bought"]["workspace_id"] == rows["hired"]["workspace_id"] != ""


def test_a_file_system_is_in_use_while_its_instance_is_terminating(api: Api) -> None:
    api.key()
    instance_id = api.launch(file_system_names=["datasets"])
    datasets = next(row for row in api.get("/file-systems") if row["name"] == "datasets")
    api.post("/instance-operations/terminate", instance_ids=[instance_id])
    assert api.instance(instance_id)["status"] == "terminating"
    assert api.refused("DELETE", f"/filesystems/{datasets['id']}") == IN_USE
    assert next(row for row in api.get("/file-systems") if row["name"] == "datasets")["is_in_use"]
    until(lambda: api.ask("GET", f"/instances/{instance_id}").status_code == 404)
    api.delete(f"/filesystems/{datasets['id']}")


def test_a_file_system_can_be_in_use_although_the_list_says_that_it_is_free(api: Api) -> None:
    api.set_quirks(file_system_release=500)
    api.key()
    instance_id = api.launch(file_system_names=["datasets"])
    api.post("/instance-operations/terminate", instance_ids=[instance_id])
    until(lambda: api.ask("GET", f"/instances/{instance_id}").status_code == 404)
    datasets = next(row for row in api.get("/file-systems") if row["name"] == "datasets")
    assert datasets["is_in_use"] is False
    assert api.refused("DELETE", f"/filesystems/{datasets['id']}") == IN_USE
    until(lambda: api.ask("DELETE", f"/filesystems/{datasets['id']}").status_code == 200)


def test_a_wrong_method_is_told_from_a_wrong_path(api: Api) -> None:
    for method, path in (("POST", "/file-systems"), ("GET", "/filesystems"), ("DELETE", "/instances")):
        assert api.refused(method, path, {}) == (405, "global/not-found")
    for method, path in (("GET", "/file-system"), ("POST", "/nowhere"), ("GET", "/instances/a/b")):
        assert api.refused(method, path, {}) == (404, "global/not-found")


@pytest.mark.parametrize(
    ("header", "message"),
    [
        (None, "No API key was provided."),
        ("Bearer ", "No API key was provided."),
        ("Basic Og==", "No API key was provided."),
        ("Bearer wrong", "API key was invalid, expired, or deleted."),
        ("Basic d3Jvbmc6", "API key was invalid, expired, or deleted."),
    ],
)
def test_a_missing_key_is_told_from_a_wrong_one(any_api: Api, header: str | None, message: str) -> None:
    headers = {**USER_AGENT, **({"Authorization": header} if header else {})}
    answer = requests.get(f"{any_api.api_url}/instances", headers=headers, timeout=10)
    error = answer.json()["error"]
    assert (answer.status_code, error["code"], error["message"]) == (401, "global/invalid-api-key", message)


def test_an_instance_cannot_be_terminated_in_its_first_seconds(api: Api, old_api: Api) -> None:
    for each, refusal in ((api, (409, "global/conflict")), (old_api, (400, "global/invalid-parameters"))):
        each.key()
        each.set_quirks(terminate_available_after=1000)
        body = {"instance_ids": [each.launch()]}
        assert each.refused("POST", "/instance-operations/terminate", body) == refusal
        row = each.instance(body["instance_ids"][0])
        assert row["status"] != "terminating"
        if each is api:
            assert row["actions"]["terminate"]["available"] is False
            assert row["actions"]["terminate"]["reason_code"] == "vm-has-not-launched"
            until(lambda: bool(api.get("/instances")[0]["actions"]["terminate"]["available"]))
        until(lambda: each.ask("POST", "/instance-operations/terminate", body).status_code == 200)  # noqa: B023


def test_a_launch_is_answered_after_seconds(any_api: Api) -> None:
    any_api.key()
    any_api.set_quirks(launch_seconds=[470, 890])
    begin = any_api.state()["now"]
    any_api.launch()
    assert any_api.state()["now"] - begin >= 470
    # A refusal as well, and what comes of a launch is there before its answer.
    refusal = any_api.refused("POST", "/instance-operations/launch", {**LAUNCH, "region_name": "us-south-2"})
    assert refusal == (400, "instance-operations/launch/insufficient-capacity")
    assert any_api.state()["now"] - begin >= 940
    with pytest.raises(requests.Timeout):
        any_api.ask("POST", "/instance-operations/launch", LAUNCH, timeout=0.1)
    assert len(any_api.state()["instances"]) == 2


def test_capacity_comes_for_a_while(tmp_path: Path) -> None:
    def regions(api: Api) -> list[str]:
        found = api.get("/instance-types")["gpu_8x_a100_80gb_sxm4"]["regions_with_capacity_available"]
        return [region["name"] for region in found]

    with serving(tmp_path, "--time-scale", "100") as api:
        api.set_capacity(gpu_8x_a100_80gb_sxm4={"us-midwest-1": 0})
        begin = api.state()["now"]
        api.open_capacity(90, after=20, gpu_8x_a100_80gb_sxm4={"us-midwest-1": 1})
        assert regions(api) == []
        until(lambda: regions(api) == ["us-midwest-1"])
        opened = api.state()["now"]
        assert opened - begin >= 20
        until(lambda: regions(api) == [])
        assert api.state()["now"] - begin >= 110
        # It was open for its time, give or take what a look takes.
        assert api.state()["now"] - opened >= 60


def test_regions_and_types_that_were_seen(any_api: Api) -> None:
    assert "gpu_8x_v100_n" in any_api.get("/instance-types")
    any_api.seed_instance("a", region="us-southeast-1")


def test_lists_lag(api: Api, old_api: Api) -> None:
    for each in (api, old_api):
        each.set_quirks(list_lag=1000)
        key = each.post("/ssh-keys", name="laptop")
        instance_id = each.launch()
        assert each.get("/instances") == each.get("/ssh-keys") == []
        assert each.instance(instance_id)["id"] == instance_id
        until(lambda: [row["id"] for row in each.get("/instances")] == [instance_id])  # noqa: B023
        until(lambda: [row["id"] for row in each.get("/ssh-keys")] == [key["id"]])  # noqa: B023
    made = api.post("/filesystems", name="scratch", region="us-east-1")["id"]
    rules = api.post("/firewall-rulesets", name="web", region="us-east-1", rules=[])["id"]
    assert made not in str(api.get("/file-systems"))
    assert api.get("/firewall-rulesets") == []
    until(lambda: made in str(api.get("/file-systems")))
    until(lambda: rules in str(api.get("/firewall-rulesets")))


def test_a_list_is_stale_once(any_api: Api) -> None:
    def names() -> list[str]:
        return [row["name"] for row in any_api.get("/instances")]

    for name in ("a", "b", "c"):
        any_api.seed_instance(name)
        names()
    any_api.add_fault("stale", "list_instances")
    # What was answered last; then the truth again.
    any_api.seed_instance("d")
    assert [names(), names()] == [["a", "b", "c"], ["a", "b", "c", "d"]]
    any_api.add_fault("stale", "list_instances", back=4, skip=1)
    assert [names(), names(), names()] == [["a", "b", "c", "d"], ["a", "b"], ["a", "b", "c", "d"]]
    # Other requests are answered as ever, and so is a list that nobody asked for before.
    any_api.add_fault("stale")
    assert any_api.ask("GET", f"/instances/{any_api.get('/ssh-keys') or 'none'}").status_code == 404
    any_api.reset()
    any_api.add_fault("stale", "list_instances")
    assert names() == []
    assert any_api.control("GET", "/faults") == {"faults": []}


def test_the_scenario_has_all_of_it(tmp_path: Path) -> None:
    scenario = load(SCENARIO)
    quirks = scenario.quirks
    assert quirks.boot_order == ("address", "ssh", "active")
    assert quirks.launch_seconds == (4.7, 8.9)
    assert quirks.keys_in_use == "refused"
    assert min(quirks.terminate_available_after, quirks.list_lag, quirks.file_system_release) > 0
    assert [fault.kind for fault in scenario.faults] == ["stale"]
    assert [change.lasts for change in scenario.capacity_changes] == [84]
    types = {name for name, regions in scenario.capacity.items() if any(regions.values())}
    assert (len(scenario.instance_types), len(set(scenario.instance_types) - types)) == (22, 6)
    assert SimulatorState(scenario, Clock(1), NoHosts(), keys=["k"]).account.capacity.regions("gpu_1x_a10")


@pytest.mark.parametrize(
    ("quirks", "told"),
    [
        ({"boot_order": ["ssh", "ssh", "active"]}, "each once"),
        ({"launch_seconds": [2, 1]}, "lower number"),
        ({"list_lag": -1}, "greater than or equal to 0"),
    ],
)
def test_a_quirk_that_makes_no_sense_is_refused(any_api: Api, quirks: t.Any, told: str) -> None:
    answer = requests.put(f"{any_api.url}/_simulator/quirks", json=quirks, timeout=10)
    assert answer.status_code == 422
    assert told in answer.text
