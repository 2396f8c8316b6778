# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A simulated account: what it holds, and what the service would do with it. No HTTP here."""

from __future__ import annotations

import asyncio
import logging
import random
import typing as t

from . import key_pairs
from .catalogue import Catalogue
from .clock import Clock
from .errors import (
    ServiceError,
    does_not_exist,
    insufficient_capacity,
    invalid_parameters,
    unknown,
)
from .fates import Fate, Fates
from .hosts import FileSystemMount, GpuSpec, HostError, Hosts, HostSpec
from .resources import FileSystem, Instance, LaunchRequest, SshKey

log = logging.getLogger(__name__)

# Simulated seconds
TERMINATING_SECONDS = 60.0
RESTART_SECONDS = 60.0
ADDRESS_DELAY_SECONDS = 8.0

MAX_NAME = 64


class Account:
    """An account and its clock. `boot_time` overrides every type's, in simulated seconds."""

    def __init__(
        self,
        catalogue: Catalogue,
        clock: Clock,
        hosts: Hosts,
        *,
        seed: int | None = None,
        boot_time: float | None = None,
        mount_root: str = "/lambda/nfs",
    ) -> None:
        self.catalogue = catalogue
        self.clock = clock
        self.hosts = hosts
        self._boot_time = boot_time
        self._mount_root = mount_root
        self._random = random.Random(seed)
        self.fates = Fates()
        # An instance-type/region pair that the list still shows although launches are refused.
        self.capacity: dict[str, dict[str, int]] = {}
        self.instances: dict[str, Instance] = {}
        self.ssh_keys: dict[str, SshKey] = {}
        self.file_systems: dict[str, FileSystem] = {}
        self.start_over()

    # -- as a whole ------------------------------------------------------------------------------------------------

    def start_over(self) -> None:
        """Hold what the catalogue says, and nothing else."""
        self.capacity = {name: dict(regions) for name, regions in self.catalogue.capacity.items()}
        self.fates = Fates()
        self.instances = {}
        self.ssh_keys = {}
        self.file_systems = {}
        for row in self.catalogue.file_systems:
            self.add_file_system(row["name"], row["region"], row.get("bytes_used", 0))

    async def reset(self) -> None:
        """End every instance at once and start over."""
        await self.close()
        self.start_over()

    async def close(self) -> None:
        """End every instance's life and host."""
        lives = [instance.life for instance in self.instances.values() if instance.life and not instance.life.done()]
        for life in lives:
            life.cancel()
        await asyncio.gather(*lives, return_exceptions=True)
        for instance in self.instances.values():
            await self.hosts.stop(instance.id)

    def new_id(self) -> str:
        """An id of the service's form."""
        return f"{self._random.getrandbits(128):032x}"

    # -- SSH keys --------------------------------------------------------------------------------------------------

    def add_ssh_key(self, name: str, public_key: str | None) -> tuple[SshKey, str | None]:
        """Store a key, or generate a pair; the key and the private half of a generated one."""
        private_key = None
        if any(key.name == name for key in self.ssh_keys.values()):
            raise invalid_parameters("name", "A key's name must be unique.")
        if public_key is None:
            private_key, public_key = key_pairs.generate(name)
        else:
            public_key = key_pairs.check_public_key(public_key)
        return self.store_ssh_key(name, public_key), private_key

    def store_ssh_key(self, name: str, public_key: str) -> SshKey:
        """Store a key without the service's checks, so that two may share a name."""
        key = SshKey(self.new_id(), name, public_key)
        self.ssh_keys[key.id] = key
        return key

    def delete_ssh_key(self, key_id: str) -> None:
        if key_id not in self.ssh_keys:
            raise does_not_exist("The SSH key")
        del self.ssh_keys[key_id]

    # -- file systems ----------------------------------------------------------------------------------------------

    def add_file_system(self, name: str, region: str, bytes_used: int = 0) -> FileSystem:
        """Add a file system without the service's checks."""
        row = FileSystem(self.new_id(), name, region, self.clock.now(), bytes_used)
        self.file_systems[row.id] = row
        return row

    def file_system_in_use(self, file_system: FileSystem) -> bool:
        """Whether an instance mounts it; one that is terminating still does."""
        return any(file_system in instance.file_systems for instance in self.instances.values())

    def default_mount_point(self, name: str) -> str:
        return f"{self._mount_root}/{name}"

    # -- instances -------------------------------------------------------------------------------------------------

    def listed_instances(self) -> list[Instance]:
        """What a list shows now."""
        now = self.clock.now()
        return [instance for instance in self.instances.values() if instance.listed_from <= now]

    def instance(self, instance_id: str) -> Instance:
        found = self.instances.get(instance_id)
        if found is None:
            raise does_not_exist("The instance")
        return found

    def available_regions(self, type_name: str) -> list[str]:
        """The regions that the list of instance types names for a type."""
        return [region for region, count in self.capacity.get(type_name, {}).items() if count > 0]

    def launch(self, request: LaunchRequest) -> Instance:
        """Start an instance as the service would.

        Raises:
            ServiceError: the request cannot be fulfilled.
        """
        type_ = self.catalogue.types.get(request.instance_type)
        if type_ is None:
            raise invalid_parameters("instance_type_name", f"There is no instance type {request.instance_type}.")
        if request.region not in self.catalogue.regions:
            raise invalid_parameters("region_name", f"There is no region {request.region}.")
        keys = tuple(self._key_for_launch(name) for name in request.ssh_key_names)
        file_systems = tuple(self._file_system_for_launch(name, request.region) for name in request.file_system_names)
        if not self.capacity.get(type_.name, {}).get(request.region):
            raise insufficient_capacity(type_.name, request.region)
        self.capacity[type_.name][request.region] -= 1
        return self.start_instance(request, keys, file_systems)

    def _key_for_launch(self, name: str) -> SshKey:
        found = [key for key in self.ssh_keys.values() if key.name == name]
        if not found:
            raise does_not_exist(f"The SSH key {name}")
        if len(found) > 1:
            raise unknown("An unknown error occurred.")
        return found[0]

    def _file_system_for_launch(self, name: str, region: str) -> FileSystem:
        found = [row for row in self.file_systems.values() if row.name == name]
        if not found:
            raise does_not_exist(f"The file system {name}")
        here = [row for row in found if row.region == region]
        if not here:
            raise ServiceError(
                400,
                "instance-operations/launch/file-system-in-wrong-region",
                f"The file system {name} is in {found[0].region}, not in {region}.",
                f"Launch in {found[0].region}.",
            )
        return here[0]

    def start_instance(
        self, request: LaunchRequest, keys: tuple[SshKey, ...] = (), file_systems: tuple[FileSystem, ...] = ()
    ) -> Instance:
        """Let an instance begin its life, whatever the service would say."""
        type_ = self.catalogue.types[request.instance_type]
        mounts = tuple(
            FileSystemMount(row.id, row.name, request.mounts.get(row.id) or self.default_mount_point(row.name))
            for row in file_systems
        )
        instance = Instance(
            id=self.new_id(),
            name=request.name,
            type=type_,
            region=request.region,
            ssh_keys=keys,
            file_systems=file_systems,
            mounts=mounts,
            gpus=GpuSpec(type_.gpus, type_.gpu_model, type_.gpu_memory_mib),
            launched=self.clock.now(),
            hostname=request.hostname,
            tags=request.tags,
            rulesets=request.rulesets,
            user_data=request.user_data,
        )
        fates = self.fates.take(instance.name)
        for fate in fates:
            if fate.fate == "late-listing":
                instance.listed_from = self.clock.now() + fate.after
            else:
                self._damage(instance, fate.fate)
        self.instances[instance.id] = instance
        instance.life = asyncio.create_task(self._live(instance, fates))
        return instance

    def seed_instance(self, request: LaunchRequest, *, status: str, ip: str | None, private_ip: str | None) -> Instance:
        """Let an instance simply be there, in any state. Nothing stands behind its address."""
        type_ = self.catalogue.types[request.instance_type]
        number = len(self.instances) + 1
        instance = Instance(
            id=self.new_id(),
            name=request.name,
            type=type_,
            region=request.region,
            ssh_keys=tuple(key for key in self.ssh_keys.values() if key.name in request.ssh_key_names),
            file_systems=tuple(row for row in self.file_systems.values() if row.name in request.file_system_names),
            mounts=(),
            gpus=GpuSpec(type_.gpus, type_.gpu_model, type_.gpu_memory_mib),
            launched=self.clock.now(),
            status=status,
            ip=ip or (f"198.19.{number // 250 % 250}.{number % 250 + 1}" if status == "active" else None),
            private_ip=private_ip,
            hostname=request.hostname,
            jupyter_token=f"{self._random.getrandbits(128):032x}",
            tags=request.tags,
        )
        self.instances[instance.id] = instance
        return instance

    @staticmethod
    def _damage(instance: Instance, fate: str) -> None:
        gpus = instance.gpus
        if fate == "gpu-missing":
            instance.gpus = GpuSpec(gpus.count, gpus.model, gpus.memory_mib, gpus.broken, min(1, gpus.count))
        elif fate == "gpu-broken":
            instance.gpus = GpuSpec(gpus.count, gpus.model, gpus.memory_mib, frozenset({gpus.count - 1}), gpus.missing)

    async def _live(self, instance: Instance, fates: t.Sequence[Fate]) -> None:
        """From booting to active, or to what its fate is."""
        ordered = {fate.fate: fate for fate in fates}
        boot = instance.type.boot * self._random.uniform(1.0, 1.2) if self._boot_time is None else self._boot_time
        for name in ("unhealthy", "preempted", "vanishes"):
            if name in ordered:
                await self.clock.sleep(ordered[name].after)
                await self.apply_fate(instance, name)
                return
        if "never-boots" in ordered:
            return
        begin = self.clock.now()
        try:
            address = await self.hosts.start(self._host_spec(instance))
        except HostError as error:
            log.error("%s: %s", instance.id, error)
            instance.status = "unhealthy"
            return
        await self.clock.sleep(boot - (self.clock.now() - begin))
        instance.status = "active"
        instance.private_ip = address.private_ip
        instance.hostname = instance.hostname or f"{address.ip.replace('.', '-')}.cloud.lambdalabs.example"
        instance.jupyter_token = f"{self._random.getrandbits(128):032x}"
        if "no-address" in ordered:
            return
        # The address tends to show up later than the status.
        await self.clock.sleep(ADDRESS_DELAY_SECONDS if boot else 0)
        instance.ip = address.ip

    def _host_spec(self, instance: Instance) -> HostSpec:
        return HostSpec(
            instance_id=instance.id,
            name=instance.name,
            hostname=instance.hostname or f"lambda-{instance.id[:8]}",
            authorized_keys=tuple(key.public_key for key in instance.ssh_keys),
            gpus=instance.gpus,
            vcpus=instance.type.vcpus,
            mounts=instance.mounts,
            user_data=instance.user_data,
            region=instance.region,
        )

    async def apply_fate(self, instance: Instance, fate: str) -> None:
        """Let something happen to an instance now."""
        if fate in ("unhealthy", "preempted"):
            instance.status = fate
        elif fate == "vanishes":
            self._give_back(instance)
            await self.hosts.stop(instance.id)
            self.instances.pop(instance.id, None)
        elif fate == "no-address":
            instance.ip = None
        elif fate in ("gpu-missing", "gpu-broken"):
            self._damage(instance, fate)
            await self.hosts.set_gpus(instance.id, instance.gpus)

    def terminate(self, ids: t.Sequence[str]) -> list[Instance]:
        """Let instances go, all or none."""
        found = [self.instance(instance_id) for instance_id in dict.fromkeys(ids)]
        for instance in found:
            if not instance.live:
                raise unknown("An unknown error occurred.")
        for instance in found:
            self._give_back(instance)
            instance.status = "terminating"
            self._begin(instance, self._die)
        return found

    def _give_back(self, instance: Instance) -> None:
        if instance.live:
            instance.ended = self.clock.now()
            regions = self.capacity.setdefault(instance.type.name, {})
            regions[instance.region] = regions.get(instance.region, 0) + 1

    async def _die(self, instance: Instance) -> None:
        await self.hosts.stop(instance.id)
        await self.clock.sleep(TERMINATING_SECONDS)
        self.instances.pop(instance.id, None)

    def restart(self, ids: t.Sequence[str]) -> list[Instance]:
        """Restart instances, all or none."""
        found = [self.instance(instance_id) for instance_id in dict.fromkeys(ids)]
        for instance in found:
            if instance.status not in ("active", "unhealthy"):
                raise unknown("An unknown error occurred.")
        for instance in found:
            instance.status = "booting"
            self._begin(instance, self._reboot)
        return found

    async def _reboot(self, instance: Instance) -> None:
        try:
            await self.hosts.restart(instance.id)
        except HostError as error:
            log.error("%s: %s", instance.id, error)
            instance.status = "unhealthy"
            return
        await self.clock.sleep(RESTART_SECONDS if self._boot_time is None else self._boot_time)
        instance.status = "active"

    @staticmethod
    def _begin(instance: Instance, phase: t.Callable[[Instance], t.Coroutine[t.Any, t.Any, None]]) -> None:
        """Let an instance leave whatever it was at for another phase of its life."""
        if instance.life:
            instance.life.cancel()
        instance.life = asyncio.create_task(phase(instance))
