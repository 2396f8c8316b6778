# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The account: all its resources, back at a scenario's beginning after each reset."""

from __future__ import annotations

from ..hosts import Hosts
from .audit import AuditLog
from .capacity import Capacity
from .clock import Clock
from .context import Context, Status
from .fates import Fates
from .file_systems import FileSystems
from .firewall import Firewall, as_rule
from .instances import Instances
from .scenario import Quirks, Scenario
from .ssh_keys import SshKeys


class Account:
    """An account and its clock. Attributes are for reading; a reset replaces those that hold resources."""

    ssh_keys: SshKeys
    file_systems: FileSystems
    firewall: Firewall
    capacity: Capacity
    fates: Fates
    instances: Instances

    def __init__(
        self,
        scenario: Scenario,
        clock: Clock,
        hosts: Hosts,
        *,
        seed: int | None = None,
        boot_time: float | None = None,
        mount_root: str = "/lambda/nfs",
    ) -> None:
        """Begin with what the scenario says. Needs a running event loop where instances have hosts.

        Args:
            scenario: what the account holds and what happens to it.
            clock: the simulated time.
            hosts: what stands behind the instances' addresses.
            seed: makes ids, boot times and refusals repeatable, from one reset to the next.
            boot_time: of every instance in simulated seconds, or None for that of its type.
            mount_root: the folder in which instances mount file systems by default.
        """
        self.scenario = scenario
        self.catalogue = scenario.catalogue()
        self.clock = clock
        self._hosts = hosts
        self._seed = seed
        self._boot_time = boot_time
        self._mount_root = mount_root
        self._begin()

    def _begin(self) -> None:
        scenario = self.scenario
        self._context = context = Context(scenario, self.catalogue, self.clock, self._seed)
        now = self.clock.now()
        self.capacity = Capacity(scenario.capacity, self.clock, context.chance)
        for change in scenario.capacity_changes:
            self.capacity.schedule(now + change.after, change.capacity, change.lasts)
        self.fates = Fates(scenario.fates)
        self.ssh_keys = SshKeys(context)
        self.file_systems = FileSystems(context, self._mount_root)
        self.firewall = Firewall(context)
        self.instances = Instances(
            context,
            self._hosts,
            ssh_keys=self.ssh_keys,
            file_systems=self.file_systems,
            firewall=self.firewall,
            capacity=self.capacity,
            fates=self.fates,
            boot_time=self._boot_time,
        )
        for key in scenario.ssh_keys:
            self.ssh_keys.seed(key)
        for file_system in scenario.file_systems:
            self.file_systems.seed(file_system)
        for ruleset in scenario.firewall_rulesets:
            self.firewall.create(ruleset.name, ruleset.region, map(as_rule, ruleset.rules))
        for instance in scenario.instances:
            self.instances.seed(instance)

    async def reset(self) -> None:
        """End every instance at once and begin anew."""
        await self.instances.end()
        await self.instances.stop_hosts()
        self._begin()

    async def close(self) -> None:
        """End every instance's life and remove all hosts."""
        await self.instances.end()
        await self._hosts.close()

    @property
    def audit_log(self) -> AuditLog:
        """Return the log of what was done since the last reset."""
        return self._context.audit_log

    @property
    def quirks(self) -> Quirks:
        """Return the service's quirks, which may be set until the next reset."""
        return self._context.quirks

    @quirks.setter
    def quirks(self, quirks: Quirks) -> None:
        self._context.quirks = quirks

    @property
    def status(self) -> Status:
        """Return whether the account may do anything, which may be set until the next reset."""
        return self._context.status

    @status.setter
    def status(self, status: Status) -> None:
        self._context.status = status

    def require_active(self) -> None:
        """Require that the account is active.

        Raises:
            ServiceError: it is not.
        """
        self._context.require_active()
