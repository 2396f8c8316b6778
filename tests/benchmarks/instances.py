# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Requests and time of ensuring machines, cold and warm, beside the least that the service's rate limit allows.

    .venv/bin/python tests/benchmarks/instances.py [--machines 1,8,32] [--forks 50] [--time-scale 20]

Every row is measured on a simulator with the rate limit on. The floor of a cold run is one launch interval for each
machine but the first, and one boot until the address is there; of a warm run nothing; of many processes with a request
each, one request interval for each but the first. Seconds are simulated ones, real at --time-scale 1; start-up of
Python counts in real time, and so for more the faster time is.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
import typing as t
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / ".build")]

from support.runner import Modules, module_environment  # noqa: E402
from support.simulator import Simulator, running_simulator  # noqa: E402

REQUEST_SECONDS, LAUNCH_SECONDS, BOOT_SECONDS = 1.0, 12.0, 180.0
# The simulator lets an address show up so much later than the status.
ADDRESS_SECONDS = 8.0


class Bench:
    """Runs modules in a simulator's time and prints what they took."""

    def __init__(self, simulator: Simulator, folder: Path, scale: float) -> None:
        self.simulator = simulator
        self.scale = scale
        self.pace = {"request_interval": REQUEST_SECONDS / scale, "launch_interval": LAUNCH_SECONDS / scale}
        self.modules = Modules(simulator, module_environment(folder))

    def measure(self, title: str, floor: float, work: t.Callable[[], None]) -> None:
        self.simulator.forget_requests()
        begin = time.monotonic()
        work()
        wall = (time.monotonic() - begin) * self.scale
        requests = self.simulator.requests()
        refused = sum(request["status"] == 429 for request in requests)
        ratio = f"{wall / floor:9.2f}" if floor else "        -"
        print(f"{title:30} {len(requests):9} {refused:8} {wall:9.1f} {floor:9.1f} {ratio}", flush=True)

    def ensure(self, machines: int) -> None:
        done = self.modules.run(
            "lambda_instance",
            name=[f"m-[1:{machines}]"],
            instance_type=["gpu_1x_a10"],
            region=["us-east-1"],
            ssh_key="laptop",
            wait_interval=10 / self.scale,
            **self.pace,
        )
        assert not done.failed, done["msg"]
        assert len(self.simulator.live()) == machines

    def many(self, processes: int) -> None:
        running = [self.modules.start("lambda_instance_info", **self.pace) for _each in range(processes)]
        assert not [process for process in running if '"failed": true' in process.communicate()[0]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--machines", default="1,8,32", help="fleets to ensure")
    parser.add_argument("--forks", type=int, default=50, help="processes with a request each; 0 for none")
    parser.add_argument("--time-scale", type=float, default=20, help="simulated seconds in a real one")
    options = parser.parse_args()
    print(f"{'':30} {'requests':>9} {'refused':>8} {'seconds':>9} {'floor':>9} {'ratio':>9}")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        scale = options.time_scale
        arguments = ["--rate-limit", "--boot-time", str(BOOT_SECONDS), "--time-scale", str(scale)]
        with running_simulator(folder, *arguments) as simulator:
            bench = Bench(simulator, folder, scale)
            for machines in (int(each) for each in options.machines.split(",")):
                simulator.reset()
                simulator.seed_key("laptop")
                # A limit that was used a moment ago is no part of the measurement.
                time.sleep(LAUNCH_SECONDS / scale)
                floor = (machines - 1) * LAUNCH_SECONDS + BOOT_SECONDS + ADDRESS_SECONDS
                bench.measure(f"{machines} machines, cold", floor, lambda count=machines: bench.ensure(count))
                bench.measure(f"{machines} machines, warm", 0, lambda count=machines: bench.ensure(count))
            if options.forks:
                floor = (options.forks - 1) * REQUEST_SECONDS
                bench.measure(f"{options.forks} processes, a request each", floor, lambda: bench.many(options.forks))


if __name__ == "__main__":
    main()
