# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Time of playbooks of 1, 20 and 100 tasks: ours in both modes, beside debug, ping and uri.

    .venv/bin/python tests/benchmarks/tasks.py [--tasks 1,20,100] [--rounds 3] [--shape tasks,loop]

Every run is paired with one of debug right before it, so that a machine which is busy for a while slows both. Told are
the medians of the seconds, start of Ansible included, and of the ratios to the debug of the same pair.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
import time
import typing as t
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / ".build")]

from lambda_cloud_simulator.testing import Simulator, running_simulator  # noqa: E402
from support.runner import MODES, ansible, ansible_environment  # noqa: E402

DEBUG: dict[str, t.Any] = {"ansible.builtin.debug": {"msg": "Hello"}}
OURS: dict[str, t.Any] = {"lambdal.cloud.lambda_ssh_key_info": {}}


class Bench:
    """Runs playbooks and says how long they took."""

    def __init__(self, simulator: Simulator, folder: Path) -> None:
        self.folder = folder
        self.environment = ansible_environment(simulator, folder)
        # Compiled files are kept, as they are where Ansible is used.
        del self.environment["PYTHONDONTWRITEBYTECODE"]
        uri = {
            "url": f"{simulator.api_url}/ssh-keys",
            "headers": {"Authorization": f"Bearer {simulator.api_key}"},
            "return_content": True,
        }
        self.kinds: dict[str, tuple[dict[str, t.Any], str]] = {
            "ours, direct": (OURS, MODES["direct"]),
            "ours, process": (OURS, MODES["process"]),
            "ping": ({"ansible.builtin.ping": {}}, ""),
            "uri": ({"ansible.builtin.uri": uri}, ""),
        }

    def seconds(self, task: dict[str, t.Any], tasks: int, shape: str, direct: str = "true") -> float:
        """How long a playbook takes that runs a task so often, as so many tasks or as one with a loop."""
        many = [task] * tasks if shape == "tasks" else [{**task, "loop": list(range(tasks))}]
        play = self.folder / "play.json"
        play.write_text(json.dumps([{"hosts": "localhost", "gather_facts": False, "tasks": many}]))
        begin = time.monotonic()
        ansible(["ansible-playbook", str(play)], {**self.environment, "LAMBDA_CLOUD_DIRECT": direct})
        return time.monotonic() - begin

    def compare(self, kind: str, tasks: int, shape: str, rounds: int) -> None:
        task, direct = self.kinds[kind]
        pairs = [
            (self.seconds(DEBUG, tasks, shape), self.seconds(task, tasks, shape, direct or "true"))
            for _each in range(rounds)
        ]
        debug = statistics.median(pair[0] for pair in pairs)
        other = statistics.median(pair[1] for pair in pairs)
        ratio = statistics.median(pair[1] / pair[0] for pair in pairs)
        print(f"{tasks:5} {shape:6} {kind:15} {other:8.2f} {debug:8.2f} {ratio:7.2f}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tasks", default="1,20,100", help="how many tasks a playbook has")
    parser.add_argument("--shape", default="tasks,loop", help="as so many tasks, as one with a loop, or either")
    parser.add_argument("--kinds", default="ours, direct;ours, process;ping;uri", help="what to run, with semicolons")
    parser.add_argument("--rounds", type=int, default=3, help="pairs of each kind")
    options = parser.parse_args()
    print(f"{'tasks':>5} {'shape':6} {'':15} {'seconds':>8} {'debug':>8} {'ratio':>7}")
    with tempfile.TemporaryDirectory() as name, running_simulator(folder=Path(name)) as simulator:
        bench = Bench(simulator, Path(name))
        for tasks in (int(each) for each in options.tasks.split(",")):
            for shape in options.shape.split(","):
                for kind in options.kinds.split(";"):
                    bench.compare(kind, tasks, shape, options.rounds)


if __name__ == "__main__":
    main()
