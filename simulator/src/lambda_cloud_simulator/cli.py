# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The command `lambda-cloud-simulator`."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import gc
import json
import logging
import os
import signal
import sys
import tempfile
import typing as t
from pathlib import Path

import uvicorn

from . import scenario
from .app import DEFAULT_VERSION, VERSIONS, Simulator
from .clock import Clock
from .hosts import HostError, Hosts
from .hosts.none import NoHosts

DEFAULT_KEY = "simulator"


def parser() -> argparse.ArgumentParser:
    """The command line."""
    top = argparse.ArgumentParser(
        prog="lambda-cloud-simulator", description="A Lambda Cloud that runs on this machine, for tests and dry runs."
    )
    commands = top.add_subparsers(dest="command", required=True)
    serve = commands.add_parser(
        "serve",
        help="run in the foreground until stopped",
        description="Serve the API, its control address and a page for the operator, until SIGTERM or SIGINT.",
    )
    serve.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    serve.add_argument(
        "--port", type=int, default=8420, help="port to listen on; 0 takes a free one (default: %(default)s)"
    )
    serve.add_argument(
        "--api-key", action="append", metavar="KEY", help=f"a key to accept; may be repeated (default: {DEFAULT_KEY})"
    )
    serve.add_argument(
        "--api-version",
        choices=list(VERSIONS),
        default=DEFAULT_VERSION,
        help="description to answer by (default: %(default)s)",
    )
    serve.add_argument(
        "--time-scale", type=_positive, default=1.0, metavar="X", help="simulated seconds in a real one (default: 1)"
    )
    serve.add_argument(
        "--boot-time",
        type=_not_negative,
        metavar="SECONDS",
        help="simulated seconds of every boot (default: by instance type)",
    )
    serve.add_argument(
        "--hosts", choices=["none", "local", "machine"], default="none", help="what answers SSH (default: %(default)s)"
    )
    serve.add_argument("--ssh-port", type=int, default=2222, help="SSH port of local hosts (default: %(default)s)")
    serve.add_argument("--seed", type=int, help="makes every random choice repeatable")
    serve.add_argument("--rate-limit", action="store_true", help="refuse what comes too fast, as the service does")
    serve.add_argument("--scenario", type=Path, metavar="PATH", help="YAML file that describes the account")
    serve.add_argument(
        "--ready-file", type=Path, metavar="PATH", help="file to write the addresses to when ready, as JSON"
    )
    about_clean = "remove what killed simulators left of their hosts"
    commands.add_parser("clean", help=about_clean, description=about_clean.capitalize() + ".")
    return top


def _positive(text: str) -> float:
    value = float(text)
    if value <= 0:
        raise argparse.ArgumentTypeError("must be above 0")
    return value


def _not_negative(text: str) -> float:
    value = float(text)
    if value < 0:
        raise argparse.ArgumentTypeError("must not be below 0")
    return value


def make_hosts(options: argparse.Namespace) -> Hosts:
    """The hosts that the options ask for. Raises HostError where they cannot be had."""
    if options.hosts == "local":
        from .hosts.local import LocalHosts

        return LocalHosts(options.ssh_port)
    if options.hosts == "machine":
        from .hosts.machine import MachineHosts

        return MachineHosts()
    return NoHosts()


@contextlib.contextmanager
def on_signals(act: t.Callable[[], object]) -> t.Iterator[None]:
    """Let SIGINT and SIGTERM do something, and nothing else."""
    loop = asyncio.get_running_loop()
    signals = (signal.SIGINT, signal.SIGTERM)
    for each in signals:
        loop.add_signal_handler(each, act)
    try:
        yield
    finally:
        for each in signals:
            loop.remove_signal_handler(each)


async def prepare(hosts: Hosts) -> bool:
    """Make hosts ready; whether that was not interrupted. Raises HostError."""
    preparing = asyncio.ensure_future(hosts.prepare())
    try:
        with on_signals(preparing.cancel):
            await preparing
    except asyncio.CancelledError:
        await hosts.close()
        return False
    except BaseException:
        await hosts.close()
        raise
    return True


class Server(uvicorn.Server):
    """Says when it is ready, and where."""

    def __init__(self, config: uvicorn.Config, ready_file: Path | None) -> None:
        super().__init__(config)
        self._ready_file = ready_file

    @contextlib.contextmanager
    def capture_signals(self) -> t.Iterator[None]:
        """Both signals ask for an orderly end, which is a success. uvicorn's own way is to die of them afterwards."""
        with on_signals(lambda: self.handle_exit(signal.SIGTERM, None)):
            yield

    async def startup(self, sockets: t.Any = None) -> None:
        await super().startup(sockets)
        if not self.started:
            return
        host, port = self.servers[0].sockets[0].getsockname()[:2]
        url = f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
        print(f"Lambda Cloud simulator: {url}/api/v1", flush=True)
        if self._ready_file:
            _write_whole(self._ready_file, {"url": url, "api_url": f"{url}/api/v1", "pid": os.getpid()})


def _write_whole(path: Path, data: t.Any) -> None:
    """Let a file appear whole, so that whoever waits for it never reads half."""
    with tempfile.NamedTemporaryFile("w", dir=path.parent, delete=False) as file:
        json.dump(data, file)
    Path(file.name).replace(path)


def serve(options: argparse.Namespace) -> None:
    """Run until SIGINT or SIGTERM."""

    try:
        account = scenario.load(options.scenario)
    except scenario.ScenarioError as error:
        sys.exit(str(error))

    async def run() -> None:
        hosts = make_hosts(options)
        # Before anything says that it is ready: the first machine's file system takes a while to build.
        if not await prepare(hosts):
            return
        simulator = Simulator(
            account,
            Clock(options.time_scale),
            hosts,
            keys=options.api_key or [DEFAULT_KEY],
            api_version=options.api_version,
            limit_rate=options.rate_limit,
            seed=options.seed,
            boot_time=options.boot_time,
        )
        config = uvicorn.Config(
            simulator.application(),
            host=options.host,
            port=options.port,
            log_level="warning",
            # Clients that keep a connection alive must not hold up the end.
            timeout_graceful_shutdown=1,
        )
        await Server(config, options.ready_file).serve()

    # A list of thousands makes many small objects at once; by default each such list has them all searched for garbage.
    gc.set_threshold(100_000, 20, 20)
    try:
        asyncio.run(run())
    except KeyboardInterrupt:
        pass
    except HostError as error:
        sys.exit(str(error))


def clean() -> None:
    """Sweep what killed simulators left: of this user's local hosts, and as root of machines."""
    from .hosts import local, machine

    try:
        sentences = local.clean() + (machine.clean() if os.geteuid() == 0 else [])
    except HostError as error:
        sys.exit(str(error))
    print("\n".join(sentences or ["There is nothing to remove."]))


def main(arguments: t.Sequence[str] | None = None) -> None:
    """Entry point."""
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s: %(message)s")
    # It says what it builds while the start takes its time.
    logging.getLogger(f"{__package__}.hosts.machine").setLevel(logging.INFO)
    options = parser().parse_args(arguments)
    if options.command == "serve":
        serve(options)
    else:
        clean()


if __name__ == "__main__":
    main()
