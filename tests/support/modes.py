# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Running plays in either mode of running modules: in the controller's process, or in one of their own."""

from __future__ import annotations

import json
import shutil
import typing as t
from dataclasses import dataclass
from pathlib import Path

from lambda_cloud_simulator.testing import Simulator
from support.runner import CALLBACKS, MODES, ROOT, ansible


@dataclass
class Ran:
    """A finished playbook: each result, what was printed, and every request."""

    results: list[dict[str, t.Any]]
    output: str
    requests: list[dict[str, t.Any]]

    def result(self, task: str) -> dict[str, t.Any]:
        """Return the result of the task of that name; fail unless there is one."""
        (found,) = [each["result"] for each in self.results if each["task"] == task and "item" not in each["kind"]]
        return t.cast("dict[str, t.Any]", found)


def run_play(
    mode: str,
    plays: list[dict[str, t.Any]],
    simulator: Simulator,
    environment: dict[str, str],
    folder: Path,
    arguments: t.Sequence[str] = (),
    succeed: bool = True,
    cwd: Path = ROOT,
) -> Ran:
    """Run plays in a mode, from a folder that is made anew."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    (folder / "play.yml").write_text(json.dumps(plays))
    (folder / "record").touch()
    simulator.forget_requests()
    done = ansible(
        ["ansible-playbook", str(folder / "play.yml"), *arguments],
        {
            **environment,
            "LAMBDA_CLOUD_DIRECT": MODES[mode],
            "ANSIBLE_CALLBACK_PLUGINS": str(CALLBACKS),
            "ANSIBLE_CALLBACKS_ENABLED": "record",
            "RECORD_FILE": str(folder / "record"),
        },
        succeed=succeed,
        cwd=cwd,
    )
    lines = (folder / "record").read_text().splitlines()
    return Ran([json.loads(line) for line in lines], done.stdout + done.stderr, simulator.requests())
