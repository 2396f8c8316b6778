# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every EXAMPLES block runs as it stands."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml
from support.examples import examples
from support.runner import ROOT, ansible
from support.simulator import Simulator

PUBLIC = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAaTM9EBVJ7WcVcV5nUJPwJ6gYzJ3nOVkqzQwVvWfJbx me"

MODULES = sorted(path.stem for path in (ROOT / "plugins" / "modules").glob("*.py"))


@pytest.mark.parametrize("module", MODULES)
def test_the_examples_of_a_module_run(
    simulator: Simulator, environment: dict[str, str], home: Path, tmp_path: Path, module: str
) -> None:
    simulator.capacity(gpu_1x_h100_pcie={"us-east-1": 3}, gpu_1x_a100_sxm4={"us-west-1": 2})
    (home / ".ssh").mkdir()
    (home / ".ssh" / "id_ed25519.pub").write_text(PUBLIC)
    if module != "lambda_ssh_key":
        simulator.seed_key("laptop", PUBLIC)
    tasks = yaml.safe_load(examples(ROOT / "plugins" / "modules" / f"{module}.py"))
    play = {
        "hosts": "localhost",
        "gather_facts": False,
        "module_defaults": {"lambdal.cloud.lambda_instance": {"wait_interval": 0.1}},
        "tasks": tasks,
    }
    (tmp_path / "play.yml").write_text(json.dumps([play]))
    done = ansible(["ansible-playbook", str(tmp_path / "play.yml")], environment)
    assert f"ok={len(tasks)}" in done.stdout
    assert "WARNING" not in done.stdout + done.stderr


def test_the_action_group_carries_defaults(simulator: Simulator, environment: dict[str, str], tmp_path: Path) -> None:
    del environment["LAMBDA_API_KEY"], environment["LAMBDA_API_URL"]
    play = {
        "hosts": "localhost",
        "gather_facts": False,
        "module_defaults": {
            "group/lambdal.cloud.lambda_cloud": {"api_key": "test-key-1f0c", "api_url": simulator.api_url}
        },
        "tasks": [{f"lambdal.cloud.{module}": {}} for module in MODULES if module.endswith("_info")],
    }
    (tmp_path / "play.yml").write_text(json.dumps([play]))
    ansible(["ansible-playbook", str(tmp_path / "play.yml")], environment)
    assert len(simulator.operations()) == len(play["tasks"])
