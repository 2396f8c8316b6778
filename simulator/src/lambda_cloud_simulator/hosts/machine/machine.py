# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One machine: its processes, from the first boot to the end."""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import os
import signal
import time
import typing as t
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from .. import HostError
from . import cgroups
from .command import summarize
from .network import remove_port

SSH_PORT = 22

# Seconds until SSH must answer; one machine alone takes about one.
_BOOT_TIME_LIMIT = 120.0
# Seconds that a reboot may take to shut down before it is forced.
_SHUTDOWN_TIME_LIMIT = 30.0
_POLL_INTERVAL = 0.05
# /tmp is on the machine's disk, not in memory; it may change what the kernel keeps per network namespace.
_NSPAWN_SETTINGS = {"SYSTEMD_NSPAWN_TMPFS_TMP": "0", "SYSTEMD_NSPAWN_API_VFS_WRITABLE": "network"}
_REBOOT_SIGNAL = signal.SIGRTMIN + 5  # to systemd as the first process


@dataclass(frozen=True)
class Port:
    """Where a machine is on the network.

    Attributes:
        name: of the machine and of its port on the bridge.
    """

    name: str
    bridge: str
    address: ipaddress.IPv4Interface
    gateway: ipaddress.IPv4Address

    @property
    def ip(self) -> str:
        """Return the address alone."""
        return str(self.address.ip)

    @property
    def mac(self) -> str:
        """Return what follows from the address: whoever cached it stays right when another machine gets that address."""
        return ":".join(f"{byte:02x}" for byte in (2, 0, *self.address.ip.packed))


class Machine:
    """A systemd-nspawn machine and the supervisor that boots it, again after each reboot."""

    def __init__(
        self, folder: Path, root: Path, port: Port, cgroup_folders: tuple[Path, ...], options: t.Iterable[str]
    ) -> None:
        """Describe a machine that is switched off.

        Args:
            folder: the machine's own; its writable layer is `upper` there.
            root: the root file system.
            port: where it is on the network.
            cgroup_folders: of the machine's cgroup, which is made and removed here.
            options: more options for systemd-nspawn.
        """
        self.folder = folder
        self.port = port
        self._root = root
        self._cgroup_folders = cgroup_folders
        self._options = tuple(options)
        self._process: asyncio.subprocess.Process | None = None
        self._switch = asyncio.Lock()
        self._ended = False

    async def boot(self) -> None:
        """Switch the machine on and return when SSH answers.

        Raises:
            HostError: it does not boot, or `end` was called meanwhile.
        """
        async with self._switch:
            if not self._ended:
                await self._spawn()
        await self._answers()

    async def _answers(self) -> None:
        answers = await self._comes_true(self._ssh_answers, _BOOT_TIME_LIMIT)
        if self._ended:
            raise HostError(f"The machine {self.port.name} was stopped while it booted.")
        if not answers:
            raise HostError(f"The machine {self.port.name} does not answer on port {SSH_PORT}: {self._last_words()}")

    async def reboot(self) -> None:
        """Reboot the machine in order, or by force if it does not, and return when SSH answers again.

        A machine that was powered off is switched on.

        Raises:
            HostError: it does not come back.
        """
        boots = self._boots()

        async def booted_again() -> bool:
            return self._boots() > boots

        init = await asyncio.to_thread(cgroups.init_process, self._cgroup_folders)
        if init is not None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(init, _REBOOT_SIGNAL)
        if not await self._comes_true(booted_again, _SHUTDOWN_TIME_LIMIT if init is not None else 0):
            async with self._switch:
                await self._kill()
                if not self._ended:
                    await self._spawn()
        await self._answers()

    async def end(self) -> None:
        """Switch the machine off at once and for good."""
        self._ended = True
        async with self._switch:
            await self._kill()

    async def _spawn(self) -> None:
        cgroups.create(self._cgroup_folders)
        with (self.folder / "console.log").open("ab") as console:
            self._process = await asyncio.create_subprocess_exec(
                # The supervisor gets the signal when this process ends, however it does.
                *("setpriv", "--pdeathsig=TERM"),
                *("unshare", "--mount", "--net"),
                *("sh", str(resources.files(__package__) / "files" / "supervisor.sh")),
                str(os.getpid()),
                self.port.name,
                str(self._root),
                str(self.folder),
                self.port.bridge,
                str(self.port.address),
                self.port.mac,
                str(self.port.gateway),
                ":".join(map(str, self._cgroup_folders)),
                *self._options,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=console,
                stderr=console,
                start_new_session=True,
                env={**os.environ, **_NSPAWN_SETTINGS},
            )

    async def _kill(self) -> None:
        # The supervisor first, so that it does not boot the machine again.
        if self._process is not None:
            if self._process.returncode is None:
                self._process.kill()
            await self._process.wait()
        await asyncio.to_thread(cgroups.destroy, self._cgroup_folders)
        await asyncio.to_thread(remove_port, self.port.name)

    async def _comes_true(self, condition: t.Callable[[], t.Awaitable[bool]], time_limit: float) -> bool:
        """Wait for a condition, and return whether it came true in time, while the machine was switched on."""
        deadline = time.monotonic() + time_limit
        while not await condition():
            if self._process is None or self._process.returncode is not None or time.monotonic() > deadline:
                return False
            await asyncio.sleep(_POLL_INTERVAL)
        return True

    async def _ssh_answers(self) -> bool:
        try:
            reader, writer = await asyncio.wait_for(asyncio.open_connection(self.port.ip, SSH_PORT), 1)
        except OSError:
            return False
        try:
            return (await asyncio.wait_for(reader.readline(), 5)).startswith(b"SSH-")
        except OSError:
            return False
        finally:
            writer.close()

    def _boots(self) -> int:
        try:
            return int((self.folder / "boots").read_text() or 0)
        except FileNotFoundError:
            return 0

    def _last_words(self) -> str:
        return summarize((self.folder / "console.log").read_text(errors="replace"))
