# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import json
import typing as t
from pathlib import Path

import pytest
import yaml
from support.examples import examples
from support.runner import ROOT, ansible
from support.simulator import KEY, Simulator


class Inventory:
    """Writes a configuration and asks ansible-inventory what it makes of it."""

    def __init__(self, folder: Path, environment: dict[str, str]) -> None:
        self.folder = folder
        self.environment = environment

    def path(self, **options: t.Any) -> str:
        file = self.folder / "lambda.yml"
        file.write_text(yaml.safe_dump({"plugin": "lambdal.cloud.lambda_cloud", **options}))
        return str(file)

    def list(self, *arguments: str, **options: t.Any) -> dict[str, t.Any]:
        done = ansible(["ansible-inventory", "-i", self.path(**options), "--list", *arguments], self.environment)
        assert "WARNING" not in done.stderr or "Several instances" in done.stderr, done.stderr
        return t.cast("dict[str, t.Any]", json.loads(done.stdout))

    def hosts(self, *arguments: str, **options: t.Any) -> dict[str, dict[str, t.Any]]:
        return t.cast("dict[str, dict[str, t.Any]]", self.list(*arguments, **options)["_meta"]["hostvars"])


@pytest.fixture
def inventory(environment: dict[str, str], tmp_path: Path) -> Inventory:
    return Inventory(tmp_path, environment)


def test_machines_are_hosts_with_one_request(simulator: Simulator, inventory: Inventory) -> None:
    for number in range(5):
        simulator.seed_instance(f"m{number}", ip=f"198.18.0.{number + 1}")
    simulator.seed_instance("slow", status="booting")
    hosts = inventory.hosts()
    assert sorted(hosts) == [f"m{number}" for number in range(5)]
    assert hosts["m3"]["ansible_host"] == "198.18.0.4"
    assert hosts["m3"]["lambda_region"]["name"] == "us-east-1"
    assert hosts["m3"]["lambda_instance_type"]["specs"]["gpus"] == 1
    assert simulator.operations() == ["list_instances"]


def test_no_host_is_lost_when_two_share_a_name(simulator: Simulator, inventory: Inventory) -> None:
    twins = [simulator.seed_instance("twin") for _each in range(2)]
    unnamed = [simulator.seed_instance(None) for _each in range(2)]
    single = simulator.seed_instance("single")
    done = ansible(["ansible-inventory", "-i", inventory.path(), "--list"], inventory.environment)
    hosts = json.loads(done.stdout)["_meta"]["hostvars"]
    assert {row["lambda_id"] for row in hosts.values()} == {*twins, *unnamed, single}
    assert set(hosts) == {*(f"twin-{instance_id}" for instance_id in twins), *unnamed, "single"}
    warnings = " ".join(done.stderr.split())
    assert all(f"twin-{instance_id}" in warnings for instance_id in twins)
    assert "single" not in warnings


def test_the_user_is_a_group_variable_that_group_vars_override(
    simulator: Simulator, inventory: Inventory, tmp_path: Path
) -> None:
    simulator.seed_instance("a")
    assert inventory.hosts()["a"]["ansible_user"] == "ubuntu"
    (tmp_path / "group_vars").mkdir()
    (tmp_path / "group_vars" / "lambda_cloud.yml").write_text("ansible_user: someone")
    assert inventory.hosts()["a"]["ansible_user"] == "someone"


def test_groups_keyed_groups_and_compose(simulator: Simulator, inventory: Inventory) -> None:
    simulator.seed_instance("train-1")
    simulator.seed_instance("eval", region="us-west-1", instance_type="gpu_4x_a6000")
    listed = inventory.list(
        compose={"gpus": "lambda_instance_type.specs.gpus * 2"},
        groups={"training": "lambda_name.startswith('train-')"},
        keyed_groups=[{"key": "lambda_region.name", "prefix": "region"}],
    )
    assert listed["training"]["hosts"] == ["train-1"]
    assert listed["region_us_west_1"]["hosts"] == ["eval"]
    assert listed["_meta"]["hostvars"]["eval"]["gpus"] == 8


def test_host_variables_are_those_that_modules_return(
    simulator: Simulator, inventory: Inventory, environment: dict[str, str], tmp_path: Path
) -> None:
    simulator.seed_instance("a", ip="198.18.0.1", tags={"owner": "me"})
    host = inventory.hosts()["a"]
    assert host.pop("ansible_user") == "ubuntu"
    play = {
        "hosts": "localhost",
        "gather_facts": False,
        "tasks": [
            {"lambdal.cloud.lambda_instance_info": {}, "register": "found"},
            {
                "ansible.builtin.copy": {
                    "content": "{{ found.instances[0].host | to_json }}",
                    "dest": str(tmp_path / "host.json"),
                    "mode": "0600",
                }
            },
        ],
    }
    (tmp_path / "play.yml").write_text(json.dumps([play]))
    ansible(["ansible-playbook", str(tmp_path / "play.yml")], environment)
    assert json.loads((tmp_path / "host.json").read_text()) == host


HOSTILE = "{{ lookup('pipe', 'touch PWNED') }}"


def test_what_the_api_returns_is_never_run(simulator: Simulator, inventory: Inventory, tmp_path: Path) -> None:
    simulator.seed_instance(HOSTILE, tags={"note": HOSTILE})
    inventory.environment["PWD"] = str(tmp_path)
    listed = inventory.list(
        compose={"copied": "lambda_name"},
        groups={"named": "lambda_name is defined"},
        keyed_groups=[{"key": "lambda_name", "prefix": "n"}],
    )
    (host,) = listed["_meta"]["hostvars"].values()
    assert HOSTILE in json.dumps(host["copied"])
    assert not [*tmp_path.rglob("PWNED"), *ROOT.glob("PWNED")]


def test_ordinary_strings_print_plainly(simulator: Simulator, inventory: Inventory) -> None:
    simulator.seed_instance("a")
    host = inventory.hosts()["a"]
    assert host["lambda_name"] == "a"
    assert "__ansible_unsafe" not in json.dumps(host)


def test_a_warm_cache_asks_nothing_and_holds_no_secret(
    simulator: Simulator, inventory: Inventory, tmp_path: Path
) -> None:
    simulator.seed_instance("a")
    cache = {"cache": True, "cache_plugin": "ansible.builtin.jsonfile", "cache_connection": str(tmp_path / "cache")}
    assert list(inventory.hosts(**cache)) == ["a"]
    simulator.seed_instance("b")
    assert list(inventory.hosts(**cache)) == ["a"]
    assert simulator.operations() == ["list_instances"]
    assert list(inventory.hosts("--flush-cache", **cache)) == ["a", "b"]
    kept = "".join(file.read_text() for file in (tmp_path / "cache").iterdir())
    assert "jupyter" not in kept
    assert KEY not in kept
    # Another account must not see it.
    inventory.environment["LAMBDA_API_KEY"] = "another"
    done = ansible(["ansible-inventory", "-i", inventory.path(**cache), "--list"], inventory.environment, succeed=False)
    assert "global/invalid-api-key" in done.stderr


def test_statuses_are_asked_for(simulator: Simulator, inventory: Inventory) -> None:
    simulator.seed_instance("sick", status="unhealthy")
    assert inventory.hosts() == {}
    assert list(inventory.hosts(statuses=["unhealthy"])) == ["sick"]


def test_a_key_may_be_a_template(simulator: Simulator, inventory: Inventory) -> None:
    simulator.seed_instance("a")
    del inventory.environment["LAMBDA_API_KEY"]
    inventory.environment["MY_KEY"] = KEY
    assert list(inventory.hosts(api_key="{{ lookup('env', 'MY_KEY') }}")) == ["a"]


def test_a_failure_is_that_failure_and_no_empty_inventory(simulator: Simulator, inventory: Inventory) -> None:
    simulator.fault("status", "list_instances", times=50, status=503)
    options = {"retry_timeout": 0.2}
    done = ansible(
        ["ansible-inventory", "-i", inventory.path(**options), "--list"], inventory.environment, succeed=False
    )
    assert "HTTP 503" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_examples_and_the_shipped_configuration_work(simulator: Simulator, inventory: Inventory) -> None:
    simulator.seed_instance("train-1")
    blocks = list(yaml.safe_load_all(examples(ROOT / "plugins" / "inventory" / "lambda_cloud.py")))
    blocks.append(yaml.safe_load((ROOT / "playbooks" / "lambda.yml").read_text()))
    assert len(blocks) == 4
    for block in blocks:
        block.pop("plugin")
        assert list(inventory.hosts(**block)) == ["train-1"], block


@pytest.mark.parametrize("name", ["lambda.yml", "my-lambda.yaml", "lambda_cloud.yml", "x.lambda_cloud.yaml"])
def test_a_configuration_is_known_by_its_name(
    simulator: Simulator, environment: dict[str, str], tmp_path: Path, name: str
) -> None:
    simulator.seed_instance("a")
    (tmp_path / name).write_text("plugin: lambdal.cloud.lambda_cloud\n")
    done = ansible(["ansible-inventory", "-i", str(tmp_path / name), "--graph"], environment)
    assert "@lambda_cloud:\n  |  |--a" in done.stdout
