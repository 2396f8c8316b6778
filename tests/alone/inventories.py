# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Any account beside any static inventory: that one stays as it is, each instance is one host, and nothing is executed.

LAMBDA_INVENTORIES (1000) accounts, each read in this process, after a static inventory that uses the same names.
"""

from __future__ import annotations

import json
import os
import re
import typing as t
from pathlib import Path

import pytest
import yaml
from ansible.inventory.manager import InventoryManager
from ansible.parsing.dataloader import DataLoader
from ansible.plugins.loader import init_plugin_loader
from ansible.template import Templar
from ansible.utils.display import Display
from ansible.vars.manager import VariableManager
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lambda_cloud_simulator.testing import Simulator, running_simulator
from support.runner import BUILD, UNPACED

INVENTORIES = int(os.environ.get("LAMBDA_INVENTORIES", "1000"))

pytestmark = pytest.mark.slow

COMMAND = "lookup('ansible.builtin.pipe', 'touch executed')"
HOSTILE = [
    COMMAND,
    f"{{{{ {COMMAND} }}}}",
    f"{{% if {COMMAND} %}}{{% endif %}}",
    f"#jinja2:variable_start_string:'[['\n[[{COMMAND}}}}}",
]
# Names that hosts, groups, instances and tags share
COMMON = ["web", "db", "train_1", "train-1", "tag_role_web", "roles", "lambda_cloud", "us_east_1", "a_b"]
SPECIAL = [
    "all",
    "ungrouped",
    "localhost",
    "127.0.0.1",
    "a b",
    "a,b",
    "../x",
    "!web",
    "web:80",
    "*",
    "w[a:e]b",
    "@x",
    "-o",
]

text = st.text(st.characters(exclude_categories=["Cs"]), max_size=10)
anything = st.sampled_from(COMMON) | st.sampled_from(SPECIAL) | st.sampled_from(HOSTILE) | text
variables = st.dictionaries(
    st.sampled_from(["ansible_host", "port", "lambda_id"]), st.sampled_from(["192.0.2.1", "x"]), max_size=2
)
static_groups = st.dictionaries(
    st.sampled_from([name for name in COMMON if "-" not in name]),
    st.fixed_dictionaries(
        {"hosts": st.dictionaries(st.sampled_from(COMMON), variables, max_size=2), "vars": variables}
    ),
    max_size=3,
)
instances = st.lists(
    st.fixed_dictionaries(
        {
            "name": st.none() | anything,
            "tags": st.dictionaries(st.sampled_from(["role", "x"]) | text.filter(bool), anything, max_size=2),
            "hostname": st.none() | anything,
            "region": st.sampled_from(["us-east-1", "us-west-1"]),
        }
    ),
    max_size=4,
)
keyed_groups = st.lists(
    st.sampled_from(
        [
            {"key": "lambda_tags | items2dict", "prefix": "tag"},
            {"key": "lambda_tags | map(attribute='value') | list", "prefix": "", "separator": ""},
            {"key": "lambda_name", "prefix": "", "separator": "", "parent_group": "roles"},
            {
                "key": "lambda_tags | map(attribute='value') | list",
                "prefix": "",
                "separator": "",
                "parent_group": "web",
            },
            {"key": "lambda_region.name", "prefix": "", "separator": "", "parent_group": "{{ lambda_name }}"},
            {"key": "inventory_hostname", "prefix": "", "separator": ""},
        ]
    ),
    max_size=2,
)
configurations = st.fixed_dictionaries(
    {"keyed_groups": keyed_groups},
    optional={
        "groups": st.dictionaries(st.sampled_from(COMMON), st.just("lambda_name is defined"), max_size=2),
        "hostnames": st.lists(
            st.sampled_from(["name", "hostname", "lambda_tags[0].value", "lambda_region.name"]), max_size=2
        ),
        "compose": st.just({"ansible_host": "lambda_name", "copied": "lambda_tags"}),
    },
)


class Cloud(t.NamedTuple):
    simulator: Simulator
    folder: Path


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> t.Iterator[Cloud]:
    folder = tmp_path_factory.mktemp("inventories")
    init_plugin_loader([str(BUILD)])
    with pytest.MonkeyPatch.context() as patch, running_simulator("--boot-time", "0", folder=folder) as simulator:
        patch.setenv("HOME", str(folder))
        for name, value in {**simulator.environment(), **UNPACED}.items():
            patch.setenv(name, value)
        patch.setattr(Display, "warning", lambda *arguments, **options: None)
        patch.chdir(folder)
        yield Cloud(simulator, folder)


def snapshot(inventory: InventoryManager, hosts: t.Collection[str], groups: t.Collection[str]) -> dict[str, t.Any]:
    """Return all that there is to know of these hosts and groups, except for other hosts in the groups."""
    hidden = ("inventory_file", "inventory_dir")
    own = ("ansible_host", "port", "lambda_id")
    return {
        "hosts": {
            name: (
                {key: value for key, value in inventory.hosts[name].vars.items() if key not in hidden},
                sorted(group.name for group in inventory.hosts[name].get_groups()),
            )
            for name in hosts
        },
        "groups": {
            name: (
                # The group of all instances has defaults of its own.
                {
                    key: value
                    for key, value in inventory.groups[name].vars.items()
                    if name != "lambda_cloud" or key in own
                },
                sorted(host.name for host in inventory.groups[name].hosts if host.name in hosts),
                sorted(group.name for group in inventory.groups[name].child_groups if group.name in groups),
                sorted(group.name for group in inventory.groups[name].parent_groups),
            )
            for name in groups
            # Of these, every group and host is a member.
            if name not in ("all", "ungrouped")
        },
    }


@settings(max_examples=INVENTORIES, deadline=None, suppress_health_check=list(HealthCheck))
@given(rows=instances, static=static_groups, configuration=configurations)
def test_nothing_of_another_source_changes(
    cloud: Cloud, rows: list[dict[str, t.Any]], static: dict[str, t.Any], configuration: dict[str, t.Any]
) -> None:
    cloud.simulator.reset()
    ids = {cloud.simulator.seed_instance(**row) for row in rows}
    (cloud.folder / "static.yml").write_text(json.dumps(static or {"all": {}}))
    (cloud.folder / "lambda.yml").write_text(
        yaml.safe_dump({"plugin": "lambdal.cloud.lambda_cloud", "include_without_address": True, **configuration})
    )
    alone = InventoryManager(DataLoader(), sources=["static.yml"])
    expected = snapshot(alone, set(alone.hosts), set(alone.groups))
    loader = DataLoader()
    both = InventoryManager(loader, sources=["static.yml", "lambda.yml"])
    assert snapshot(both, set(alone.hosts), set(alone.groups)) == expected
    made = {name: host for name, host in both.hosts.items() if name not in alone.hosts}
    assert sorted(host.vars["lambda_id"] for host in made.values()) == sorted(ids)
    main = "lambda_cloud" if "lambda_cloud" not in alone.hosts else "lambda_cloud_group"
    for name, host in made.items():
        assert re.fullmatch(r"\w[\w.-]*", name)
        assert name not in both.groups
        assert main in {group.name for group in host.get_groups()}
        # As a task would see its variables
        known = VariableManager(loader=loader, inventory=both).get_vars(host=host, include_hostvars=False)
        templar = Templar(loader=loader, variables=known)
        for value in host.vars.values():
            templar.template(value)
    assert not (cloud.folder / "executed").exists()
