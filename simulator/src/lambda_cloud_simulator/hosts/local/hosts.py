# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""`--hosts local`: an SSH server per instance on its own loopback address, as the current user, with a home of its own.

It needs no root, no daemon and no packages, and isolates nothing: what runs there runs as the user who started the simulator.
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

from .. import GpuSpec, HostAddress, HostError, HostSpec
from ..owner import Owner
from . import session
from .home import LocalHome
from .loopback import LoopbackAddresses
from .processes import kill_all

USER = "ubuntu"
# Of folders in the system's folder for temporary files; the owner comes next, so that a sweep knows whose they are.
_PREFIX = "lambda-cloud-simulator-"


def clean() -> list[str]:
    """Remove folders and processes of this user's simulators that were killed.

    Returns:
        A sentence for each simulator that something was left of.
    """
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
    """SSH servers on loopback addresses of this system."""

    def __init__(self, port: int) -> None:
        """Begin with no hosts.

        Args:
            port: that of all SSH servers.

        Raises:
            HostError: this system is not Linux.
        """
        if not sys.platform.startswith("linux"):
            raise HostError("Local hosts need Linux: other systems have no loopback addresses beside 127.0.0.1.")
        self._port = port
        self._addresses = LoopbackAddresses(port)
        self._folder = Path(tempfile.mkdtemp(prefix=f"{_PREFIX}{Owner.new()}-"))
        self._hosts: dict[str, _Host] = {}
        self._reserved: dict[str, str] = {}

    async def prepare(self) -> None:
        """Remove what killed simulators left, and see that the port can be had.

        Raises:
            HostError: it cannot.
        """
        await asyncio.to_thread(clean)
        self._addresses.claim()

    async def reserve(self, instance_id: str) -> HostAddress:
        """Return the address that the host of an instance has or will have.

        Raises:
            HostError: there is none to be had.
        """
        if instance_id not in self._reserved:
            self._reserved[instance_id] = self._addresses.take()
        ip = self._reserved[instance_id]
        return HostAddress(ip=ip, private_ip=ip)

    async def start(self, spec: HostSpec) -> HostAddress:
        """Make a host and return when SSH answers.

        Raises:
            HostError: there is one already, or its address cannot be used.
        """
        if spec.instance_id in self._hosts:
            raise HostError(f"Instance {spec.instance_id} has a host already.")
        address = await self.reserve(spec.instance_id)
        host = _Host(address.ip, self._port, LocalHome(self._folder / spec.instance_id), spec)
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
        return address

    async def restart(self, instance_id: str) -> None:
        """End all that runs on a host and let SSH answer anew.

        Raises:
            HostError: there is none, or SSH does not come back.
        """
        host = self._hosts.get(instance_id)
        if host is None:
            raise HostError(f"Instance {instance_id} has no host.")
        await host.end()
        try:
            await host.listen()
        except OSError as error:
            raise HostError(f"The SSH server at {host.ip} does not come back: {error}.") from error

    async def stop(self, instance_id: str) -> None:
        """Remove a host, with all that runs there."""
        host = self._hosts.pop(instance_id, None)
        if host is not None:
            await host.end()
            await asyncio.to_thread(host.home.remove)
        reserved = self._reserved.pop(instance_id, None)
        if reserved is not None:
            self._addresses.give_back(reserved)

    async def set_gpus(self, instance_id: str, gpus: GpuSpec) -> None:
        """Change what the host's nvidia-smi shows."""
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
    """A host, which is an SSH server."""

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
        """Listen for SSH connections.

        Raises:
            OSError: the address cannot be used.
        """
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

    async def _run(self, process: session.Process) -> None:
        with contextlib.suppress(ConnectionError, asyncssh.Error):
            await session.run(self.home, process)


class _Login(asyncssh.SSHServer):
    """A login that lets in the user `ubuntu` with the instance's keys, and nobody else."""

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
        """Report success to the client: OpenSSH's scp takes silence for a failure."""
        with contextlib.suppress(OSError):
            self.channel.exit(0)
