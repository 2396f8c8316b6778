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
import threading
import typing as t
from pathlib import Path

import uvicorn

from .account import scenario
from .account.clock import Clock
from .api.versions import DEFAULT_VERSION, VERSIONS
from .api_keys import DEFAULT_KEY, KEY_VARIABLE, api_keys
from .asgi import application
from .hosts import HostError, Hosts
from .hosts.none import NoHosts
from .middleware.latency import Latency
from .middleware.rate_limit import RULES
from .simulator import SimulatorState
from .terminal import PrintableFormatter, printable


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    top = argparse.ArgumentParser(
        prog="lambda-cloud-simulator", description="A simulator of Lambda Cloud, for tests and dry runs."
    )
    commands = top.add_subparsers(dest="command", required=True)
    serve = commands.add_parser(
        "serve",
        help="run in the foreground until stopped",
        description="Serve the API, its control address and a page for the operator, until SIGTERM or SIGINT.",
    )
    serve.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    serve.add_argument(
        "--allowed-host",
        action="append",
        default=[],
        metavar="NAME",
        help="a name, besides addresses and localhost, under which it is reached; may be repeated",
    )
    serve.add_argument(
        "--port", type=int, default=8420, help="port to listen on; 0 takes a free one (default: %(default)s)"
    )
    serve.add_argument(
        "--api-key",
        action="append",
        metavar="KEY",
        help=f"a key to accept; may be repeated (default: that in {KEY_VARIABLE}, which other users of the system do not see, or "
        f"{DEFAULT_KEY}; with hosts one made at random, which is printed)",
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
    serve.add_argument(
        "--machine-package",
        action="append",
        default=[],
        metavar="NAME",
        help="a Debian package that machines have from the beginning; may be repeated",
    )
    serve.add_argument("--seed", type=int, help="makes every random choice repeatable")
    serve.add_argument(
        "--rate-limit",
        nargs="?",
        choices=RULES,
        const=RULES[0],
        help="refuse what arrives too fast, as the service does: strict allows a launch every 12 s, window five in a minute "
        f"(alone: {RULES[0]})",
    )
    serve.add_argument(
        "--latency",
        type=_latency,
        default=(0.0, 0.0),
        metavar="MS[:JITTER]",
        help="real milliseconds that a request takes to arrive, and a response as well; JITTER varies each by so many "
        "percent (default: 0)",
    )
    serve.add_argument("--scenario", type=Path, metavar="PATH", help="YAML file that describes the account")
    serve.add_argument(
        "--ready-file", type=Path, metavar="PATH", help="file to write the addresses to when ready, as JSON"
    )
    serve.add_argument(
        "--until-input-ends",
        action="store_true",
        help="end when standard input does: whoever holds the other end of a pipe ends the simulator with itself, even if it is killed",
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


def _latency(text: str) -> tuple[float, float]:
    try:
        return Latency.parse(text)
    except ValueError:
        raise argparse.ArgumentTypeError("must be MS[:JITTER], milliseconds and at most 100 percent") from None


def make_hosts(options: argparse.Namespace) -> Hosts:
    """Return the hosts that the options ask for.

    Raises:
        HostError: they cannot be had here.
    """
    if options.hosts == "local":
        from .hosts.local import LocalHosts

        return LocalHosts(options.ssh_port)
    if options.hosts == "machine":
        from .hosts.machine import MachineHosts

        return MachineHosts(packages=options.machine_package)
    return NoHosts()


@contextlib.contextmanager
def on_signals(act: t.Callable[[], object]) -> t.Iterator[None]:
    """Call `act` on SIGINT and SIGTERM, and do nothing else then, as long as the context lasts."""
    loop = asyncio.get_running_loop()
    signals = (signal.SIGINT, signal.SIGTERM)
    for each in signals:
        loop.add_signal_handler(each, act)
    try:
        yield
    finally:
        for each in signals:
            loop.remove_signal_handler(each)


def warn_of_root(options: argparse.Namespace) -> None:
    """Tell whom local hosts give root of this system."""
    if options.hosts == "local" and os.geteuid() == 0:
        print(
            "Local hosts run commands as the user who starts the simulator, which is root: whoever has the API key is root of this "
            "system.",
            file=sys.stderr,
            flush=True,
        )


def end_with_input() -> None:
    """Send this process SIGTERM once standard input has ended."""

    def wait() -> None:
        while os.read(sys.stdin.fileno(), 4096):
            pass
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=wait, daemon=True).start()


async def prepare(hosts: Hosts) -> bool:
    """Make hosts ready, and return whether that was not interrupted.

    Raises:
        HostError: they cannot be made ready.
    """
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
    """A server that prints its address when it is ready."""

    def __init__(self, config: uvicorn.Config, ready_file: Path | None) -> None:
        super().__init__(config)
        self._ready_file = ready_file

    @contextlib.contextmanager
    def capture_signals(self) -> t.Iterator[None]:
        """End in order, and with success, on both signals; uvicorn by itself would die of them afterwards."""
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
    """Write a file that appears whole, so that whoever waits for it never reads half."""
    with tempfile.NamedTemporaryFile("w", dir=path.parent, delete=False) as file:
        json.dump(data, file)
    Path(file.name).replace(path)


def serve(options: argparse.Namespace) -> None:
    """Run until SIGINT or SIGTERM, or until standard input ends where that is asked for."""
    try:
        account = scenario.load(options.scenario)
    except scenario.ScenarioError as error:
        sys.exit(printable(str(error)))

    warn_of_root(options)
    if options.until_input_ends:
        end_with_input()

    async def run() -> None:
        hosts = make_hosts(options)
        # Before it says that it is ready: the machines' root file system takes a while to build.
        if not await prepare(hosts):
            return
        milliseconds, jitter = options.latency
        simulator = SimulatorState(
            account,
            Clock(options.time_scale),
            hosts,
            keys=api_keys(options.api_key, with_hosts=options.hosts != "none"),
            api_version=options.api_version,
            rate_rule=options.rate_limit,
            latency=Latency(milliseconds, jitter, options.seed),
            seed=options.seed,
            boot_time=options.boot_time,
        )
        config = uvicorn.Config(
            application(simulator, options.allowed_host),
            host=options.host,
            port=options.port,
            log_level="warning",
            # Its lines are printed as those of the rest.
            log_config=None,
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
        sys.exit(printable(str(error)))


def clean() -> None:
    """Remove what killed simulators left: this user's local hosts, and as root machines too.

    If one kind cannot be removed, the other is all the same; what is left is an error.
    """
    from .hosts import local, machine

    removed, left = [], []
    for sweep in (local.clean, machine.clean) if os.geteuid() == 0 else (local.clean,):
        try:
            removed += sweep()
        except HostError as error:
            left.append(str(error))
    if removed or not left:
        print(printable("\n".join(removed or ["There is nothing to remove."])))
    if left:
        sys.exit(printable("\n".join(left)))


def main(arguments: t.Sequence[str] | None = None) -> None:
    """Run the command line."""
    handler = logging.StreamHandler()
    handler.setFormatter(PrintableFormatter("%(levelname)s: %(message)s"))
    logging.basicConfig(level=logging.WARNING, handlers=[handler])
    # It says what it builds while the start takes its time.
    logging.getLogger(f"{__package__}.hosts.machine").setLevel(logging.INFO)
    options = parser().parse_args(arguments)
    if options.command == "serve":
        serve(options)
    else:
        clean()


if __name__ == "__main__":
    main()
