# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A host of the inventory plugin is no other source's host or group, whatever instances are called."""

from __future__ import annotations

import json
import re
import typing as t
from pathlib import Path

import pytest
import yaml
from lambda_cloud_simulator.testing import Simulator
from support.inventory import Inventory, hosts_of
from support.runner import ansible


def beside(inventory: Inventory, static: str, **options: t.Any) -> tuple[dict[str, t.Any], str]:
    """Return the inventory, and what is warned of, of a configuration that is read after a static source."""
    folder = inventory.folder / "both"
    folder.mkdir()
    (folder / "a.yml").write_text(static)
    config = {"plugin": "lambdal.cloud.lambda_cloud", **options}
    (folder / "b.lambda.yml").write_text(yaml.safe_dump(config))
    done = ansible(["ansible-inventory", "-i", str(folder), "--list"], inventory.environment)
    return json.loads(done.stdout), " ".join(done.stderr.split())


def test_a_static_group_keeps_its_variables_beside_an_instance_of_its_name(
    simulator: Simulator, inventory: Inventory
) -> None:
    identity = simulator.seed_instance("web", ip="198.18.0.66")
    listed, warnings = beside(inventory, "web: {hosts: {web1: {ansible_host: 192.0.2.1}}, vars: {port: 80}}")
    hosts = hosts_of(listed)
    assert set(hosts) == {"web1", f"web-{identity}"}
    assert hosts["web1"] == {"ansible_host": "192.0.2.1", "port": 80}
    assert listed["web"]["hosts"] == ["web1"]
    assert hosts[f"web-{identity}"]["lambda_name"] == "web"
    assert f"The name 'web' is reserved or not unique, so the instance {identity} is the host" in warnings


def test_a_static_host_is_no_instance_of_its_name(simulator: Simulator, inventory: Inventory) -> None:
    identity = simulator.seed_instance("db", ip="198.18.0.66")
    listed, _warnings = beside(inventory, "all: {hosts: {db: {ansible_host: 192.0.2.1}}}")
    assert hosts_of(listed)["db"] == {"ansible_host": "192.0.2.1"}
    assert listed["lambda_cloud"]["hosts"] == [f"db-{identity}"]


def test_a_group_of_the_configuration_has_an_instances_name(simulator: Simulator, inventory: Inventory) -> None:
    identity = simulator.seed_instance("training")
    listed, _warnings = inventory.told(groups={"training": "true"})
    assert listed["training"]["hosts"] == [f"training-{identity}"]


def test_a_keyed_group_that_another_host_makes_has_an_instances_name(
    simulator: Simulator, inventory: Inventory
) -> None:
    identity = simulator.seed_instance("a", tags={"role": "b"})
    other = simulator.seed_instance("b", tags={"role": "c"})
    listed, _warnings = inventory.told(
        compose={"role": "(lambda_tags | items2dict).role"},
        keyed_groups=[{"key": "role", "prefix": "", "separator": ""}],
    )
    assert listed["b"]["hosts"] == ["a"]
    assert listed["c"]["hosts"] == [f"b-{other}"]
    assert {each["lambda_id"] for each in hosts_of(listed).values()} == {identity, other}
    assert hosts_of(listed)["a"]["role"] == "b"


@pytest.mark.parametrize("value", ["db", "all", "ungrouped", "lambda_cloud", "lambda_cloud_launched"])
def test_a_group_named_by_a_tag_is_no_host_and_no_group_of_ansibles(
    simulator: Simulator, inventory: Inventory, value: str
) -> None:
    simulator.seed_instance("a", tags={"role": value})
    listed, warnings = beside(
        inventory,
        "all: {hosts: {db: {ansible_host: 192.0.2.1}}}",
        keyed_groups=[
            {
                "key": "lambda_tags | map(attribute='value') | first",
                "prefix": "",
                "separator": "",
                "parent_group": "roles",
            }
        ],
    )
    assert listed[f"{value}_group"]["hosts"] == ["a"]
    assert listed["roles"]["children"] == [f"{value}_group"]
    assert hosts_of(listed)["db"] == {"ansible_host": "192.0.2.1"}
    assert f"The group '{value}' would have the name of a host or of a group of Ansible's" in warnings


def test_groups_that_would_contain_each_other_leave_an_inventory(simulator: Simulator, inventory: Inventory) -> None:
    simulator.seed_instance("one", tags={"x": "b"})
    simulator.seed_instance("two", tags={"x": "a"})
    key = "lambda_tags | map(attribute='value') | first"
    keyed = [{"key": key, "prefix": "", "separator": "", "parent_group": parent} for parent in ("a", "b")]
    listed, warnings = inventory.told(keyed_groups=keyed)
    assert set(hosts_of(listed)) == {"one", "two"}
    assert "cannot be in the group" in warnings


@pytest.mark.parametrize(
    ("name", "host"),
    [
        ("../../evil", "_.._evil"),
        ("x,y", "x_y"),
        ("!neg", "_neg"),
        ("node[1]", "node_1_"),
        ("-oProxyCommand=x", "oProxyCommand_x"),
        ("web:80", "web_80"),
        ("~pattern", "_pattern"),
        ("my node", "my_node"),
        ("{{ 7 * 7 }}", "_7_7_"),
        ("a\x1b[2J", "a_2J"),
    ],
)
def test_a_name_that_cannot_be_a_hosts_gets_a_safe_form(
    simulator: Simulator, inventory: Inventory, name: str, host: str
) -> None:
    identity = simulator.seed_instance(name)
    listed, warnings = inventory.told()
    assert list(hosts_of(listed)) == [host]
    assert f"cannot be a host's, so the instance {identity} is the host '{host}'" in warnings
    assert "\x1b" not in warnings
    kept = hosts_of(listed)[host]["lambda_name"]
    assert kept == name or kept == {"__ansible_unsafe": name}


def test_two_accounts_in_one_folder_are_told_apart(
    simulator: Simulator, oldest: Simulator, inventory: Inventory, tmp_path: Path
) -> None:
    folder = tmp_path / "accounts"
    folder.mkdir()
    ids = []
    for number, account in enumerate((simulator, oldest)):
        ids.append(account.seed_instance("train-1", ip=f"198.18.{number}.1"))
        config = {"plugin": "lambdal.cloud.lambda_cloud", "api_url": account.api_url, "api_key": account.api_key}
        (folder / f"{number}.lambda.yml").write_text(yaml.safe_dump(config))
    done = ansible(["ansible-inventory", "-i", str(folder), "--list"], inventory.environment)
    hosts = hosts_of(json.loads(done.stdout))
    assert {name: each["ansible_host"] for name, each in hosts.items()} == {
        "train-1": "198.18.0.1",
        f"train-1-{ids[1]}": "198.18.1.1",
    }
    assert re.search(rf"The name 'train-1' is .* so the instance {ids[1]} is the host", " ".join(done.stderr.split()))


def test_an_instance_that_two_files_list_is_one_host(
    simulator: Simulator, inventory: Inventory, tmp_path: Path
) -> None:
    simulator.seed_instance("train-1")
    folder = tmp_path / "files"
    folder.mkdir()
    for group in ("a", "b"):
        config = {"plugin": "lambdal.cloud.lambda_cloud", "groups": {group: "true"}}
        (folder / f"{group}.lambda.yml").write_text(yaml.safe_dump(config))
    done = ansible(["ansible-inventory", "-i", str(folder), "--list"], inventory.environment)
    listed = json.loads(done.stdout)
    assert listed["a"]["hosts"] == listed["b"]["hosts"] == ["train-1"]
    assert not done.stderr


def test_a_static_group_of_all_instances_keeps_its_user(simulator: Simulator, inventory: Inventory) -> None:
    simulator.seed_instance("a")
    listed, _warnings = beside(inventory, "lambda_cloud: {vars: {ansible_user: me}}")
    assert hosts_of(listed)["a"]["ansible_user"] == "me"
