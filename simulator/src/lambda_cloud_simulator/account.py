# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A simulated account: what it holds, and what the service would do with it. No HTTP here."""

from __future__ import annotations

import asyncio
import random
import typing as t

from . import images, key_pairs
from .audit import AuditLog
from .capacity import Capacity
from .clock import Clock
from .errors import (
    ServiceError,
    account_inactive,
    does_not_exist,
    file_system_in_wrong_region,
    insufficient_capacity,
    invalid_address,
    invalid_parameters,
    quota_exceeded,
    unknown,
)
from .fates import Fate, Fates
from .firewall import DEFAULT_RULES, Firewall
from .hosts import FileSystemMount, GpuSpec, Hosts
from .lifecycle import Lifecycle
from .resources import FileSystem, FirewallRule, Instance, LaunchRequest, Ruleset, SshKey
from .scenario import Scenario
from .seeds import SeedFileSystem, SeedInstance, SeedKey, SeedRule

Status = t.Literal["active", "inactive", "invalid-address"]


class Account:
    """An account and its clock. Public attributes are for reading; methods raise ServiceError as the service refuses."""

    def __init__(
        self,
        scenario: Scenario,
        clock: Clock,
        hosts: Hosts,
        *,
        seed: int | None = None,
        boot_time: float | None = None,
        mount_root: str = "/lambda/nfs",
        keys_in_use_stay: bool = False,
    ) -> None:
        """
        Args:
            seed: makes ids, boot times and refusals repeatable, from one reset to the next.
            boot_time: that of every instance in simulated seconds, or None for that of its type.
            mount_root: the folder in which machines mount file systems by default.
            keys_in_use_stay: whether an SSH key that an instance was launched with cannot be deleted.
        """
        self.scenario = scenario
        self.catalogue = scenario.catalogue()
        self.clock = clock
        self.hosts = hosts
        self._seed = seed
        self._mount_root = mount_root
        self._keys_in_use_stay = keys_in_use_stay
        self.lifecycle = Lifecycle(clock, hosts, boot_time=boot_time, release=self._release, forget=self._forget)
        self.instances: dict[str, Instance] = {}
        self.ssh_keys: dict[str, SshKey] = {}
        self.file_systems: dict[str, FileSystem] = {}
        self.start_over()

    # -- as a whole ------------------------------------------------------------------------------------------------

    def start_over(self) -> None:
        """Hold what the scenario says, and nothing else. Needs a running event loop where instances have hosts."""
        scenario, now = self.scenario, self.clock.now()
        self._random = random.Random(self._seed)
        self.quirks = scenario.quirks.model_copy()
        self.status: Status = scenario.status
        changes = [(now + change.after, change.capacity) for change in scenario.capacity_changes]
        self._capacity = Capacity(scenario.capacity, changes, self._random)
        self.fates = Fates(scenario.fates)
        self.audit = AuditLog()
        rules = DEFAULT_RULES if scenario.firewall_rules is None else map(as_rule, scenario.firewall_rules)
        self.firewall = Firewall(rules, scenario.quotas.firewall_rulesets)
        self.instances.clear()
        self.ssh_keys.clear()
        self.file_systems.clear()
        for key in scenario.ssh_keys:
            self.seed_ssh_key(key)
        for row in scenario.file_systems:
            self.seed_file_system(row)
        for ruleset in scenario.firewall_rulesets:
            self.create_ruleset(ruleset.name, ruleset.region, map(as_rule, ruleset.rules))
        for instance in scenario.instances:
            self.seed_instance(instance)

    async def reset(self) -> None:
        """End every instance at once and start over."""
        await self.lifecycle.end(self.instances.values())
        await asyncio.gather(*(self.hosts.stop(instance_id) for instance_id in self.instances))
        self.start_over()

    async def close(self) -> None:
        """End every instance's life and remove all hosts."""
        await self.lifecycle.end(self.instances.values())
        await self.hosts.close()

    def require_active(self, address: bool = False) -> None:
        """Refuse when the account is not active, or, where it matters, its billing address is not valid."""
        if self.status == "inactive":
            raise account_inactive()
        if address and self.status == "invalid-address":
            raise invalid_address()

    def new_id(self) -> str:
        """An id of the service's form."""
        return f"{self._random.getrandbits(128):032x}"

    def _audit(self, resource: str, action: str, *ids: str, **details: t.Any) -> None:
        self.audit.record(self.new_id(), self.clock.date(), resource, action, ids, **details)

    def _require_region(self, region: str, field: str) -> None:
        if region not in self.catalogue.regions:
            raise invalid_parameters(field, f"There is no region {region}.")

    # -- SSH keys --------------------------------------------------------------------------------------------------

    def add_ssh_key(self, name: str, public_key: str | None) -> tuple[SshKey, str | None]:
        """Store a key, or generate a pair; the key and the private half of a generated one."""
        if any(key.name == name for key in self.ssh_keys.values()):
            raise invalid_parameters("name", "A key's name must be unique.")
        private_key = None
        if public_key is None:
            private_key, public_key = key_pairs.generate(name)
        else:
            public_key = key_pairs.check_public_key(public_key)
        key = self._store_ssh_key(name, public_key)
        self._audit("ssh_key", "created", key.id)
        return key, private_key

    def seed_ssh_key(self, seed: SeedKey) -> SshKey:
        """Store a key without the service's checks, so that two may share a name."""
        return self._store_ssh_key(seed.name, seed.public_key or key_pairs.generate(seed.name)[1])

    def _store_ssh_key(self, name: str, public_key: str) -> SshKey:
        key = SshKey(self.new_id(), name, public_key)
        self.ssh_keys[key.id] = key
        return key

    def delete_ssh_key(self, key_id: str) -> None:
        """Forget a key. Instances that were launched with it keep it."""
        key = self.ssh_keys.get(key_id)
        if key is None:
            raise does_not_exist("The SSH key")
        if self._keys_in_use_stay and any(key in row.ssh_keys for row in self.instances.values() if row.live):
            raise ServiceError(
                400, "ssh-keys/key-in-use", f"An instance uses the SSH key {key.name}.", "Terminate the instance first."
            )
        del self.ssh_keys[key_id]
        self._audit("ssh_key", "deleted", key_id)

    # -- file systems ----------------------------------------------------------------------------------------------

    def create_file_system(self, name: str, region: str) -> FileSystem:
        self.require_active(address=True)
        self._require_region(region, "region")
        if any(row.name == name and row.region == region for row in self.file_systems.values()):
            raise ServiceError(
                400, "global/duplicate", f"There is a file system {name} in {region} already.", "Choose another name."
            )
        quota = self.scenario.quotas.file_systems
        if quota is not None and len(self.file_systems) >= quota:
            raise quota_exceeded("file systems", quota)
        row = self._store_file_system(name, region)
        self._audit("filesystem", "created", row.id, region=region)
        return row

    def seed_file_system(self, seed: SeedFileSystem) -> FileSystem:
        """Add a file system without the service's checks."""
        return self._store_file_system(seed.name, seed.region, seed.bytes_used)

    def _store_file_system(self, name: str, region: str, bytes_used: int = 0) -> FileSystem:
        row = FileSystem(self.new_id(), name, region, self.clock.now(), bytes_used)
        self.file_systems[row.id] = row
        return row

    def delete_file_system(self, file_system_id: str) -> None:
        row = self.file_systems.get(file_system_id)
        if row is None:
            raise does_not_exist("The file system")
        if row.id in self.file_systems_in_use():
            raise ServiceError(
                400,
                "filesystems/filesystem-in-use",
                f"An instance mounts the file system {row.name}.",
                "Terminate the instance first.",
            )
        del self.file_systems[file_system_id]
        self._audit("filesystem", "deleted", file_system_id)

    def file_systems_in_use(self) -> set[str]:
        """Ids of the file systems that an instance mounts; one that is terminating still does."""
        return {row.id for instance in self.instances.values() for row in instance.file_systems}

    def default_mount_point(self, name: str) -> str:
        return f"{self._mount_root}/{name}"

    # -- firewall --------------------------------------------------------------------------------------------------

    def create_ruleset(self, name: str, region: str, rules: t.Iterable[FirewallRule]) -> Ruleset:
        self._require_region(region, "region")
        ruleset = self.firewall.add(Ruleset(self.new_id(), name, region, self.clock.now(), tuple(rules)))
        self._audit("firewall_ruleset", "created", ruleset.id, region=region)
        return ruleset

    def delete_ruleset(self, ruleset_id: str) -> None:
        self.firewall.remove(ruleset_id, in_use=bool(self.instances_of_ruleset(ruleset_id)))
        self._audit("firewall_ruleset", "deleted", ruleset_id)

    def instances_of_ruleset(self, ruleset_id: str) -> list[str]:
        """Ids of the instances that were launched with a ruleset."""
        return [row.id for row in self.instances.values() if ruleset_id in row.rulesets]

    # -- capacity --------------------------------------------------------------------------------------------------

    @property
    def capacity(self) -> dict[str, dict[str, int]]:
        """How many machines of each type each region still has."""
        return self._capacity.counts(self.clock.now())

    def set_capacity(self, counts: t.Mapping[str, t.Mapping[str, int]]) -> None:
        """Change what is named."""
        self._capacity.merge(counts)

    def available_regions(self, type_name: str) -> list[str]:
        """The regions that the list of instance types names for a type."""
        return self._capacity.regions(type_name, self.clock.now())

    def _release(self, instance: Instance) -> None:
        """Let an instance cease to cost, and give back its capacity, once."""
        if instance.ended is None:
            instance.ended = self.clock.now()
            self._capacity.give_back(instance.type.name, instance.region)

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

    async def launch(self, request: LaunchRequest) -> Instance:
        """Start an instance; where boots take no time, return when it has booted."""
        self.require_active(address=True)
        type_ = self.catalogue.types.get(request.instance_type)
        if type_ is None:
            raise invalid_parameters("instance_type_name", f"There is no instance type {request.instance_type}.")
        self._require_region(request.region, "region_name")
        keys = tuple(self._key_for_launch(name) for name in request.ssh_key_names)
        mounts = self._mounts_for_launch(request)
        if mounts and not type_.file_systems:
            raise ServiceError(
                400,
                "instance-operations/launch/file-systems-not-supported",
                f"Machines of type {type_.name} mount no file systems.",
                "Launch without, or another type.",
            )
        images.check(self.catalogue.images, request.region, type_.architecture, request.image_id, request.image_family)
        for ruleset_id in request.rulesets:
            ruleset = self.firewall.get(ruleset_id)
            if ruleset.region != request.region:
                raise invalid_parameters("firewall_rulesets", f"{ruleset.name} is in {ruleset.region}.")
        quota = self.scenario.quotas.instances
        if quota is not None and sum(row.live for row in self.instances.values()) >= quota:
            raise quota_exceeded("instances", quota)
        if not self._capacity.take(type_.name, request.region, self.clock.now(), self.quirks.capacity_refusals):
            raise insufficient_capacity(type_.name, request.region)
        instance = Instance(
            id=self.new_id(),
            name=request.name,
            type=type_,
            region=request.region,
            ssh_keys=keys,
            file_systems=tuple(self.file_systems[mount.file_system_id] for mount in mounts),
            mounts=mounts,
            gpus=GpuSpec(type_.gpus, type_.gpu_model, type_.gpu_memory_mib),
            launched=self.clock.now(),
            hostname=request.hostname,
            jupyter_token=self.new_id(),
            tags=request.tags,
            rulesets=request.rulesets,
            user_data=request.user_data,
        )
        fates = self.fates.take(instance.name)
        self.instances[instance.id] = instance
        self.lifecycle.begin(instance, fates, self._random)
        self._audit("instance", "created", instance.id, instance_type=type_.name, region=request.region)
        await self.lifecycle.settled(instance, fates)
        return instance

    def _key_for_launch(self, name: str) -> SshKey:
        found = [key for key in self.ssh_keys.values() if key.name == name]
        if not found:
            raise does_not_exist(f"The SSH key {name}")
        if len(found) > 1:
            raise unknown()
        return found[0]

    def _mounts_for_launch(self, request: LaunchRequest) -> tuple[FileSystemMount, ...]:
        """File systems by name and by id; a mount point that was asked for wins over the default."""
        rows = [self._file_system_by_name(name, request.region) for name in dict.fromkeys(request.file_system_names)]
        for file_system_id in request.mounts:
            row = self.file_systems.get(file_system_id)
            if row is None:
                raise does_not_exist(f"The file system {file_system_id}")
            if row.region != request.region:
                raise file_system_in_wrong_region(row.name, row.region, request.region)
            rows.append(row)
        mounts = {
            row.id: FileSystemMount(row.id, row.name, request.mounts.get(row.id) or self.default_mount_point(row.name))
            for row in rows
        }
        if len({mount.mount_point for mount in mounts.values()}) < len(mounts):
            raise invalid_parameters("file_system_mounts", "Two file systems cannot have one mount point.")
        return tuple(mounts.values())

    def _file_system_by_name(self, name: str, region: str) -> FileSystem:
        found = [row for row in self.file_systems.values() if row.name == name]
        if not found:
            raise does_not_exist(f"The file system {name}")
        here = [row for row in found if row.region == region]
        if not here:
            raise file_system_in_wrong_region(name, found[0].region, region)
        return here[0]

    def seed_instance(self, seed: SeedInstance) -> Instance:
        """Let an instance simply be there, in any state."""
        type_ = self.catalogue.types[seed.instance_type]
        number = len(self.instances) + 1
        address = seed.ip or (f"198.19.{number // 250 % 250}.{number % 250 + 1}" if seed.status == "active" else None)
        rows = tuple(row for row in self.file_systems.values() if row.name in seed.file_system_names)
        instance = Instance(
            id=self.new_id(),
            name=seed.name,
            type=type_,
            region=seed.region,
            ssh_keys=tuple(key for key in self.ssh_keys.values() if key.name in seed.ssh_key_names),
            file_systems=rows,
            mounts=tuple(FileSystemMount(row.id, row.name, self.default_mount_point(row.name)) for row in rows),
            gpus=GpuSpec(type_.gpus, type_.gpu_model, type_.gpu_memory_mib),
            launched=self.clock.now(),
            status="booting" if seed.host else seed.status,
            ip=None if seed.host else address,
            private_ip=seed.private_ip,
            hostname=seed.hostname,
            jupyter_token=self.new_id(),
            tags=tuple(seed.tags.items()),
            rulesets=tuple(
                row.id for row in self.firewall.rulesets.values() if row.name in seed.firewall_ruleset_names
            ),
            extra=seed.extra,
        )
        self.instances[instance.id] = instance
        if seed.host:
            self.lifecycle.begin_at_once(instance)
        return instance

    def rename(self, instance_id: str, name: str | None) -> Instance:
        """Give an instance another name; an empty one takes it away, None leaves it."""
        instance = self.instance(instance_id)
        if name is not None:
            instance.name = name or None
            self._audit("instance", "updated", instance_id)
        return instance

    def terminate(self, ids: t.Sequence[str]) -> list[Instance]:
        """Let instances go, all or none."""
        found = [self.instance(instance_id) for instance_id in dict.fromkeys(ids)]
        going = [instance for instance in found if instance.live]
        if len(going) < len(found) and self.quirks.terminate_twice == "refused":
            raise unknown()
        for instance in going:
            self.lifecycle.terminate(instance)
        if going:
            self._audit("instance", "terminated", *(instance.id for instance in going))
        return found

    async def restart(self, ids: t.Sequence[str]) -> list[Instance]:
        """Restart instances, all or none; where boots take no time, return when they are back."""
        found = [self.instance(instance_id) for instance_id in dict.fromkeys(ids)]
        for instance in found:
            if instance.status not in ("active", "unhealthy"):
                raise ServiceError(
                    409,
                    "global/conflict",
                    f"The instance {instance.id} is {instance.status}.",
                    "Wait until it is active.",
                )
        for instance in found:
            self.lifecycle.restart(instance)
        if found:
            self._audit("instance", "restarted", *(instance.id for instance in found))
        await asyncio.gather(*(self.lifecycle.settled(instance) for instance in found))
        return found

    async def apply_fate(self, instance_id: str, fate: Fate) -> None:
        """Let something happen to an instance."""
        await self.lifecycle.apply(self.instance(instance_id), fate)

    def _forget(self, instance: Instance) -> None:
        self.instances.pop(instance.id, None)


def as_rule(seed: SeedRule) -> FirewallRule:
    """A rule of a scenario."""
    return FirewallRule(seed.protocol, seed.source_network, seed.description, seed.port_range)
