# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every EXAMPLES block runs as it stands."""

from __future__ import annotations

import json
import typing as t
from pathlib import Path

import pytest
import yaml
from lambda_cloud_simulator.testing import API_KEY, Simulator
from support.examples import examples
from support.runner import MODULE_NAMES, ROOT, ansible
from support.samples import PUBLIC_KEY_LINE
from support.tools import needs_tools


def run_examples(tasks: list[dict[str, t.Any]], environment: dict[str, str], folder: Path) -> None:
    """Run examples as the tasks of a play, none of which may fail or warn."""
    play = {
        "hosts": "localhost",
        "gather_facts": False,
        "module_defaults": {"lambdal.cloud.lambda_instance": {"wait_interval": 0.1}},
        "tasks": tasks,
    }
    (folder / "play.yml").write_text(json.dumps([play]))
    done = ansible(["ansible-playbook", str(folder / "play.yml")], environment)
    assert f"ok={len(tasks)}" in done.stdout
    assert "WARNING" not in done.stdout + done.stderr


@pytest.mark.parametrize("module", MODULE_NAMES)
def test_the_examples_of_a_module_run(
    simulator: Simulator, environment: dict[str, str], home: Path, tmp_path: Path, module: str
) -> None:
    simulator.set_capacity(gpu_1x_h100_pcie={"us-east-1": 3}, gpu_1x_a100_sxm4={"us-west-1": 2})
    (home / ".ssh").mkdir()
    (home / ".ssh" / "id_ed25519.pub").write_text(PUBLIC_KEY_LINE)
    if module != "lambda_ssh_key":
        simulator.seed_ssh_key("laptop", PUBLIC_KEY_LINE)
    tasks = yaml.safe_load(examples(ROOT / "plugins" / "modules" / f"{module}.py"))
    run_examples(tasks, environment, tmp_path)


# One reads what it shows of this system.
@needs_tools("ip")
def test_the_examples_of_the_filters_run(simulator: Simulator, environment: dict[str, str], tmp_path: Path) -> None:
    simulator.seed_ssh_key("laptop", PUBLIC_KEY_LINE)
    simulator.seed_instance("train-1", ssh_key_names=["laptop"])
    files = sorted((ROOT / "plugins" / "filter").glob("*.py"))
    tasks = [task for path in files for task in yaml.safe_load(examples(path))]
    run_examples(tasks, environment, tmp_path)


def test_the_action_group_carries_defaults(simulator: Simulator, environment: dict[str, str], tmp_path: Path) -> None:
    del environment["LAMBDA_API_KEY"], environment["LAMBDA_API_URL"]
    play = {
        "hosts": "localhost",
        "gather_facts": False,
        "module_defaults": {"group/lambdal.cloud.lambda_cloud": {"api_key": API_KEY, "api_url": simulator.api_url}},
        "tasks": [{f"lambdal.cloud.{module}": {}} for module in MODULE_NAMES if module.endswith("_info")],
    }
    (tmp_path / "play.yml").write_text(json.dumps([play]))
    ansible(["ansible-playbook", str(tmp_path / "play.yml")], environment)
    assert len(simulator.operations()) == len(play["tasks"])
