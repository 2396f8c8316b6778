# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""`--hosts local`: an SSH server per instance on a loopback address of its own, as the current user.

There is no isolation: a command on a host is a command of this user, in a home folder of the host's own. What needs
root is refused; machines that have one are what `--hosts machine` is for.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import shutil
import signal
import socket
import sys
import tempfile
import typing as t
from dataclasses import asdict, dataclass
from pathlib import Path

import asyncssh

from . import GpuSpec, HostAddress, HostError, HostSpec

LOGIN_USER = "ubuntu"
_SUDO = """#!/bin/sh
echo "sudo: a local simulated host runs as an ordinary user and never becomes root; use --hosts machine" >&2
exit 1
"""


class LocalHosts:
    """Hosts on 127.x.y.0/24, a network that no other simulator on this machine uses.

    Raises:
        HostError: loopback addresses cannot be had, as on systems that have only 127.0.0.1.
    """

    def __init__(self, port: int) -> None:
        self._port = port
        self._folder = Path(tempfile.mkdtemp(prefix="lambda-hosts-"))
        self._hosts: dict[str, _Host] = {}
        self._free = list(range(254, 1, -1))
        self._network, self._claim = _claim_network(port)

    async def start(self, spec: HostSpec) -> HostAddress:
        if not self._free:
            raise HostError("A simulator has 253 local hosts at most.")
        address = f"{self._network}.{self._free.pop()}"
        host = _Host(spec, address, self._port, self._folder / spec.instance_id)
        self._hosts[spec.instance_id] = host
        await host.start()
        return HostAddress(ip=address, private_ip=address)

    async def restart(self, instance_id: str) -> None:
        host = self._hosts.get(instance_id)
        if host:
            await host.stop()
            await host.start()

    async def stop(self, instance_id: str) -> None:
        host = self._hosts.pop(instance_id, None)
        if host:
            await host.stop()
            shutil.rmtree(host.folder, ignore_errors=True)
            self._free.insert(0, int(host.address.rsplit(".", 1)[1]))

    async def set_gpus(self, instance_id: str, gpus: GpuSpec) -> None:
        host = self._hosts.get(instance_id)
        if host:
            host.write_gpus(gpus)

    async def close(self) -> None:
        for instance_id in list(self._hosts):
            await self.stop(instance_id)
        self._claim.close()
        shutil.rmtree(self._folder, ignore_errors=True)


def _claim_network(port: int) -> tuple[str, socket.socket]:
    """A /24 of the loopback network, held by a socket on its first address for as long as this process lives."""
    error: OSError | None = None
    for _ in range(50):
        network = f"127.{random.randint(16, 254)}.{random.randint(0, 254)}"
        claim = socket.socket()
        try:
            claim.bind((f"{network}.1", port))
        except OSError as trouble:
            claim.close()
            error = trouble
            continue
        return network, claim
    raise HostError(f"No loopback address for local hosts on port {port}: {error}. Local hosts need Linux.")


@dataclass
class _Host:
    """One host: its SSH server, its home folder, and the processes that run on it."""

    spec: HostSpec
    address: str
    port: int
    folder: Path

    def __post_init__(self) -> None:
        self.home = self.folder / "home"
        self._processes: set[asyncio.subprocess.Process] = set()
        self._connections: set[asyncssh.SSHServerConnection] = set()
        self._server: asyncssh.SSHAcceptor | None = None
        self._host_key = asyncssh.generate_private_key("ssh-ed25519")
        self._set_up()

    def _set_up(self) -> None:
        binaries = self.folder / "bin"
        for folder in (self.home, binaries):
            folder.mkdir(parents=True, mode=0o700)
        # The interpreter under this environment: a host has its own packages, not ours.
        (binaries / "python3").symlink_to(os.path.realpath(sys.executable))
        _write_program(binaries / "sudo", _SUDO)
        smi = (Path(__file__).parent / "nvidia_smi.py").read_text("utf-8")
        _write_program(binaries / "nvidia-smi", smi)
        self.write_gpus(self.spec.gpus)
        self._environment = {
            "HOME": str(self.home),
            "USER": LOGIN_USER,
            "LOGNAME": LOGIN_USER,
            "SHELL": "/bin/sh",
            "LANG": "C.UTF-8",
            "PATH": f"{binaries}:/usr/local/bin:/usr/bin:/bin",
            "LAMBDA_SIMULATOR_GPUS": str(self.folder / "gpus.json"),
        }

    def write_gpus(self, gpus: GpuSpec) -> None:
        """Let nvidia-smi show other GPUs from now on."""
        (self.folder / "gpus.json").write_text(json.dumps({**asdict(gpus), "broken": sorted(gpus.broken)}))

    async def start(self) -> None:
        keys = asyncssh.import_authorized_keys("\n".join(self.spec.authorized_keys) + "\n")
        host = self

        class Server(asyncssh.SSHServer):
            def connection_made(self, conn: asyncssh.SSHServerConnection) -> None:
                self._connection = conn
                host._connections.add(conn)

            def connection_lost(self, exc: Exception | None) -> None:
                host._connections.discard(self._connection)

            def public_key_auth_supported(self) -> bool:
                return True

            def validate_public_key(self, username: str, key: asyncssh.SSHKey) -> bool:
                return username == LOGIN_USER and keys.validate(key, "", host.address) is not None

        try:
            self._server = await asyncssh.listen(
                self.address,
                self.port,
                server_factory=Server,
                server_host_keys=[self._host_key],
                process_factory=self._run,
                sftp_factory=lambda channel: _HomeSftp(channel, self.home),
                allow_scp=True,
                # Ansible asks for a terminal without meaning one: nobody is to edit or echo its lines.
                line_editor=False,
                encoding=None,
            )
        except OSError as error:
            raise HostError(f"No SSH server on {self.address}:{self.port}: {error}.") from error

    async def stop(self) -> None:
        for process in list(self._processes):
            _kill_group(process)
        for connection in list(self._connections):
            connection.abort()
        if self._server:
            self._server.close()
            await self._server.wait_closed()
            self._server = None

    async def _run(self, channel: asyncssh.SSHServerProcess[bytes]) -> None:
        """Run a command or a shell for a session, in a process group that ends with the session."""
        command = ["/bin/sh", "-c", channel.command] if channel.command else ["/bin/sh", "-l"]
        process = await asyncio.create_subprocess_exec(
            *command,
            cwd=self.home,
            env={**self._environment, **_locale(channel.env)},
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            start_new_session=True,
        )
        assert process.stdin
        assert process.stdout
        assert process.stderr
        self._processes.add(process)
        feeding = asyncio.create_task(_feed(channel.stdin, process.stdin))
        try:
            await asyncio.gather(_drain(process.stdout, channel.stdout), _drain(process.stderr, channel.stderr))
            code = await process.wait()
            channel.exit(code if code >= 0 else 128 - code)
        except (asyncssh.Error, OSError):
            # The client went away; what it had running goes with it.
            channel.close()
        finally:
            feeding.cancel()
            self._processes.discard(process)
            _kill_group(process)


class _HomeSftp(asyncssh.SFTPServer):
    """File transfers with the host's home as the folder that relative paths start from."""

    def __init__(self, channel: asyncssh.SSHServerChannel[bytes], home: Path) -> None:
        super().__init__(channel)
        self._home = os.fsencode(home)

    def map_path(self, path: bytes) -> bytes:
        return os.path.join(self._home, path)

    def reverse_map_path(self, path: bytes) -> bytes:
        return path


async def _feed(source: asyncssh.SSHReader[bytes], target: asyncio.StreamWriter) -> None:
    """What the client sends, to a command that may not care to read it."""
    try:
        while not source.at_eof():
            try:
                chunk = await source.read(65536)
            except (asyncssh.BreakReceived, asyncssh.SignalReceived, asyncssh.TerminalSizeChanged):
                continue
            target.write(chunk)
            await target.drain()
    except (asyncssh.Error, OSError):
        pass
    finally:
        target.close()


async def _drain(source: asyncio.StreamReader, target: asyncssh.SSHWriter[bytes]) -> None:
    while chunk := await source.read(65536):
        target.write(chunk)
        await target.drain()


def _locale(environment: t.Mapping[str, str]) -> dict[str, str]:
    """What a client may set, as an ordinary server allows it."""
    return {name: value for name, value in environment.items() if name.startswith("LC_")}


def _kill_group(process: asyncio.subprocess.Process) -> None:
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        pass


def _write_program(path: Path, text: str) -> None:
    path.write_text(text, "utf-8")
    path.chmod(0o755)
