# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""This collection beside what people use: a playbook of ansible.builtin.uri, and a script around curl.

    .venv/bin/python tests/benchmarks/comparison.py fleets [--machines 1,8,32]
    .venv/bin/python tests/benchmarks/comparison.py faults
    .venv/bin/python tests/benchmarks/comparison.py inventory

`fleets` ensures so many machines and ensures them again, under the service's rate limit in real time; machines boot at once, since
waiting for a boot is the same for all. Told are the requests, those refused for being too fast, and the seconds.

`faults` ensures one machine while something goes wrong with its launch, and again afterwards. Told are what each run said, and how
many machines bill after it.

`inventory` makes 1,000 machines hosts: with the inventory plugin, cold and from its cache, and with uri and add_host.
"""

from __future__ import annotations

import argparse
import concurrent.futures
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
import typing as t
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / ".build")]

from support.runner import module_environment  # noqa: E402
from support.simulator import KEY, Simulator, running_simulator  # noqa: E402

TOOLS = ("this collection", "uri playbook", "curl script")

# What strikes the first launch, as faults of the simulator in their order.
FAULTS: dict[str, list[dict[str, t.Any]]] = {
    "nothing": [],
    "connection lost before it took effect": [{"kind": "drop", "when": "before"}],
    "connection lost after it took effect": [{"kind": "drop", "when": "after"}],
    "500 after it took effect": [{"kind": "status", "status": 500, "when": "after"}],
    "502 after it took effect, from a proxy": [{"kind": "status", "status": 502, "when": "after"}],
    "503 before it took effect": [{"kind": "status", "status": 503, "when": "before"}],
    "answer after 40 s": [{"kind": "delay", "seconds": 40, "when": "after"}],
    "answer cut off": [{"kind": "truncate"}],
    "answer of something else": [{"kind": "garbage"}],
    "429 with Retry-After": [{"kind": "rate-limit", "form": "header", "retry_after": 1}],
    "429 with retry_after in the body": [{"kind": "rate-limit", "form": "body", "retry_after": 1}],
    "429 as a page of HTML": [{"kind": "rate-limit", "form": "html", "retry_after": 1}],
    "banned for a moment by the edge": [{"kind": "edge-1015"}],
    "no capacity, though the list has it": [{"kind": "no-capacity"}],
    "two runs at once, with slow lists": [
        {"kind": "delay", "operation": "list_instances", "times": 2, "seconds": 2, "when": "after"}
    ],
}
TWICE = "two runs at once, with slow lists"


class Tool:
    """Ensures machines in one of the ways."""

    def __init__(self, kind: str, simulator: Simulator, folder: Path, paced: bool) -> None:
        self._kind = kind
        self._folder = folder
        self._simulator = simulator
        pace = {} if paced else {"LAMBDA_REQUEST_INTERVAL": "0", "LAMBDA_LAUNCH_INTERVAL": "0"}
        self.environment = {
            **module_environment(folder),
            **pace,
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"),
            "LAMBDA_API_KEY": KEY,
            "LAMBDA_API_URL": simulator.api_url,
        }

    def ensure(self, names: t.Sequence[str]) -> tuple[bool, float]:
        """Whether it said that it succeeded, and after how many seconds."""
        if self._kind == "curl script":
            command = ["bash", str(HERE / "alternatives" / "script.sh"), *names]
        elif self._kind == "uri playbook":
            extra = self._folder / "extra.json"
            extra.write_text(json.dumps({"names": list(names), "api_url": self._simulator.api_url, "api_key": KEY}))
            command = ["ansible-playbook", str(HERE / "alternatives" / "uri.yml"), "-e", f"@{extra}"]
        else:
            task = {
                "name": list(names),
                "instance_type": "gpu_1x_a10",
                "region": "us-east-1",
                "ssh_key": "laptop",
            }
            play = self._folder / "play.json"
            tasks = [{"lambdal.cloud.lambda_instance": task}]
            play.write_text(json.dumps([{"hosts": "localhost", "gather_facts": False, "tasks": tasks}]))
            command = ["ansible-playbook", str(play)]
        begin = time.perf_counter()
        done = subprocess.run(command, env=self.environment, capture_output=True, check=False)
        return done.returncode == 0, time.perf_counter() - begin

    def ensure_at_once(self, names: t.Sequence[str], runs: int) -> bool:
        """Whether all of several runs at the same time said that they succeeded."""
        with concurrent.futures.ThreadPoolExecutor() as pool:
            return all(said for said, _seconds in pool.map(self.ensure, [names] * runs))


def fleets(sizes: t.Sequence[int]) -> None:
    print("| machines | tool | first run | requests, refused | again | requests, refused |\n|---|---|---|---|---|---|")
    for size in sizes:
        names = [f"m-{number:02}" for number in range(size)]
        for kind in TOOLS:
            with (
                tempfile.TemporaryDirectory() as folder,
                running_simulator(Path(folder), "--rate-limit", "--boot-time", "0") as simulator,
            ):
                simulator.seed_key("laptop")
                simulator.capacity(gpu_1x_a10={"us-east-1": 100})
                tool = Tool(kind, simulator, Path(folder), paced=True)
                cells = []
                for _each in range(2):
                    simulator.forget_requests()
                    said, seconds = tool.ensure(names)
                    told = simulator.requests()
                    refused = sum(request["status"] == 429 for request in told)
                    there = len([row for row in simulator.state()["instances"] if row["status"] == "active"])
                    outcome = "" if said and there == size else f", {'succeeded' if said else 'failed'} with {there}"
                    cells += [f"{seconds:.1f} s{outcome}", f"{len(told)}, {refused}"]
                    # The limit forgets.
                    time.sleep(12)
                print(f"| {size} | {kind} | {' | '.join(cells)} |", flush=True)


def faults() -> None:
    print("| what strikes the launch | " + " | ".join(TOOLS) + " |\n|---|" + "---|" * len(TOOLS))
    for what, faults in FAULTS.items():
        cells = []
        for kind in TOOLS:
            with (
                tempfile.TemporaryDirectory() as folder,
                running_simulator(Path(folder), "--boot-time", "0") as simulator,
            ):
                simulator.seed_key("laptop")
                tool = Tool(kind, simulator, Path(folder), paced=False)
                for fault in faults:
                    simulator.fault(**{"operation": "launch", **fault})
                counts = []
                for first in (True, False):
                    runs = 2 if first and what == TWICE else 1
                    said = tool.ensure_at_once(["m"], runs)
                    live = [row for row in simulator.state()["instances"] if row["status"] == "active"]
                    counts.append(f"{'succeeds' if said else 'fails'}, {len(live)}")
                cells.append("; ".join(counts))
        print(f"| {what} | {' | '.join(cells)} |", flush=True)


def inventory() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        scenario = folder / "scenario.yaml"
        scenario.write_text("instances:\n" + "".join(f"  - {{name: m-{number:04}}}\n" for number in range(1000)))
        with running_simulator(folder, "--scenario", str(scenario)) as simulator:
            tool = Tool("", simulator, folder, paced=False)
            config = folder / "lambda.yml"
            cache = "cache: true\ncache_plugin: ansible.builtin.jsonfile\ncache_connection: cache\n"
            config.write_text(f"plugin: lambdal.cloud.lambda_cloud\n{cache}")
            extra = folder / "extra.json"
            extra.write_text(json.dumps({"api_url": simulator.api_url, "api_key": KEY}))
            ours = ["ansible-inventory", "-i", str(config), "--list", "--output", str(folder / "list.json")]
            kinds = {
                "the inventory plugin, cold": [*ours, "--flush-cache"],
                "the inventory plugin, from its cache": ours,
                "uri and add_host": [
                    "ansible-playbook",
                    str(HERE / "alternatives" / "add_host.yml"),
                    "-e",
                    f"@{extra}",
                ],
            }
            print("| 1,000 machines | seconds | requests |\n|---|---|---|")
            for kind, command in kinds.items():
                times = []
                for _each in range(3):
                    simulator.forget_requests()
                    begin = time.perf_counter()
                    subprocess.run(command, env=tool.environment, cwd=folder, capture_output=True, check=True)
                    times.append(time.perf_counter() - begin)
                print(f"| {kind} | {statistics.median(times):.1f} | {len(simulator.requests())} |")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["fleets", "faults", "inventory"])
    parser.add_argument("--machines", default="1,8,32")
    options = parser.parse_args()
    if options.what == "fleets":
        fleets([int(size) for size in options.machines.split(",")])
    elif options.what == "faults":
        faults()
    else:
        inventory()


if __name__ == "__main__":
    main()
