# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The inventory plugin against a static inventory of the same hosts, groups and variables, run in pairs.

    .venv/bin/python tests/benchmarks/inventory.py [--machines 10 100 1000 10000] [--pairs 5]

Plain, and with two composed variables, two conditional groups and two keyed groups. Prints the median wall time of each and of
their ratios.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
import typing as t
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.runner import ROOT, module_environment
from support.simulator import KEY, running_simulator

CONSTRUCTED: dict[str, t.Any] = {
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
}


def run(command: list[str], environment: dict[str, str]) -> tuple[float, str]:
    """Seconds that a command took, and what it printed."""
    begin = time.perf_counter()
    done = subprocess.run(
        [str(Path(sys.executable).parent / command[0]), *command[1:]],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env=environment,
        check=True,
    )
    return time.perf_counter() - begin, done.stdout


def static(listed: dict[str, t.Any]) -> dict[str, t.Any]:
    """What `--list` printed as a static inventory in Ansible's YAML form, of which JSON is a part."""
    variables = listed["_meta"]["hostvars"]
    groups: dict[str, t.Any] = {}
    for name, group in listed.items():
        if name not in ("_meta", "all"):
            groups[name] = {"hosts": {host: {} for host in group.get("hosts", [])}}
    return {"all": {"hosts": variables, "children": groups}}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--machines", type=int, nargs="+", default=[10, 100, 1000, 10000])
    parser.add_argument("--pairs", type=int, default=5)
    options = parser.parse_args()
    print(f"{'machines':>8}  {'kind':11}  {'command':7}  {'plugin s':>8}  {'static s':>8}  {'ratio':>5}")
    for count in options.machines:
        with tempfile.TemporaryDirectory() as name:
            measure(Path(name), count, options.pairs)


def measure(folder: Path, count: int, pairs: int) -> None:
    scenario = folder / "scenario.yaml"
    rows = "".join(
        f"  - {{name: m-{number:05}, ip: 198.18.{number // 250}.{number % 250 + 1}}}\n" for number in range(count)
    )
    scenario.write_text(f"instances:\n{rows}")
    with running_simulator(folder, "--scenario", str(scenario)) as simulator:
        environment = {
            **module_environment(folder),
            "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"),
            "LAMBDA_API_KEY": KEY,
            "LAMBDA_API_URL": simulator.api_url,
            "LAMBDA_REQUEST_INTERVAL": "0",
        }
        for kind, constructed in (("plain", {}), ("constructed", CONSTRUCTED)):
            dynamic = folder / f"{kind}.lambda.yml"
            dynamic.write_text(json.dumps({"plugin": "lambdal.cloud.lambda_cloud", **constructed}))
            _seconds, listed = run(["ansible-inventory", "-i", str(dynamic), "--list"], environment)
            fixed = folder / f"{kind}.json"
            fixed.write_text(json.dumps(static(json.loads(listed))))
            for command in ("--list", "--graph"):
                times = [
                    tuple(
                        run(["ansible-inventory", "-i", str(path), command], environment)[0]
                        for path in (dynamic, fixed)
                    )
                    for _each in range(pairs)
                ]
                ours, theirs = (statistics.median(each) for each in zip(*times, strict=True))
                ratio = statistics.median(one / other for one, other in times)
                print(f"{count:>8}  {kind:11}  {command:7}  {ours:8.2f}  {theirs:8.2f}  {ratio:5.2f}", flush=True)


if __name__ == "__main__":
    main()
