# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What ansible-inventory prints in each of its formats, and what AWX's import makes of it."""

from __future__ import annotations

import json
import stat
import tomllib
import typing as t
from pathlib import Path

import pytest
import yaml
from lambda_cloud_simulator.testing import Simulator
from support.awx_import import ImportRefused, import_inventory, inventory_script
from support.inventory import Inventory, hosts_of
from support.runner import ansible

COMMAND = "lookup('pipe', 'touch PWNED')"
# Names of instances, each with the name of its host
PLAIN = {
    "train-1": "train-1",
    "my box": "my_box",
    "web:80": "web_80",
    "Bob's box #1": "Bob_s_box_1",
    "zug-ü": "zug-ü",
    "a=1 & b?": "a_1_b_",
    "a < b; $c != ^d": "a_b_c_d",
    "1x A10 (spare)": "1x_A10_spare_",
}
BRACES = {f"{{{{ {COMMAND} }}}}": "_lookup_pipe_touch_PWNED_", "{% if x %}": "_if_x_", "{# x": "_x", "a{b}": "a_b_"}
NAMES = PLAIN | BRACES
GROUPS: dict[str, t.Any] = {
    "keyed_groups": [{"key": "lambda_tags | items2dict", "prefix": "tag"}],
    "groups": {"big": "lambda_instance_type.specs.gpus > 0"},
    "compose": {"copied": "lambda_name"},
}


@pytest.fixture
def mode() -> str:
    """Return the one mode: how modules run makes no difference to an inventory."""
    return "process"


@pytest.fixture
def account(simulator: Simulator) -> None:
    for number, name in enumerate(NAMES, 1):
        # TOML has no null.
        addresses = {"hostname": f"h{number}.example", "private_ip": f"10.0.0.{number}"}
        simulator.seed_instance(name, tags={"note": name, "role": "head"}, **addresses)


def printed(inventory: Inventory, *arguments: str, succeed: bool = True) -> str:
    command = ["ansible-inventory", "-i", inventory.path(**GROUPS), *arguments]
    done = ansible(command, inventory.environment, succeed=succeed)
    return done.stdout if succeed else done.stderr


def named(hosts: t.Mapping[str, t.Mapping[str, t.Any]]) -> dict[str, str]:
    """Return the host of each name, as `lambda_name`, a tag and a composed variable have it."""
    found: dict[str, str] = {}
    for host, variables in hosts.items():
        notes = [tag["value"] for tag in variables["lambda_tags"] if tag["key"] == "note"]
        values = {json.dumps(value) for value in (variables["lambda_name"], variables["copied"], *notes)}
        (value,) = map(json.loads, values)
        found[value] = host
    return found


def marked(value: t.Any) -> t.Any:
    """Return the text of a string that is marked as data, or what is no such string."""
    return value["__ansible_unsafe"] if isinstance(value, dict) and set(value) == {"__ansible_unsafe"} else value


@pytest.mark.usefixtures("account")
def test_json_has_plain_strings_wherever_no_brace_is_in_them(inventory: Inventory) -> None:
    check_marks(hosts_of(json.loads(printed(inventory, "--list"))))


def check_marks(hosts: dict[str, dict[str, t.Any]]) -> None:
    assert {name: host for host, each in hosts.items() if isinstance(name := each["lambda_name"], str)} == PLAIN
    assert {marked(each["lambda_name"]): host for host, each in hosts.items()} == NAMES
    for host in PLAIN.values():
        assert "__ansible_unsafe" not in json.dumps(hosts[host])


@pytest.mark.usefixtures("account")
def test_the_variables_of_one_host(inventory: Inventory) -> None:
    variables = json.loads(printed(inventory, "--host", "Bob_s_box_1"))
    assert variables["lambda_name"] == variables["copied"] == "Bob's box #1"
    variables = yaml.safe_load(printed(inventory, "--host", "_if_x_", "--yaml"))
    assert variables["lambda_name"] == variables["copied"] == "{% if x %}"


@pytest.mark.usefixtures("account")
def test_yaml_has_the_same_hosts_and_groups(inventory: Inventory) -> None:
    groups = yaml.safe_load(printed(inventory, "--list", "--yaml"))["all"]["children"]
    assert named(groups["lambda_cloud"]["hosts"]) == NAMES
    assert set(groups["tag_role_head"]["hosts"]) == set(groups["big"]["hosts"]) == set(NAMES.values())


@pytest.mark.usefixtures("account")
def test_toml_has_the_same_hosts_and_groups(inventory: Inventory) -> None:
    try:
        import tomli_w  # noqa: F401
    except ImportError:
        # Which library it names depends on the core.
        assert "is required when using the TOML output format" in printed(inventory, "--list", "--toml", succeed=False)
        pytest.skip("ansible-inventory says that it has no writer of TOML.")
    groups = tomllib.loads(printed(inventory, "--list", "--toml"))
    assert named(groups["lambda_cloud"]["hosts"]) == NAMES
    assert set(groups["tag_role_head"]["hosts"]) == set(groups["big"]["hosts"]) == set(NAMES.values())


@pytest.mark.usefixtures("account")
def test_the_graph_has_every_host_by_its_safe_name(inventory: Inventory) -> None:
    graph = printed(inventory, "--graph", "--vars")
    for name, host in NAMES.items():
        assert f"|--{host}\n" in graph
        assert f"{{lambda_name = {name}}}\n" in graph
    assert "  |--@tag_role_head:\n" in graph


@pytest.mark.usefixtures("account")
def test_names_and_tags_with_braces_survive_an_import_into_awx(inventory: Inventory, tmp_path: Path) -> None:
    listed = json.loads(printed(inventory, "--list", "--export"))
    check_marks(hosts_of(listed))
    imported = import_inventory(listed)
    script = tmp_path / "hosts"
    script.write_text(inventory_script(imported))
    script.chmod(stat.S_IRWXU)
    done = ansible(["ansible-inventory", "-i", str(script), "--list", "--export"], inventory.environment)
    job = json.loads(done.stdout)
    for host, variables in hosts_of(listed).items():
        assert {name: value for name, value in hosts_of(job)[host].items() if "remote_" not in name} == variables
    for group in {"lambda_cloud", "big", *(name for name in listed if name.startswith("tag_"))}:
        assert set(job[group]["hosts"]) == set(listed[group]["hosts"])
    assert job["lambda_cloud"]["vars"] == listed["lambda_cloud"]["vars"]
    values = "[lambda_name, copied, lambda_tags | map(attribute='value') | list]"
    plays = [
        {
            "hosts": "all",
            "gather_facts": False,
            "tasks": [
                {"ansible.builtin.set_fact": {"values": f"{{{{ {values} }}}}"}},
                {"ansible.builtin.debug": {"msg": "x"}, "when": "{{ lambda_name }}", "ignore_errors": True},
            ],
        },
        {
            "hosts": "localhost",
            "gather_facts": False,
            "tasks": [
                {
                    "ansible.builtin.copy": {
                        "content": "{{ dict(groups.all | zip(groups.all | map('extract', hostvars, 'values'))) | to_json }}",
                        "dest": str(tmp_path / "values.json"),
                        "mode": "0600",
                    }
                }
            ],
        },
    ]
    play = tmp_path / "play.json"
    play.write_text(json.dumps(plays))
    environment = {**inventory.environment, "ANSIBLE_ALLOW_BROKEN_CONDITIONALS": "true"}
    ansible(["ansible-playbook", "-i", str(script), str(play)], environment, cwd=tmp_path)
    assert json.loads((tmp_path / "values.json").read_text()) == {
        host: [name, name, [name, "head"]] for name, host in NAMES.items()
    }
    assert not [*tmp_path.rglob("PWNED")]


@pytest.mark.parametrize("host", ["{{ x }}", "a{% if x %}", "web:80", "[2001:db8::1]:22", "x" * 513])
def test_the_stand_in_for_awx_refuses_what_awx_refuses(host: str) -> None:
    with pytest.raises(ImportRefused):
        import_inventory({"all": {"hosts": [host]}, "_meta": {"hostvars": {}}})
