# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import json
import re
import typing as t
from pathlib import Path

import pytest
import yaml
from lambda_cloud_simulator.testing import API_KEY, Simulator
from support.examples import examples
from support.inventory import Inventory
from support.runner import ROOT, ansible


def test_instances_are_hosts_with_one_request(simulator: Simulator, inventory: Inventory) -> None:
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
    for name in ("ssh", "sftp", "scp"):
        assert "StrictHostKeyChecking=accept-new" in host.pop(f"ansible_{name}_extra_args")
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
# It brings its own delimiters, and no pair of braces to begin with.
DISGUISED = "#jinja2:variable_start_string:'[['\n[[lookup('pipe','touch PWNED')}}"


def test_what_the_api_returns_is_never_run(simulator: Simulator, inventory: Inventory, tmp_path: Path) -> None:
    simulator.seed_instance(HOSTILE, tags={"note": HOSTILE})
    inventory.environment["PWD"] = str(tmp_path)
    listed, _warnings = inventory.told(
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
    assert API_KEY not in kept
    # Another account must not see it.
    inventory.environment["LAMBDA_API_KEY"] = "another"
    done = ansible(["ansible-inventory", "-i", inventory.path(**cache), "--list"], inventory.environment, succeed=False)
    assert "global/invalid-api-key" in done.stderr


def test_statuses_are_asked_for(simulator: Simulator, inventory: Inventory) -> None:
    simulator.seed_instance("sick", status="unhealthy")
    assert inventory.hosts() == {}
    # It has no address, so nobody gets there unless told to try.
    assert inventory.hosts(statuses=["unhealthy"]) == {}
    assert list(inventory.hosts(statuses=["unhealthy"], include_without_address=True)) == ["sick"]


def test_a_key_may_be_a_template(simulator: Simulator, inventory: Inventory) -> None:
    simulator.seed_instance("a")
    del inventory.environment["LAMBDA_API_KEY"]
    inventory.environment["MY_KEY"] = API_KEY
    assert list(inventory.hosts(api_key="{{ lookup('env', 'MY_KEY') }}")) == ["a"]


def test_a_failure_is_that_failure_and_no_empty_inventory(simulator: Simulator, inventory: Inventory) -> None:
    simulator.add_fault("status", "list_instances", times=50, status=503)
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
    assert len(blocks) == 6
    # Another key of the same account.
    inventory.environment["PRODUCTION_API_KEY"] = API_KEY
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


@pytest.fixture
def fleet(simulator: Simulator) -> None:
    simulator.seed_instance(
        "train-1", tags={"project": "vision", "role": "head"}, ip="198.18.0.1", private_ip="10.0.0.1"
    )
    simulator.seed_instance("train-2", region="us-west-1", hostname="two.example", private_ip="10.0.0.2")
    simulator.seed_instance(
        "eval", instance_type="gpu_4x_a6000", tags={"project": "speech"}, file_system_names=["datasets"]
    )


@pytest.mark.usefixtures("fleet")
@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"names": ["train-[1:9]"]}, ["train-1", "train-2"]),
        ({"names": ["*al"]}, ["eval"]),
        ({"regions": ["us-west-1"]}, ["train-2"]),
        ({"instance_types": ["gpu_4x_a6000"]}, ["eval"]),
        ({"tags": {"project": "*"}}, ["eval", "train-1"]),
        ({"tags": {"project": "vision"}, "regions": ["us-west-1"]}, []),
        ({"filters": [{"exclude": "lambda_name.startswith('train')"}]}, ["eval"]),
        (
            {
                "filters": [
                    {"include": "lambda_name == 'train-1'"},
                    {"exclude": "lambda_name.startswith('train')"},
                    {"include": True},
                ]
            },
            ["eval", "train-1"],
        ),
        ({"filters": [{"include": "lambda_instance_type.specs.gpus > 1"}, {"exclude": True}]}, ["eval"]),
        (
            {"filters": [{"include": "lambda_nothing.at_all", "default": False}, {"exclude": "lambda_name == 'eval'"}]},
            ["train-1", "train-2"],
        ),
        ({"filters": [{"exclude": "(lambda_tags | items2dict).project == 'vision'", "default": True}]}, ["eval"]),
        ({"regions": ["{{ 'us-west-1' }}"]}, ["train-2"]),
        (
            {"hostnames": ["(lambda_tags | items2dict).get('role')", "hostname", "name"], "names": ["train-*"]},
            ["head", "two.example"],
        ),
        ({"hostnames": ["lambda_region.name"], "names": ["eval"]}, ["us-east-1"]),
    ],
)
def test_which_instances_and_what_they_are_called(
    inventory: Inventory, options: dict[str, t.Any], expected: list[str]
) -> None:
    assert sorted(inventory.hosts(**options)) == expected


@pytest.mark.usefixtures("fleet")
def test_where_they_are_reached(inventory: Inventory) -> None:
    hosts = inventory.hosts(connect_with=["hostname", "private_ip"])
    assert hosts["train-1"]["ansible_host"] != "198.18.0.1"
    assert hosts["train-2"]["ansible_host"] == "two.example"
    assert inventory.hosts(connect_with=["private_ip", "ip"])["train-1"]["ansible_host"] == "10.0.0.1"


@pytest.mark.usefixtures("fleet")
def test_how_their_variables_are_called(inventory: Inventory) -> None:
    host = inventory.hosts(hostvars_prefix="gpu_", hostvars_suffix="_x", compose={"double": "gpu_name_x * 2"})["eval"]
    assert host["gpu_name_x"] == "eval"
    assert host["double"] == "evaleval"
    assert "lambda_name" not in host


@pytest.mark.usefixtures("fleet")
def test_keyed_groups_come_after_groups_and_compose(inventory: Inventory) -> None:
    listed = inventory.list(
        compose={"project": "(lambda_tags | items2dict).get('project', 'none')"},
        groups={"has_project": "project != 'none'"},
        keyed_groups=[{"key": "project", "prefix": ""}],
        leading_separator=False,
    )
    assert sorted(listed["has_project"]["hosts"]) == ["eval", "train-1"]
    assert listed["speech"]["hosts"] == ["eval"]


@pytest.mark.usefixtures("fleet")
def test_the_shipped_groups(inventory: Inventory) -> None:
    config = yaml.safe_load((ROOT / "playbooks" / "lambda.yml").read_text())
    config.pop("plugin")
    listed = inventory.list(**config)
    for group, hosts in {
        "region_us_west_1": ["train-2"],
        "type_gpu_4x_a6000": ["eval"],
        "gpu_RTX_A6000": ["eval"],
        "tag_project_vision": ["train-1"],
        "fs_datasets": ["eval"],
    }.items():
        assert listed[group]["hosts"] == hosts
    assert sorted(listed["status_active"]["hosts"]) == ["eval", "train-1", "train-2"]


@pytest.mark.usefixtures("fleet")
def test_jupyter_secrets_show_only_on_request_and_are_never_cached(
    simulator: Simulator, inventory: Inventory, tmp_path: Path
) -> None:
    assert "jupyter_token" not in json.dumps(inventory.list())
    cache = {"cache": True, "cache_plugin": "ansible.builtin.jsonfile", "cache_connection": str(tmp_path / "cache")}
    simulator.forget_requests()
    for _each in range(2):
        assert inventory.hosts(show_jupyter=True, **cache)["eval"]["lambda_jupyter_token"]
    assert simulator.operations() == ["list_instances"] * 2
    assert "jupyter" not in "".join(file.read_text() for file in (tmp_path / "cache").iterdir())


@pytest.mark.usefixtures("fleet")
def test_a_changed_configuration_takes_effect_with_a_warm_cache(
    simulator: Simulator, inventory: Inventory, tmp_path: Path
) -> None:
    cache = {"cache": True, "cache_plugin": "ansible.builtin.jsonfile", "cache_connection": str(tmp_path / "cache")}
    simulator.forget_requests()
    assert len(inventory.hosts(**cache)) == 3
    assert list(inventory.hosts(names=["eval"], hostvars_prefix="x_", **cache)) == ["eval"]
    assert simulator.operations() == ["list_instances"]
    # An outage is none while the cache is warm.
    simulator.add_fault("status", "list_instances", times=99, status=503)
    assert len(inventory.hosts(**cache)) == 3


@pytest.mark.usefixtures("fleet")
def test_refreshing_within_a_play_asks_again(simulator: Simulator, inventory: Inventory, tmp_path: Path) -> None:
    cache = {"cache": True, "cache_plugin": "ansible.builtin.jsonfile", "cache_connection": str(tmp_path / "cache")}
    path = inventory.path(**cache)
    ansible(["ansible-inventory", "-i", path, "--list"], inventory.environment)
    simulator.seed_instance("late")
    simulator.forget_requests()
    play = {
        "hosts": "localhost",
        "gather_facts": False,
        "tasks": [
            {"ansible.builtin.assert": {"that": "'late' not in groups.lambda_cloud"}},
            {"ansible.builtin.meta": "refresh_inventory"},
            {"ansible.builtin.assert": {"that": "'late' in groups.lambda_cloud"}},
        ],
    }
    (tmp_path / "play.yml").write_text(json.dumps([play]))
    ansible(["ansible-playbook", "-i", path, str(tmp_path / "play.yml")], inventory.environment)
    assert simulator.operations() == ["list_instances"]


@pytest.mark.usefixtures("fleet")
def test_extra_variables_may_be_used(inventory: Inventory) -> None:
    options = {"regions": ["{{ wanted_region }}"], "use_extra_vars": True}
    assert list(inventory.hosts("-e", "wanted_region=us-west-1", **options)) == ["train-2"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"region": ["us-east-1"]}, "lambdal.cloud.lambda_cloud has no option 'region'"),
        ({"filters": [{"only": "true"}]}, "A filter must have exactly one key, include or exclude"),
        ({"filters": [{"include": "lambda_name +"}], "strict": True}, "Could not evaluate 'lambda_name +'"),
        ({"statuses": ["dead"]}, "dead"),
        ({"names": ["a-[3:1]"]}, "The range [3:1]"),
    ],
)
def test_a_wrong_option_is_told_with_its_place(
    simulator: Simulator, inventory: Inventory, options: dict[str, t.Any], message: str
) -> None:
    simulator.seed_instance("a")
    done = ansible(
        ["ansible-inventory", "-i", inventory.path(**options), "--list"], inventory.environment, succeed=False
    )
    assert message in " ".join(done.stderr.split())
    assert "Traceback" not in done.stderr
    if "region" in options:
        assert f"{inventory.folder / 'lambda.yml'}:2:1" in done.stderr


def test_names_that_mean_something_else_are_told_apart(simulator: Simulator, inventory: Inventory) -> None:
    ids = {name: simulator.seed_instance(name) for name in ("localhost", "all", "lambda_cloud")}
    done = ansible(["ansible-inventory", "-i", inventory.path(), "--list"], inventory.environment)
    assert set(json.loads(done.stdout)["_meta"]["hostvars"]) == {f"{name}-{each}" for name, each in ids.items()}
    assert "is reserved or not unique" in " ".join(done.stderr.split())


@pytest.mark.parametrize("text", [HOSTILE, DISGUISED])
def test_templates_in_names_and_tags_stay_text(
    simulator: Simulator, inventory: Inventory, tmp_path: Path, text: str
) -> None:
    simulator.seed_instance(text, tags={"note": text})
    listed, warnings = inventory.told(
        hostnames=["lambda_tags[0].value", "name"],
        filters=[{"exclude": "lambda_name == 'other'"}],
        compose={"copied": "lambda_tags | items2dict"},
        groups={"named": "lambda_name is defined"},
        keyed_groups=[{"key": "lambda_tags | items2dict", "prefix": "tag"}],
    )
    (host,) = listed["_meta"]["hostvars"]
    assert re.fullmatch(r"\w[\w.-]*", host)
    assert f"is the host '{host}'" in warnings
    assert text in json.dumps(listed["_meta"]["hostvars"][host]["copied"]).encode().decode("unicode_escape")
    # Nor when a task prints it.
    play = {
        "hosts": "all",
        "gather_facts": False,
        "connection": "local",
        "tasks": [
            {"ansible.builtin.debug": {"var": "lambda_name"}},
            {"ansible.builtin.debug": {"msg": "{{ lambda_tags }}"}},
        ],
    }
    (tmp_path / "play.yml").write_text(json.dumps([play]))
    done = ansible(["ansible-playbook", "-i", inventory.path(), str(tmp_path / "play.yml")], inventory.environment)
    assert "touch PWNED" in done.stdout
    assert not [*tmp_path.rglob("PWNED"), *ROOT.glob("PWNED")]


EXPRESSIONS = [
    "lookup('pipe', 'touch PWNED')",
    'query("ansible.builtin.pipe", "touch PWNED")',
    'lookup ("pipe","touch PWNED")',
    "['touch PWNED'] | map('lookup') or lookup('pipe', 'touch PWNED')",
    "true if lookup('pipe', 'touch PWNED') else false",
    "not lookup('pipe', 'touch PWNED') is none",
    "(lookup('pipe', 'touch PWNED'), 1)[1] == 1",
    HOSTILE,
    DISGUISED,
]


def test_what_the_api_returns_is_no_condition(simulator: Simulator, inventory: Inventory, tmp_path: Path) -> None:
    """An expression needs no braces where a condition is a variable."""
    for text in EXPRESSIONS:
        simulator.seed_instance(text, tags={"note": text})
    conditions = [
        {"ansible.builtin.debug": {"msg": "x"}, "when": "{{ n }}"},
        {"ansible.builtin.assert": {"that": ["{{ n }}"]}},
        {"ansible.builtin.debug": {"var": "{{ n }}"}},
        {"ansible.builtin.command": {"argv": ["true"]}, "changed_when": "{{ n }}"},
        {"ansible.builtin.command": {"argv": ["true"]}, "failed_when": ["{{ n }}"]},
    ]
    tasks: list[dict[str, t.Any]] = [
        {**condition, "vars": {"n": value}, "ignore_errors": True}
        for value in ("{{ lambda_name }}", "{{ again.note }}")
        for condition in conditions
    ]
    # As the role fleet hands instances on
    handed_on = {
        "ansible.builtin.add_host": {"name": "{{ inventory_hostname }}", "again": {"note": "{{ lambda_name }}"}}
    }
    facts = {"ansible.builtin.set_fact": {"again": {"note": "{{ lambda_tags[0].value }}"}}}
    play = {"hosts": "all", "gather_facts": False, "connection": "local", "tasks": [facts, handed_on, *tasks]}
    (tmp_path / "play.yml").write_text(json.dumps([play]))
    inventory.environment["ANSIBLE_ALLOW_BROKEN_CONDITIONALS"] = "true"
    done = ansible(["ansible-playbook", "-i", inventory.path(), str(tmp_path / "play.yml")], inventory.environment)
    assert "PLAY RECAP" in done.stdout
    assert not [*tmp_path.rglob("PWNED"), *ROOT.glob("PWNED")]


@pytest.mark.parametrize("option", ["names", "regions", "instance_types"])
def test_an_empty_list_selects_no_host(simulator: Simulator, inventory: Inventory, option: str) -> None:
    simulator.seed_instance("prod", ip="198.18.0.1")
    assert list(inventory.hosts()) == ["prod"]
    assert inventory.hosts(**{option: []}) == {}


@pytest.mark.parametrize("value", [float("inf"), float("nan"), -1.0])
def test_a_number_that_cannot_be_meant_is_named(simulator: Simulator, inventory: Inventory, value: float) -> None:
    done = ansible(
        ["ansible-inventory", "-i", inventory.path(request_timeout=value), "--list"],
        inventory.environment,
        succeed=False,
    )
    assert "request_timeout must be a number above 0" in done.stderr
    assert simulator.operations() == []
