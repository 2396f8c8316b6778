# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import runpy

import pytest
import yaml
from support.runner import ROOT

RELEASE = runpy.run_path(str(ROOT / "tools" / "release.py"))


@pytest.mark.parametrize("name", RELEASE["SAID"])
def test_every_file_says_the_version_of_galaxy_yml(name: str) -> None:
    assert RELEASE["said"](name) == yaml.safe_load((ROOT / "galaxy.yml").read_text())["version"]


def test_every_module_takes_the_action_groups_defaults() -> None:
    runtime = yaml.safe_load((ROOT / "meta" / "runtime.yml").read_text())
    modules = sorted(path.stem for path in (ROOT / "plugins" / "modules").glob("*.py"))
    assert runtime["action_groups"]["lambda_cloud"] == modules


def test_every_module_runs_in_the_controllers_process_by_its_own_entry_function() -> None:
    modules = {path.stem for path in (ROOT / "plugins" / "modules").glob("*.py")}
    actions = {path.stem: path.read_text() for path in (ROOT / "plugins" / "action").glob("*.py")}
    assert set(actions) == modules, "each module needs a file of its name in plugins/action, like the others"
    for name, text in actions.items():
        assert f"plugins.modules.{name} import main\n" in text


def test_the_release_notes_begin_with_the_version() -> None:
    notes = yaml.safe_load((ROOT / "changelogs" / "changelog.yaml").read_text())
    assert yaml.safe_load((ROOT / "galaxy.yml").read_text())["version"] in notes["releases"]
