# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The hosts of `--hosts machine`: systemd-nspawn machines."""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import logging
import shutil
import threading
import typing as t
from dataclasses import dataclass
from pathlib import Path

from .. import GpuSpec, HostAddress, HostError, HostSpec
from ..owner import STATE_DIR, Owner
from . import layer, requirements, rootfs, settings, sweep
from .machine import Machine, Port
from .network import Network

log = logging.getLogger(__name__)

# A machine takes about seven of these, and the usual limit of 128 would be the end at twenty machines.
_SETTINGS = {"fs/inotify/max_user_instances": 8192}


@dataclass(frozen=True)
class _Base:
    """What all machines of a simulator share."""

    root: Path
    network: Network
    cgroup_folders: tuple[Path, ...]


class MachineHosts:
    """A Debian 12 machine per active instance.

    User `ubuntu` with passwordless sudo, SSH on port 22 of the machine's own address, which is its public and its
    private one: all machines of a simulator reach one another and are reached from this system alone. `user_data`
    goes to cloud-init. A file system is a folder that outlives the machines, not the simulator.
    """

    def __init__(
        self, state_dir: Path = STATE_DIR, cache_dir: Path | None = None, packages: t.Iterable[str] = ()
    ) -> None:
        """Begin with no machines.

        Args:
            state_dir: where the machines' writable layers and the file systems are; not on an overlay file system.
            cache_dir: where the root file system is kept; by default `rootfs.cache_dir` decides.
            packages: Debian packages that machines have besides the usual ones.

        Raises:
            HostError: this system cannot have machines; the message says what is missing.
        """
        requirements.check()
        self._state_dir = state_dir
        self._cache_dir = cache_dir or rootfs.cache_dir()
        self._packages = tuple(packages)
        self._owner = Owner.new()
        self._home = state_dir / str(self._owner)
        self._file_systems = self._home / "file-systems"
        self._machines: dict[str, Machine] = {}
        self._reserved: dict[str, ipaddress.IPv4Address] = {}
        self._preparation: asyncio.Task[_Base] | None = None
        self._base: _Base | None = None
        self._closed = threading.Event()

    async def prepare(self) -> None:
        """Prepare the first start: remove leftovers, build the root file system unless cached, create the network.

        Raises:
            HostError: it cannot be done.
        """
        await self._prepared()

    async def reserve(self, instance_id: str) -> HostAddress:
        """Return the address that the machine of an instance has or will have.

        Raises:
            HostError: machines cannot be prepared, or all addresses are in use.
        """
        ip = str(self._reserve(instance_id, await self._prepared()))
        return HostAddress(ip=ip, private_ip=ip)

    def _reserve(self, instance_id: str, base: _Base) -> ipaddress.IPv4Address:
        if instance_id not in self._reserved:
            self._reserved[instance_id] = base.network.take_address()
        return self._reserved[instance_id]

    async def start(self, spec: HostSpec) -> HostAddress:
        """Create and boot a machine, and return when SSH answers.

        Raises:
            HostError: it does not boot, or was stopped meanwhile.
        """
        base = await self._prepared()
        if spec.instance_id in self._machines:
            raise HostError(f"Instance {spec.instance_id} has a machine already.")
        machine = self._machine(spec, base)
        self._machines[spec.instance_id] = machine
        try:
            layer.create(machine.folder, spec, self._file_systems)
            await machine.boot()
        except OSError as error:
            await self.stop(spec.instance_id)
            raise HostError(f"The machine {machine.port.name} cannot be made: {error}.") from error
        except BaseException:
            await self.stop(spec.instance_id)
            raise
        return HostAddress(ip=machine.port.ip, private_ip=machine.port.ip)

    async def restart(self, instance_id: str) -> None:
        """Reboot a machine, as `reboot` inside would, and return when SSH answers again.

        Raises:
            HostError: there is none, or it does not come back.
        """
        machine = self._machines.get(instance_id)
        if machine is None:
            raise HostError(f"Instance {instance_id} has no machine.")
        await machine.reboot()

    async def stop(self, instance_id: str) -> None:
        """Switch a machine off at once and remove it. Its file systems stay."""
        machine = self._machines.pop(instance_id, None)
        if machine is not None and self._base is not None:
            await machine.end()
            await asyncio.to_thread(shutil.rmtree, machine.folder, ignore_errors=True)
        address = self._reserved.pop(instance_id, None)
        if address is not None and self._base is not None:
            self._base.network.give_back_address(address)

    async def set_gpus(self, instance_id: str, gpus: GpuSpec) -> None:
        """Change what `nvidia-smi` shows from now on, if the instance has a machine."""
        machine = self._machines.get(instance_id)
        if machine is not None:
            layer.write_gpus(machine.folder, gpus)

    async def close(self) -> None:
        """Remove all machines, their file systems and their network."""
        self._closed.set()
        if self._preparation is not None:
            with contextlib.suppress(HostError):
                await asyncio.shield(self._preparation)
        await asyncio.gather(*(machine.end() for machine in self._machines.values()))
        if self._base is not None:
            self._base = None
            await asyncio.to_thread(sweep.remove, self._owner, self._state_dir)

    async def _prepared(self) -> _Base:
        if self._closed.is_set():
            raise HostError("These hosts are closed.")
        if self._preparation is None or (self._preparation.done() and self._base is None):
            self._preparation = asyncio.create_task(asyncio.to_thread(self._prepare))
        # Who gives up waiting does not end it for the others, and a thread cannot be cancelled.
        return await asyncio.shield(self._preparation)

    def _prepare(self) -> _Base:
        """Create what all machines share. `close` removes it, even when nobody waits for it any more."""
        try:
            for sentence in sweep.clean(self._state_dir):
                log.info(sentence)
        except HostError as error:
            log.warning("what an earlier simulator left cannot be removed: %s", error)
        try:
            root = rootfs.ensure(self._cache_dir, self._closed, self._packages)
            cgroup_folders = sweep.register(self._owner, self._state_dir)
            requirements.check_layers(self._home)
            settings.hold(self._owner, _SETTINGS)
            self._base = _Base(root, Network.create(self._owner), cgroup_folders)
        except BaseException as error:
            sweep.remove(self._owner, self._state_dir)
            if isinstance(error, OSError):
                raise HostError(f"Machines cannot be prepared: {error}.") from error
            raise
        return self._base

    def _machine(self, spec: HostSpec, base: _Base) -> Machine:
        subnet = base.network.subnet
        address = self._reserve(spec.instance_id, base)
        port = Port(
            name=f"{self._owner.interface}-{int(address) - int(subnet.network_address)}",
            bridge=self._owner.interface,
            address=ipaddress.IPv4Interface((address, subnet.prefixlen)),
            gateway=base.network.gateway,
        )
        folder = self._home / "machines" / port.name
        return Machine(
            folder=folder,
            root=base.root,
            port=port,
            cgroup_folders=tuple(parent / port.name for parent in base.cgroup_folders),
            options=layer.options(folder, spec, self._file_systems),
        )
