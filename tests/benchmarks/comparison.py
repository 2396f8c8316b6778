# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""This collection beside what people use: a playbook of ansible.builtin.uri, and a script around curl.

    .venv/bin/python tests/benchmarks/comparison.py fleets [--instances 1,8,32] [--runs 3] [--tools "this collection,curl script"]
    .venv/bin/python tests/benchmarks/comparison.py faults
    .venv/bin/python tests/benchmarks/comparison.py inventory

In front of the simulator is a network with a latency, by default of 50 to 150 ms for each request and for each response (--latency).

`fleets` ensures so many instances and ensures them again, under the service's rate limit in real time; instances boot at once, since
waiting for a boot is the same for all. All tools and runs of one size take place side by side, each with an account of its own.
Told are, of several runs the worst of each: the seconds, their ratio to the least that the limit allows, which is twelve seconds for
each launch but the first, the requests, and those of them that were refused as too fast.

`faults` ensures one instance while something goes wrong with its launch, and again afterwards. Told are what each run said, and how
many instances bill after it.

`inventory` makes 1,000 instances hosts: with the inventory plugin, cold and from its cache, and with uri and add_host.
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
import threading
import time
import typing as t
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / ".build")]

from lambda_cloud_simulator.testing import API_KEY, Simulator, running_simulator  # noqa: E402
from support.runner import UNPACED, ansible_environment  # noqa: E402

LAUNCH_SECONDS = 12.0
# Between the starts of two runs, which need the processor most at their beginning.
START_SECONDS = 4.0

TOOLS = ("this collection", "uri playbook", "curl script")

# What strikes the first launch, as faults of the simulator in their order.
FAULTS: dict[str, list[dict[str, t.Any]]] = {
    "nothing": [],
    "connection lost before it took effect": [{"kind": "drop", "when": "before"}],
    "connection lost after it took effect": [{"kind": "drop", "when": "after"}],
    "500 after it took effect": [{"kind": "status", "status": 500, "when": "after"}],
    "502 after it took effect, from a proxy": [{"kind": "status", "status": 502, "when": "after"}],
    "503 before it took effect": [{"kind": "status", "status": 503, "when": "before"}],
    "response after 40 s": [{"kind": "delay", "seconds": 40, "when": "after"}],
    "response cut off": [{"kind": "truncate"}],
    "response that is not the API's": [{"kind": "garbage"}],
    "429 with Retry-After": [{"kind": "rate-limit", "form": "header", "retry_after": 1}],
    "429 with retry_after in the body": [{"kind": "rate-limit", "form": "body", "retry_after": 1}],
    "429 as a page of HTML": [{"kind": "rate-limit", "form": "html", "retry_after": 1}],
    "temporary ban by the edge": [{"kind": "edge-1015"}],
    "no capacity, although listed": [{"kind": "no-capacity"}],
    "two runs at once, with slow lists": [
        {"kind": "delay", "operation": "list_instances", "times": 2, "seconds": 2, "when": "after"}
    ],
}
TWICE = "two runs at once, with slow lists"


class Tool:
    """Ensures instances in one of the ways."""

    def __init__(self, kind: str, simulator: Simulator, folder: Path, paced: bool) -> None:
        self._kind = kind
        self._folder = folder
        self._simulator = simulator
        self.environment = {
            **ansible_environment(simulator, folder),
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        }
        if paced:
            for name in UNPACED:
                del self.environment[name]

    def ensure(self, names: t.Sequence[str]) -> tuple[bool, float]:
        """Whether it said that it succeeded, and after how many seconds."""
        if self._kind == "curl script":
            command = ["bash", str(HERE / "alternatives" / "script.sh"), *names]
        elif self._kind == "uri playbook":
            extra = self._folder / "extra.json"
            extra.write_text(json.dumps({"names": list(names), "api_url": self._simulator.api_url, "api_key": API_KEY}))
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


class Run(t.NamedTuple):
    """What ensuring a fleet took. `fault` is empty if it did what it said that it did."""

    seconds: float
    requests: int
    refused: int
    fault: str


def fleets(sizes: t.Sequence[int], tools: t.Sequence[str], runs: int, latency: str) -> None:
    print(
        "| instances | tool | first run | ratio | requests, refused | second run | requests, refused |\n|---|---|---|---|---|---|---|"
    )
    for size in sizes:
        names = [f"m-{number:02}" for number in range(size)]
        kinds = [kind for kind in tools for _run in range(runs)]
        ready = threading.Barrier(len(kinds))
        with concurrent.futures.ThreadPoolExecutor(len(kinds)) as pool:
            waiting = [
                pool.submit(ensure_twice, kind, names, latency, ready, number * START_SECONDS)
                for number, kind in enumerate(kinds)
            ]
            results = [each.result() for each in waiting]
        for number, kind in enumerate(tools):
            first, second = zip(*results[number * runs : (number + 1) * runs], strict=True)
            floor = (size - 1) * LAUNCH_SECONDS
            ratio = f"{max(run.seconds for run in first) / floor:.3f}" if floor else ""
            print(f"| {size} | {kind} | {_worst(first, ratio)} | {_worst(second)} |", flush=True)


def _worst(runs: t.Sequence[Run], *more: str) -> str:
    """Return the worst figure of each kind, as cells of a table."""
    faults = sorted({run.fault for run in runs if run.fault})
    seconds = ", ".join([f"{max(run.seconds for run in runs):.1f} s", *faults])
    requests = f"{max(run.requests for run in runs)}, {max(run.refused for run in runs)}"
    return " | ".join([seconds, *more, requests])


def ensure_twice(kind: str, names: t.Sequence[str], latency: str, ready: threading.Barrier, delay: float) -> list[Run]:
    """Ensure a fleet with one of the tools, so many seconds after all are ready, and once more."""
    with (
        tempfile.TemporaryDirectory() as folder,
        running_simulator(
            "--rate-limit", "strict", "--latency", latency, "--boot-time", "0", folder=Path(folder)
        ) as simulator,
    ):
        simulator.seed_ssh_key("laptop")
        simulator.set_capacity(gpu_1x_a10={"us-east-1": 100})
        tool = Tool(kind, simulator, Path(folder), paced=True)
        ready.wait()
        time.sleep(delay)
        runs = []
        for _each in range(2):
            simulator.forget_requests()
            said, seconds = tool.ensure(names)
            there = len([row for row in simulator.state()["instances"] if row["status"] == "active"])
            fault = "" if said and there == len(names) else f"{'succeeded' if said else 'failed'} with {there}"
            runs.append(Run(seconds, len(simulator.requests()), refused(simulator), fault))
            # The limit forgets.
            time.sleep(LAUNCH_SECONDS)
        return runs


def refused(simulator: Simulator) -> int:
    """Return how many of the requests in the log were refused as too fast."""
    return sum(request["status"] == 429 for request in simulator.requests())


def faults(latency: str) -> None:
    print("| failure of the launch | " + " | ".join(TOOLS) + " |\n|---|" + "---|" * len(TOOLS))
    for what, faults in FAULTS.items():
        cells = []
        for kind in TOOLS:
            with (
                tempfile.TemporaryDirectory() as folder,
                running_simulator("--boot-time", "0", "--latency", latency, folder=Path(folder)) as simulator,
            ):
                simulator.seed_ssh_key("laptop")
                tool = Tool(kind, simulator, Path(folder), paced=False)
                for fault in faults:
                    simulator.add_fault(**{"operation": "launch", **fault})
                counts = []
                for first in (True, False):
                    runs = 2 if first and what == TWICE else 1
                    said = tool.ensure_at_once(["m"], runs)
                    live = [row for row in simulator.state()["instances"] if row["status"] == "active"]
                    counts.append(f"{'succeeds' if said else 'fails'}, {len(live)}")
                cells.append(f"{'; '.join(counts)}; {refused(simulator)} refused")
        print(f"| {what} | {' | '.join(cells)} |", flush=True)


def inventory(latency: str) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        scenario = folder / "scenario.yaml"
        scenario.write_text("instances:\n" + "".join(f"  - {{name: m-{number:04}}}\n" for number in range(1000)))
        with running_simulator("--scenario", str(scenario), "--latency", latency, folder=folder) as simulator:
            tool = Tool("", simulator, folder, paced=False)
            config = folder / "lambda.yml"
            cache = "cache: true\ncache_plugin: ansible.builtin.jsonfile\ncache_connection: cache\n"
            config.write_text(f"plugin: lambdal.cloud.lambda_cloud\n{cache}")
            extra = folder / "extra.json"
            extra.write_text(json.dumps({"api_url": simulator.api_url, "api_key": API_KEY}))
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
            print("| 1,000 instances | seconds | requests, refused |\n|---|---|---|")
            for kind, command in kinds.items():
                times = []
                for _each in range(3):
                    simulator.forget_requests()
                    begin = time.perf_counter()
                    subprocess.run(command, env=tool.environment, cwd=folder, capture_output=True, check=True)
                    times.append(time.perf_counter() - begin)
                print(
                    f"| {kind} | {statistics.median(times):.1f} | {len(simulator.requests())}, {refused(simulator)} |"
                )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["fleets", "faults", "inventory"])
    parser.add_argument("--instances", default="1,8,32", help="fleets to ensure")
    parser.add_argument("--tools", default=",".join(TOOLS), help="what to ensure them with")
    parser.add_argument("--runs", type=int, default=3, help="runs of each, the worst of which is shown")
    parser.add_argument("--latency", default="100:50", help="MS[:JITTER] of the simulator's network")
    options = parser.parse_args()
    if options.what == "fleets":
        fleets(
            [int(size) for size in options.instances.split(",")],
            options.tools.split(","),
            options.runs,
            options.latency,
        )
    elif options.what == "faults":
        faults(options.latency)
    else:
        inventory(options.latency)


if __name__ == "__main__":
    main()
