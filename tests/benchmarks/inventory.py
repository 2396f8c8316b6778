# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The inventory plugin against a static inventory of the same hosts, groups and variables, run in pairs.

    .venv/bin/python tests/benchmarks/inventory.py [--instances 10 100 1000 10000] [--pairs 5] [--kinds plain shared distinct]

Plain, with expressions whose values many hosts share, and with three keyed groups, a composed variable and a condition whose values
differ for every host. Prints the median processor time (user and system) of each, and the medians of the ratios of processor time,
wall time and memory. Processor time counts, since other work on the computer changes it less than wall time.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
import typing as t
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from lambda_cloud_simulator.testing import running_simulator
from support.runner import ROOT, ansible_environment

KINDS: dict[str, dict[str, t.Any]] = {
    "plain": {},
    "shared": {
        "compose": {
            "gpus": "lambda_instance_type.specs.gpus * 2",
            "short": "lambda_name | upper",
        },
        "groups": {
            "even": "lambda_name.endswith(('0', '2', '4', '6', '8'))",
            "big": "lambda_instance_type.specs.gpus > 0",
        },
        "keyed_groups": [
            {"key": "lambda_region.name", "prefix": "region"},
            {"key": "lambda_instance_type.name", "prefix": "type"},
        ],
    },
    "distinct": {
        "compose": {"short": "lambda_name | regex_replace('^m-', '')"},
        "groups": {"even": "lambda_name.endswith(('0', '2', '4', '6', '8'))"},
        "keyed_groups": [
            {"key": "lambda_id", "prefix": "id"},
            {"key": "lambda_tags | items2dict", "prefix": "tag"},
            {"key": "lambda_ip | replace('.', '_')", "prefix": "ip"},
        ],
    },
}


class Cost(t.NamedTuple):
    """What a command took: seconds of processors and of wall time, and MiB of memory."""

    processor: float
    wall: float
    memory: float


def run(command: list[str], environment: dict[str, str], output: Path) -> Cost:
    """Run a command with its output in a file, and return what it took."""
    begin = time.perf_counter()
    with output.open("wb") as file:
        process = subprocess.Popen(
            [str(Path(sys.executable).parent / command[0]), *command[1:]],
            cwd=ROOT,
            env=environment,
            stdout=file,
            stderr=subprocess.PIPE,
        )
        assert process.stderr is not None
        errors = process.stderr.read()
        _pid, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(errors.decode())
    return Cost(used.ru_utime + used.ru_stime, time.perf_counter() - begin, used.ru_maxrss / 1024)


def compare(commands: t.Sequence[list[str]], environment: dict[str, str], folder: Path, pairs: int) -> str:
    """Return the median processor time of two commands that run in turns, and the median ratios of what they took."""
    costs = [[run(command, environment, folder / "output") for command in commands] for _pair in range(pairs)]
    ours, theirs = (statistics.median(cost.processor for cost in each) for each in zip(*costs, strict=True))
    ratios = [statistics.median(one[part] / other[part] for one, other in costs) for part in range(len(Cost._fields))]
    return f"{ours:8.2f}  {theirs:8.2f}  {ratios[0]:9.2f}  {ratios[1]:5.2f}  {ratios[2]:6.2f}"


HEADER = f"{'plugin s':>8}  {'static s':>8}  {'processor':>9}  {'wall':>5}  {'memory':>6}"


def static(listed: dict[str, t.Any]) -> dict[str, t.Any]:
    """Return what `--list` printed as a static inventory in Ansible's YAML form, of which JSON is a part."""
    variables = listed["_meta"]["hostvars"]
    groups: dict[str, t.Any] = {}
    for name, group in listed.items():
        if name not in ("_meta", "all"):
            groups[name] = {"hosts": {host: {} for host in group.get("hosts", [])}}
    return {"all": {"hosts": variables, "children": groups}}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--instances", type=int, nargs="+", default=[10, 100, 1000, 10000])
    parser.add_argument("--pairs", type=int, default=5)
    parser.add_argument("--kinds", nargs="+", choices=list(KINDS), default=list(KINDS))
    parser.add_argument("--commands", nargs="+", choices=["list", "graph"], default=["list"])
    options = parser.parse_args()
    print(f"{'instances':>9}  {'kind':8}  {'command':7}  {HEADER}")
    for count in options.instances:
        with tempfile.TemporaryDirectory() as name:
            measure(Path(name), count, options)


def measure(folder: Path, count: int, options: argparse.Namespace) -> None:
    scenario = folder / "scenario.yaml"
    rows = "".join(
        f"  - {{name: m-{number:05}, ip: 198.18.{number // 250}.{number % 250 + 1}, tags: {{role: r{number:05}}}}}\n"
        for number in range(count)
    )
    scenario.write_text(f"instances:\n{rows}")
    with running_simulator("--scenario", str(scenario), folder=folder) as simulator:
        environment = ansible_environment(simulator, folder)
        for kind in options.kinds:
            dynamic = folder / f"{kind}.lambda.yml"
            dynamic.write_text(json.dumps({"plugin": "lambdal.cloud.lambda_cloud", **KINDS[kind]}))
            run(["ansible-inventory", "-i", str(dynamic), "--list"], environment, folder / "listed")
            fixed = folder / f"{kind}.json"
            fixed.write_text(json.dumps(static(json.loads((folder / "listed").read_text()))))
            for command in options.commands:
                commands = [["ansible-inventory", "-i", str(path), f"--{command}"] for path in (dynamic, fixed)]
                figures = compare(commands, environment, folder, options.pairs)
                print(f"{count:>9}  {kind:8}  {command:7}  {figures}", flush=True)


if __name__ == "__main__":
    main()
