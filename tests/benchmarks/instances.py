# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Requests and time of ensuring instances, cold and warm, beside the least that the service's rate limit allows.

    .venv/bin/python tests/benchmarks/instances.py [--instances 1,8,32] [--forks 50] [--runs 3] [--latency 100:50]

Every row is measured in real time on a simulator with the strict rate limit on, and a network in front of it. The floor of a cold run
is one launch interval for each instance but the first, and one boot until what is waited for is there; of a warm run nothing; of many
processes with a request each, one request interval for each but the first. Told are the worst figures of several runs, which take
place side by side.

`--wait-for` compares what is waited for: the seconds of one cold run of each. Together with a `--scenario` in which addresses and SSH
are there before an instance is active, that shows what waiting for them saves.
"""

from __future__ import annotations

import argparse
import concurrent.futures
import contextlib
import functools
import sys
import tempfile
import time
import typing as t
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / ".build")]

from lambda_cloud_simulator.testing import Simulator, running_simulator  # noqa: E402
from support.runner import Modules, module_environment  # noqa: E402

REQUEST_SECONDS, LAUNCH_SECONDS, BOOT_SECONDS = 1.0, 12.0, 180.0
# The simulator lets an address show up so much later than the status, unless a scenario says otherwise.
ADDRESS_SECONDS = 8.0
SSH_PORT = 2292


class Row(t.NamedTuple):
    """What a piece of work took. `floor` is 0 where there is none."""

    title: str
    requests: int
    refused: int
    seconds: float
    floor: float


def show(rows: t.Sequence[Row]) -> None:
    """Print the worst figures of several runs of the same work."""
    seconds, floor = max(row.seconds for row in rows), rows[0].floor
    ratio = f"{seconds / floor:9.3f}" if floor else "        -"
    requests, refused = max(row.requests for row in rows), max(row.refused for row in rows)
    print(f"{rows[0].title:30} {requests:9} {refused:8} {seconds:9.1f} {floor:9.1f} {ratio}", flush=True)


class Bench:
    """Runs modules against a simulator of its own."""

    def __init__(self, simulator: Simulator, folder: Path) -> None:
        self.simulator = simulator
        self.modules = Modules(simulator, module_environment(folder))
        self.pace = {"request_interval": REQUEST_SECONDS, "launch_interval": LAUNCH_SECONDS}

    def measure(self, title: str, floor: float, work: t.Callable[[], None]) -> Row:
        self.simulator.forget_requests()
        begin = time.monotonic()
        work()
        seconds = time.monotonic() - begin
        requests = self.simulator.requests()
        return Row(title, len(requests), sum(request["status"] == 429 for request in requests), seconds, floor)

    def ensure(self, instances: int, **options: t.Any) -> None:
        done = self.modules.run(
            "lambda_instance",
            name=[f"m-[1:{instances}]"],
            instance_type=["gpu_1x_a10"],
            region=["us-east-1"],
            ssh_key="laptop",
            **self.pace,
            **options,
        )
        assert not done.failed, done["msg"]
        assert len(self.simulator.live()) == instances

    def many(self, processes: int) -> None:
        running = [self.modules.start("lambda_instance_info", **self.pace) for _each in range(processes)]
        assert not [process for process in running if '"failed": true' in process.communicate()[0]]


@contextlib.contextmanager
def bench(options: argparse.Namespace, *more: str) -> t.Iterator[Bench]:
    """Run a simulator and yield a bench for it."""
    arguments = ["--rate-limit", "strict", "--latency", options.latency, *more]
    if options.scenario:
        arguments += ["--scenario", options.scenario]
    with (
        tempfile.TemporaryDirectory() as folder,
        running_simulator(*arguments, folder=Path(folder)) as simulator,
    ):
        simulator.seed_ssh_key("laptop")
        simulator.set_capacity(gpu_1x_a10={"us-east-1": 100})
        yield Bench(simulator, Path(folder))


def cold_and_warm(options: argparse.Namespace, instances: int) -> list[Row]:
    with bench(options, "--boot-time", str(options.boot_time)) as one:
        floor = (instances - 1) * LAUNCH_SECONDS + options.boot_time + (ADDRESS_SECONDS if options.boot_time else 0)
        cold = one.measure(f"{instances} instances, cold", floor, lambda: one.ensure(instances))
        # The limit forgets.
        time.sleep(LAUNCH_SECONDS)
        return [cold, one.measure(f"{instances} instances, warm", 0, lambda: one.ensure(instances))]


def processes(options: argparse.Namespace) -> list[Row]:
    floor = (options.forks - 1) * REQUEST_SECONDS
    with bench(options) as one:
        title = f"{options.forks} processes, a request each"
        return [one.measure(title, floor, lambda: one.many(options.forks))]


def waits(options: argparse.Namespace, wait_for: str) -> list[Row]:
    hosts = ("--hosts", "local", "--ssh-port", str(SSH_PORT)) if wait_for == "ssh" else ()
    with bench(options, "--boot-time", str(options.boot_time), *hosts) as one:
        title = f"1 instance, wait_for: [{wait_for}]"
        return [one.measure(title, 0, lambda: one.ensure(1, wait_for=wait_for.split(), ssh_port=SSH_PORT))]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--instances", default="1,8,32", help="fleets to ensure")
    parser.add_argument("--forks", type=int, default=50, help="processes with a request each; 0 for none")
    parser.add_argument("--runs", type=int, default=3, help="runs of each, the worst of which is shown")
    parser.add_argument("--latency", default="100:50", help="MS[:JITTER] of the simulator's network")
    parser.add_argument("--boot-time", type=float, default=BOOT_SECONDS, help="seconds of every boot")
    parser.add_argument("--scenario", help="YAML file that describes the simulator's account")
    parser.add_argument("--wait-for", help='only what is waited for, as in "active,active address,address,ssh"')
    options = parser.parse_args()
    print(f"{'':30} {'requests':>9} {'refused':>8} {'seconds':>9} {'floor':>9} {'ratio':>9}")
    work: list[t.Callable[[], list[Row]]]
    if options.wait_for:
        work = [functools.partial(waits, options, each) for each in options.wait_for.split(",")]
    else:
        work = [functools.partial(cold_and_warm, options, int(each)) for each in options.instances.split(",")]
        work += [functools.partial(processes, options)] if options.forks else []
    for each in work:
        with concurrent.futures.ThreadPoolExecutor(options.runs) as pool:
            runs = [pool.submit(each) for _run in range(options.runs)]
            for rows in zip(*(run.result() for run in runs), strict=True):
                show(rows)


if __name__ == "__main__":
    main()
