# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Misspelt variables of roles."""

from __future__ import annotations

import re
from pathlib import Path

import ansible_collections.lambdal.cloud.plugins.plugin_utils._variables as variables
import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.lambdal.cloud.plugins.filter.unknown_variables import unknown_variables

ROOT = Path(variables.__file__).parents[2]
# Those that check their variables
ROLES = ("fleet", "torchrun", "inference_server", "python_env", "ray_cluster", "reaper")


def test_the_nearest_name_is_told() -> None:
    names = ["fleet_prun", "fleet_machines", "fleet_max_hourly_costs_cents", "fleet_owner", "__fleet_x", "torchrun_x"]
    assert unknown_variables(names, "fleet") == [
        "There is no variable fleet_max_hourly_costs_cents. Did you mean fleet_max_hourly_cost_cents?",
        "There is no variable fleet_owner. If it is your own, give it a name that does not begin with fleet_.",
        "There is no variable fleet_prun. Did you mean fleet_prune?",
    ]
    assert unknown_variables(["torchrun_comand"], "torchrun") == [
        "There is no variable torchrun_comand. Did you mean torchrun_command?"
    ]


def test_a_role_that_is_none_is_refused() -> None:
    with pytest.raises(AnsibleFilterError, match="There is no role 'flete'"):
        unknown_variables([], "flete")


@pytest.mark.parametrize("role", ROLES)
def test_whatever_the_roles_and_playbooks_read_is_known(role: str) -> None:
    plugins = {path.stem for path in (ROOT / "plugins").rglob("*.py")}
    read: set[str] = set()
    for folder in ("playbooks", f"roles/{role}", "extensions/awx", "extensions/eda"):
        for path in (ROOT / folder).rglob("*"):
            if path.suffix in (".yml", ".json", ".j2"):
                read |= set(re.findall(rf"(?<![\w./-]){role}_[a-z_]+", path.read_text()))
    assert {f"{role}_state", f"{role}_manager", f"{role}_terminate"} & read
    assert unknown_variables(read - plugins, role) == []
