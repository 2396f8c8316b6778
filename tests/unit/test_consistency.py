# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from ansible_collections.lambdal.cloud.plugins.module_utils._module.core import MINIMUM
from ansible_collections.lambdal.cloud.tests.support.scripts import load_script

ROOT = Path(__file__).resolve().parents[2]
# Those that talk to the API
MODULES = {path.stem for path in (ROOT / "plugins" / "modules").glob("lambda_*.py")}
RELEASE = load_script(ROOT / "tools" / "release.py")


@pytest.mark.parametrize("name", RELEASE.SAID)
def test_every_file_says_the_version_of_galaxy_yml(name: str) -> None:
    if name.startswith("simulator/") and not (ROOT / "simulator").exists():
        pytest.skip("the simulator is no part of the collection, and this is the collection alone")
    assert RELEASE.said(name) == yaml.safe_load((ROOT / "galaxy.yml").read_text())["version"]


def test_every_module_takes_the_action_groups_defaults() -> None:
    runtime = yaml.safe_load((ROOT / "meta" / "runtime.yml").read_text())
    assert runtime["action_groups"]["lambda_cloud"] == sorted(MODULES)


def test_every_file_says_the_oldest_ansible_core() -> None:
    runtime = yaml.safe_load((ROOT / "meta" / "runtime.yml").read_text())
    assert runtime["requires_ansible"] == f">={'.'.join(map(str, MINIMUM))}.0"


def test_every_module_runs_in_the_controllers_process_by_its_own_entry_function() -> None:
    actions = {path.stem: path.read_text() for path in (ROOT / "plugins" / "action").glob("lambda_*.py")}
    assert set(actions) == MODULES, "each module needs a file of its name in plugins/action, like the others"
    for name, text in actions.items():
        assert f"plugins.modules.{name} import main\n" in text


def test_the_release_notes_begin_with_the_version() -> None:
    notes = yaml.safe_load((ROOT / "changelogs" / "changelog.yaml").read_text())
    assert yaml.safe_load((ROOT / "galaxy.yml").read_text())["version"] in notes["releases"]


def test_every_integration_test_is_run_by_one_target_of_ansible_test() -> None:
    folder = ROOT / "tests" / "integration"
    run = [
        word
        for script in folder.glob("targets/*/runme.sh")
        for word in script.read_text().split()
        if word[-3:] == ".py"
    ]
    assert sorted(run) == sorted(path.name for path in folder.glob("test_*.py"))
