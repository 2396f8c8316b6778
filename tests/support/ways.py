# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The two ways in which a task runs a module: in the controller's process, or in one of its own."""

from __future__ import annotations

import json
import re
import shutil
import typing as t
from dataclasses import dataclass
from pathlib import Path

from support.runner import CALLBACKS, ROOT, ansible
from support.simulator import Simulator

# What LAMBDA_CLOUD_DIRECT is set to.
WAYS = {"direct": "true", "process": "false"}


@dataclass
class Ran:
    """What a playbook left: each result, what was printed, and every request."""

    results: list[dict[str, t.Any]]
    output: str
    requests: list[dict[str, t.Any]]

    def result(self, task: str) -> dict[str, t.Any]:
        """The result of the task of that name; fails unless there is one."""
        (found,) = [each["result"] for each in self.results if each["task"] == task and "item" not in each["kind"]]
        return t.cast("dict[str, t.Any]", found)


def run_play(
    way: str,
    plays: list[dict[str, t.Any]],
    simulator: Simulator,
    environment: dict[str, str],
    folder: Path,
    arguments: t.Sequence[str] = (),
    succeed: bool = True,
    cwd: Path = ROOT,
) -> Ran:
    """Run plays in one of the ways, from a folder that is made anew."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    (folder / "play.yml").write_text(json.dumps(plays))
    (folder / "record").touch()
    simulator.forget_requests()
    done = ansible(
        ["ansible-playbook", str(folder / "play.yml"), *arguments],
        {
            **environment,
            "LAMBDA_CLOUD_DIRECT": WAYS[way],
            "ANSIBLE_CALLBACK_PLUGINS": str(CALLBACKS),
            "ANSIBLE_CALLBACKS_ENABLED": "record",
            "RECORD_FILE": str(folder / "record"),
        },
        succeed=succeed,
        cwd=cwd,
    )
    lines = (folder / "record").read_text().splitlines()
    return Ran([json.loads(line) for line in lines], done.stdout + done.stderr, simulator.requests())


# What the service makes up: ids, moments, keys, addresses and the names made of them; and the ports of servers.
_MADE_UP = re.compile(
    r"\b[0-9a-f]{32}\b|(?<=-)[0-9a-f]{8}\b|ssh-(?:ed25519|rsa) AAAA[\w+/=]+|\b(?:198|10)([.-])\d+\1\d+\1\d+\b"
    r"|\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[\w.+:]*|(?<=127\.0\.0\.1:)\d+"
)


def plain(value: t.Any, folder: Path | None = None) -> t.Any:
    """A value without what differs from run to run: what was made up is numbered by its first appearance."""
    names: dict[str, str] = {}
    text = json.dumps(value, sort_keys=True)
    if folder:
        text = text.replace(str(folder), "FOLDER")
    return json.loads(_MADE_UP.sub(lambda found: names.setdefault(found[0], f"made-up-{len(names) + 1}"), text))


def differences(one: t.Any, other: t.Any, where: str = "") -> list[str]:
    """What differs between two values, each with its place."""
    if isinstance(one, dict) and isinstance(other, dict) and one.keys() == other.keys():
        return [text for name in one for text in differences(one[name], other[name], f"{where}.{name}")]
    if isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        pairs = enumerate(zip(one, other, strict=True))
        return [text for number, pair in pairs for text in differences(*pair, f"{where}[{number}]")]
    return [] if one == other else [f"{where}: {one!r} != {other!r}"]
