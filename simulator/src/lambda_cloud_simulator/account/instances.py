# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The account's instances: launching, renaming, restarting and terminating them."""

from __future__ import annotations

import asyncio
import typing as t

from ..hosts import GpuSpec, Hosts
from . import images
from .capacity import Capacity
from .context import Context
from .errors import ServiceError, does_not_exist, insufficient_capacity, invalid_parameters, quota_exceeded, unknown
from .fates import Fate, Fates
from .file_systems import FileSystems
from .firewall import Firewall
from .launch_request import LaunchRequest
from .lifecycle import Lifecycle
from .resources import Instance
from .seeds import SeedInstance
from .ssh_keys import SshKeys


class Instances:
    """The instances by their ids. Methods raise ServiceError where the service refuses."""

    def __init__(
        self,
        context: Context,
        hosts: Hosts,
        *,
        ssh_keys: SshKeys,
        file_systems: FileSystems,
        firewall: Firewall,
        capacity: Capacity,
        fates: Fates,
        boot_time: float | None,
    ) -> None:
        """Begin with none.

        Args:
            context: what the resources share.
            hosts: what stands behind the instances' addresses.
            ssh_keys: the keys that launches name.
            file_systems: those that launches mount.
            firewall: the rulesets that launches name.
            capacity: what launches take.
            fates: what launches meet.
            boot_time: of every instance in simulated seconds, or None for that of its type.
        """
        self._context = context
        self._hosts = hosts
        self._ssh_keys = ssh_keys
        self._file_systems = file_systems
        self._firewall = firewall
        self._capacity = capacity
        self._fates = fates
        self._lifecycle = Lifecycle(
            context.clock,
            hosts,
            boot_time=boot_time,
            chance=context.chance,
            boot_order=lambda: context.quirks.boot_order,
            release=self._release,
            forget=self._forget,
        )
        self.by_id = context.instances

    def listed(self) -> list[Instance]:
        """Return what a list shows now."""
        return self._context.listed(self.by_id.values())

    def get(self, instance_id: str) -> Instance:
        """Return an instance."""
        found = self.by_id.get(instance_id)
        if found is None:
            raise does_not_exist("The instance")
        return found

    async def launch(self, request: LaunchRequest) -> Instance:
        """Launch an instance; where boots take no time, return when it has booted.

        What comes of it is decided at once, and told after the `launch_seconds` of the quirks.
        """
        context = self._context
        answered = context.clock.now() + context.chance.uniform(*context.quirks.launch_seconds)
        try:
            return await self._launch(request)
        finally:
            await context.clock.sleep(answered - context.clock.now())

    async def _launch(self, request: LaunchRequest) -> Instance:
        context = self._context
        context.require_active(address=True)
        type_ = context.catalogue.types.get(request.instance_type)
        if type_ is None:
            raise invalid_parameters("instance_type_name", f"There is no instance type {request.instance_type}.")
        context.require_region(request.region, "region_name")
        keys = tuple(self._ssh_keys.for_launch(name) for name in request.ssh_key_names)
        mounts = self._file_systems.for_launch(request)
        if mounts and not type_.file_systems:
            raise ServiceError(
                400,
                "instance-operations/launch/file-systems-not-supported",
                f"Instances of type {type_.name} mount no file systems.",
                "Launch without, or another type.",
            )
        image = images.choose(
            context.catalogue.images,
            request.region,
            type_.architecture,
            image_id=request.image_id,
            family=request.image_family,
            default_family=context.catalogue.default_images.get(request.region),
        )
        self._firewall.check_launch(request.rulesets, request.region)
        quota = context.scenario.quotas.instances
        if quota is not None and sum(row.live for row in self.by_id.values()) >= quota:
            raise quota_exceeded("instances", quota)
        if not self._capacity.take(type_.name, request.region, context.quirks.capacity_refusals):
            raise insufficient_capacity(type_.name, request.region)
        instance = Instance(
            id=context.new_id(),
            name=request.name,
            type=type_,
            region=request.region,
            ssh_keys=keys,
            file_systems=tuple(self._file_systems.by_id[mount.file_system_id] for mount in mounts),
            mounts=mounts,
            gpus=GpuSpec(type_.gpus, type_.gpu_model, type_.gpu_memory_mib),
            launched=context.clock.now(),
            image=image,
            listed_from=context.listed_from(),
            terminable_from=context.clock.now() + context.quirks.terminate_available_after,
            hostname=request.hostname,
            jupyter_token=context.new_id(),
            tags=request.tags,
            rulesets=request.rulesets,
            user_data=request.user_data,
        )
        fates = self._fates.take(instance.name)
        self.by_id[instance.id] = instance
        self._lifecycle.begin(instance, fates)
        context.record("instance", "created", instance.id, instance_type=type_.name, region=request.region)
        await self._lifecycle.settle(instance, fates)
        return instance

    def seed(self, seed: SeedInstance) -> Instance:
        """Add an instance in any state, without the service's checks.

        Needs a running event loop where it has a host.
        """
        context = self._context
        type_ = context.catalogue.types[seed.instance_type]
        number = len(self.by_id) + 1
        address = seed.ip or (f"198.19.{number // 250 % 250}.{number % 250 + 1}" if seed.status == "active" else None)
        file_systems = tuple(row for row in self._file_systems.by_id.values() if row.name in seed.file_system_names)
        instance = Instance(
            id=context.new_id(),
            name=seed.name,
            type=type_,
            region=seed.region,
            ssh_keys=tuple(key for key in self._ssh_keys.by_id.values() if key.name in seed.ssh_key_names),
            file_systems=file_systems,
            mounts=tuple(self._file_systems.mount(row) for row in file_systems),
            gpus=GpuSpec(type_.gpus, type_.gpu_model, type_.gpu_memory_mib),
            launched=context.clock.now(),
            status="booting" if seed.host else seed.status,
            ip=None if seed.host else address,
            private_ip=seed.private_ip,
            hostname=seed.hostname,
            jupyter_token=context.new_id(),
            tags=tuple(seed.tags.items()),
            is_reserved=seed.is_reserved,
            rulesets=tuple(
                row.id for row in self._firewall.rulesets.values() if row.name in seed.firewall_ruleset_names
            ),
            extra=seed.extra,
        )
        self.by_id[instance.id] = instance
        if seed.host:
            self._lifecycle.begin_at_once(instance)
        return instance

    def rename(self, instance_id: str, name: str | None) -> Instance:
        """Give an instance another name; an empty one takes it away, None leaves it."""
        instance = self.get(instance_id)
        if name is not None:
            instance.name = name or None
            self._context.record("instance", "updated", instance_id)
        return instance

    def terminate(self, ids: t.Sequence[str]) -> list[Instance]:
        """Terminate instances, all or none."""
        found = [self.get(instance_id) for instance_id in dict.fromkeys(ids)]
        for instance in found:
            if not self.is_terminable(instance):
                raise ServiceError(
                    409,
                    "global/conflict",
                    f"The instance {instance.id} cannot be terminated yet.",
                    "Wait until its action terminate is available.",
                )
        going = [instance for instance in found if instance.live]
        if len(going) < len(found) and self._context.quirks.terminate_twice == "refused":
            raise unknown()
        for instance in going:
            self._lifecycle.terminate(instance)
        if going:
            self._context.record("instance", "terminated", *(instance.id for instance in going))
        return found

    def is_terminable(self, instance: Instance) -> bool:
        """Return whether an instance was launched long enough ago to be terminated."""
        return instance.terminable_from <= self._context.clock.now()

    async def restart(self, ids: t.Sequence[str]) -> list[Instance]:
        """Restart instances, all or none; where boots take no time, return when they are back."""
        found = [self.get(instance_id) for instance_id in dict.fromkeys(ids)]
        for instance in found:
            if instance.status not in ("active", "unhealthy"):
                raise ServiceError(
                    409,
                    "global/conflict",
                    f"The instance {instance.id} is {instance.status}.",
                    "Wait until it is active.",
                )
        for instance in found:
            self._lifecycle.restart(instance)
        if found:
            self._context.record("instance", "restarted", *(instance.id for instance in found))
        await asyncio.gather(*(self._lifecycle.settle(instance) for instance in found))
        return found

    async def apply_fate(self, instance_id: str, fate: Fate) -> None:
        """Apply a fate to an instance, now or when its time has come."""
        await self._lifecycle.apply(self.get(instance_id), fate)

    async def end(self) -> None:
        """End the life of every instance where it is; their hosts stay."""
        await self._lifecycle.end(self.by_id.values())

    async def stop_hosts(self) -> None:
        """Remove the instances' hosts."""
        await asyncio.gather(*(self._hosts.stop(instance_id) for instance_id in self.by_id))

    def _release(self, instance: Instance) -> None:
        """End an instance's costs and give back its capacity, once."""
        if instance.ended is None:
            instance.ended = self._context.clock.now()
            self._capacity.give_back(instance.type.name, instance.region)

    def _forget(self, instance: Instance) -> None:
        self.by_id.pop(instance.id, None)
        self._file_systems.release(instance.file_systems)
