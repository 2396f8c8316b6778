# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from pathlib import Path

import yaml
from ansible_collections.lambdal.cloud.plugins.module_utils._version import VERSION

ROOT = Path(__file__).resolve().parents[2]


def test_the_user_agent_tells_the_released_version() -> None:
    assert yaml.safe_load((ROOT / "galaxy.yml").read_text())["version"] == VERSION


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
