# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""`--hosts local`: an SSH server per instance on its own loopback address, as the current user, with a home of its own.

No root, no daemon, nothing to install; and no isolation either: what runs there runs as the user who started the simulator.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import sys
import tempfile
import typing as t
from dataclasses import dataclass
from pathlib import Path

import asyncssh

from . import GpuSpec, HostAddress, HostError, HostSpec, local_session
from .local_home import LocalHome
from .local_processes import kill_all
from .loopback import LoopbackAddresses
from .machine.owner import Owner

USER = "ubuntu"
# Of folders in the system's folder for temporary files; the owner comes next, so that a sweep knows whose they are.
_PREFIX = "lambda-cloud-simulator-"


def clean() -> list[str]:
    """Remove folders and processes of this user's simulators that were killed; a sentence for each."""
    sentences = []
    for folder in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        owner = Owner.parse(folder.name.removeprefix(_PREFIX).rpartition("-")[0])
        if owner is not None and not owner.alive and folder.stat().st_uid == os.getuid():
            for home in folder.iterdir():
                kill_all(home)
            shutil.rmtree(folder, ignore_errors=True)
            sentences.append(f"Removed the local hosts of the simulator with process id {owner.pid}.")
    return sentences


class LocalHosts:
    """Hosts on this machine. `port` is that of all SSH servers."""

    def __init__(self, port: int) -> None:
        if not sys.platform.startswith("linux"):
            raise HostError("Local hosts need Linux: other systems have no loopback addresses beside 127.0.0.1.")
        self._port = port
        self._addresses = LoopbackAddresses(port)
        self._folder = Path(tempfile.mkdtemp(prefix=f"{_PREFIX}{Owner.new()}-"))
        self._hosts: dict[str, _Host] = {}

    async def prepare(self) -> None:
        """Sweep what killed simulators left."""
        await asyncio.to_thread(clean)

    async def start(self, spec: HostSpec) -> HostAddress:
        """Return when SSH answers. Raises HostError."""
        if spec.instance_id in self._hosts:
            raise HostError(f"Instance {spec.instance_id} has a host already.")
        host = _Host(self._addresses.take(), self._port, LocalHome(self._folder / spec.instance_id), spec)
        self._hosts[spec.instance_id] = host
        try:
            host.home.create(spec.gpus)
            await host.listen()
        except OSError as error:
            await self.stop(spec.instance_id)
            raise HostError(f"No SSH server can be had at {host.ip} port {self._port}: {error}.") from error
        except BaseException:
            await self.stop(spec.instance_id)
            raise
        return HostAddress(ip=host.ip, private_ip=host.ip)

    async def restart(self, instance_id: str) -> None:
        """End all that runs there and let SSH answer anew. Raises HostError."""
        host = self._hosts.get(instance_id)
        if host is None:
            raise HostError(f"Instance {instance_id} has no host.")
        await host.end()
        try:
            await host.listen()
        except OSError as error:
            raise HostError(f"The SSH server at {host.ip} does not come back: {error}.") from error

    async def stop(self, instance_id: str) -> None:
        """Remove the host, with all that runs there."""
        host = self._hosts.pop(instance_id, None)
        if host is not None:
            await host.end()
            await asyncio.to_thread(host.home.remove)
            self._addresses.give_back(host.ip)

    async def set_gpus(self, instance_id: str, gpus: GpuSpec) -> None:
        """Change what the host's nvidia-smi tells."""
        host = self._hosts.get(instance_id)
        if host is not None:
            host.home.write_gpus(gpus)

    async def close(self) -> None:
        """Remove all hosts and the folder that held them."""
        await asyncio.gather(*(self.stop(instance_id) for instance_id in list(self._hosts)))
        self._addresses.close()
        await asyncio.to_thread(shutil.rmtree, self._folder, ignore_errors=True)


@dataclass
class _Host:
    """One SSH server."""

    ip: str
    port: int
    home: LocalHome
    spec: HostSpec

    def __post_init__(self) -> None:
        self._key = asyncssh.generate_private_key("ssh-ed25519")
        self._authorized = [asyncssh.import_public_key(key) for key in self.spec.authorized_keys]
        self._server: asyncssh.SSHAcceptor | None = None
        self._connections: set[asyncssh.SSHServerConnection] = set()

    async def listen(self) -> None:
        """Let SSH answer. Raises OSError."""
        self._server = await asyncssh.listen(
            self.ip,
            self.port,
            server_factory=lambda: _Login(self._authorized, self._connections),
            server_host_keys=[self._key],
            process_factory=self._run,
            sftp_factory=lambda channel: _Files(channel, self.home.home),
            allow_scp=True,
            encoding=None,
            line_editor=False,
            agent_forwarding=False,
            gss_host=None,
            reuse_address=True,
        )

    async def end(self) -> None:
        """Close every connection and kill every process."""
        if self._server is not None:
            self._server.close()
            self._server = None
        for connection in list(self._connections):
            connection.abort()
        await asyncio.to_thread(kill_all, self.home.folder)

    async def _run(self, process: local_session.Process) -> None:
        with contextlib.suppress(ConnectionError, asyncssh.Error):
            await local_session.run(self.home, process)


class _Login(asyncssh.SSHServer):
    """Lets user `ubuntu` in with the instance's keys, and nobody else."""

    def __init__(self, keys: t.Sequence[asyncssh.SSHKey], connections: set[asyncssh.SSHServerConnection]) -> None:
        self._keys = keys
        self._connections = connections
        self._connection: asyncssh.SSHServerConnection | None = None

    def connection_made(self, conn: asyncssh.SSHServerConnection) -> None:
        self._connection = conn
        self._connections.add(conn)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._connection is not None:
            self._connections.discard(self._connection)

    def public_key_auth_supported(self) -> bool:
        return True

    def validate_public_key(self, username: str, key: asyncssh.SSHKey) -> bool:
        return username == USER and key in self._keys


class _Files(asyncssh.SFTPServer):
    """Files as the host's commands see them: relative to its home."""

    def __init__(self, channel: asyncssh.SSHServerChannel[bytes], home: Path) -> None:
        super().__init__(channel)
        self._home = os.fsencode(home)

    def map_path(self, path: bytes) -> bytes:
        if path == b"~" or path.startswith(b"~/"):
            path = path[2:]
        return os.path.join(self._home, path)

    def exit(self) -> None:
        """Tell the client that all went well: OpenSSH's scp takes silence for a failure."""
        with contextlib.suppress(OSError):
            self.channel.exit(0)
