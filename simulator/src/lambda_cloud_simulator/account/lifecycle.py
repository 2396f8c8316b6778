# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lives of instances, from booting to gone, each a task that sleeps by the simulated clock."""

from __future__ import annotations

import asyncio
import logging
import random
import typing as t
from dataclasses import replace

from ..hosts import HostError, Hosts, HostSpec
from .clock import Clock
from .fates import ENDS, Fate
from .resources import Instance
from .scenario import BootStep

log = logging.getLogger(__name__)

# Simulated seconds
TERMINATING_SECONDS = 60.0
RESTART_SECONDS = 60.0
STEP_SECONDS = 8.0

# What comes before an instance is active comes after these shares of its boot, from the least to the most.
EARLY = (0.1, 0.3)
LATE = (0.72, 0.88)

# Real seconds: a host that really boots keeps no request waiting longer.
MOST_SETTLING_SECONDS = 1.0


class Lifecycle:
    """The lives of instances: booting, restarting, terminating, and what fates do to them."""

    def __init__(
        self,
        clock: Clock,
        hosts: Hosts,
        *,
        boot_time: float | None,
        chance: random.Random,
        boot_order: t.Callable[[], t.Sequence[BootStep]],
        release: t.Callable[[Instance], None],
        forget: t.Callable[[Instance], None],
    ) -> None:
        """Begin with no lives.

        Args:
            clock: the simulated time.
            hosts: what stands behind the instances' addresses.
            boot_time: of every instance in simulated seconds, or None for that of its type.
            chance: decides how long a boot and its steps take.
            boot_order: returns the order of a boot's steps.
            release: called when an instance ceases to take capacity and to cost.
            forget: called when nothing is left of an instance.
        """
        self._clock = clock
        self._hosts = hosts
        self._boot_time = boot_time
        self._chance = chance
        self._boot_order = boot_order
        self._release = release
        self._forget = forget
        self._pending: set[asyncio.Task[None]] = set()

    def begin(self, instance: Instance, fates: t.Sequence[Fate]) -> None:
        """Boot an instance, or let it meet the fates that it was launched with."""
        boot = instance.type.boot * self._chance.uniform(1.0, 1.2) if self._boot_time is None else self._boot_time
        for fate in fates:
            if fate.fate == "late-listing":
                instance.listed_from = max(instance.listed_from, self._clock.now() + fate.after)
            else:
                _damage(instance, fate.fate)
        self._enter(instance, self._live(instance, {fate.fate: fate for fate in fates}, boot))

    def begin_at_once(self, instance: Instance) -> None:
        """Boot an instance in no simulated time."""
        self._enter(instance, self._live(instance, {}, 0.0))

    async def settle(self, instance: Instance, fates: t.Sequence[Fate] = ()) -> None:
        """Wait until the boot is over, so that the next list shows it, where boots take no time."""
        if self._boot_time == 0 and instance.life and not any(fate.delays for fate in fates):
            await asyncio.wait([instance.life], timeout=MOST_SETTLING_SECONDS)

    def terminate(self, instance: Instance) -> None:
        """Terminate an instance."""
        self._release(instance)
        instance.status = "terminating"
        self._enter(instance, self._die(instance))

    def restart(self, instance: Instance) -> None:
        """Restart an instance."""
        instance.status = "booting"
        self._enter(instance, self._reboot(instance))

    async def apply(self, instance: Instance, fate: Fate) -> None:
        """Apply a fate to an instance, now or when its time has come."""
        if fate.after > 0:
            pending = asyncio.create_task(self._strike(instance, fate))
            self._pending.add(pending)
            pending.add_done_callback(self._pending.discard)
        else:
            await self._strike(instance, fate)

    async def end(self, instances: t.Iterable[Instance]) -> None:
        """End lives where they are, and forget what was to happen; hosts stay."""
        lives = [*self._pending, *(each.life for each in instances if each.life and not each.life.done())]
        for life in lives:
            life.cancel()
        await asyncio.gather(*lives, return_exceptions=True)

    @staticmethod
    def _enter(instance: Instance, phase: t.Coroutine[t.Any, t.Any, None]) -> None:
        """Move an instance to another phase of its life, whatever it was at."""
        if instance.life:
            instance.life.cancel()
        instance.life = asyncio.create_task(phase)

    async def _live(self, instance: Instance, fates: t.Mapping[str, Fate], boot: float) -> None:
        for kind in ENDS:
            if kind in fates:
                await self._wait_for(instance, fates[kind])
                return
        if "never-boots" in fates:
            return
        begin = self._clock.now()
        try:
            for step, at in self._steps(boot):
                await self._clock.sleep(at - (self._clock.now() - begin))
                if step != "active" or "never-active" not in fates:
                    await self._take_step(instance, step, has_address="no-address" not in fates)
        except HostError as error:
            log.error("%s: %s", instance.id, error)
            instance.status = "unhealthy"

    def _steps(self, boot: float) -> list[tuple[BootStep, float]]:
        """Return the steps of a boot in their order, and how long after its beginning each is taken."""
        order = self._boot_order()
        active = order.index("active")
        shares = [EARLY, LATE] if active == 2 else [EARLY if order[0] == "address" else LATE]
        before = [boot * self._chance.uniform(*share) for share in shares[:active]]
        after = [boot + (STEP_SECONDS * number if boot else 0) for number in range(len(order) - active)]
        return list(zip(order, [*before, *after], strict=True))

    async def _take_step(self, instance: Instance, step: BootStep, has_address: bool) -> None:
        if step == "ssh":
            await self._hosts.start(_host_spec(instance))
        elif step == "active":
            instance.status = "active"
        else:
            address = await self._hosts.reserve(instance.id)
            instance.private_ip = address.private_ip
            instance.hostname = instance.hostname or f"{address.ip.replace('.', '-')}.cloud.lambdalabs.example"
            if has_address:
                instance.ip = address.ip

    async def _strike(self, instance: Instance, fate: Fate) -> None:
        await self._clock.sleep(fate.after)
        if not instance.live:
            return
        if fate.fate in ENDS and instance.life:
            instance.life.cancel()
        await self._carry_out(instance, fate.fate)

    async def _wait_for(self, instance: Instance, fate: Fate) -> None:
        await self._clock.sleep(fate.after)
        await self._carry_out(instance, fate.fate)

    async def _carry_out(self, instance: Instance, fate: str) -> None:
        if fate == "unhealthy":
            # It keeps its host, its capacity and its price.
            instance.status = fate
        elif fate == "preempted":
            self._release(instance)
            instance.status = fate
            await self._hosts.stop(instance.id)
        elif fate == "vanishes":
            self._release(instance)
            self._forget(instance)
            await self._hosts.stop(instance.id)
        elif fate == "no-address":
            instance.ip = None
        else:
            _damage(instance, fate)
            await self._hosts.set_gpus(instance.id, instance.gpus)

    async def _die(self, instance: Instance) -> None:
        # A host that takes long to stop keeps nobody waiting, and the other way round.
        stopping = asyncio.create_task(self._hosts.stop(instance.id))
        await self._clock.sleep(TERMINATING_SECONDS)
        await stopping
        self._forget(instance)

    async def _reboot(self, instance: Instance) -> None:
        try:
            await self._hosts.restart(instance.id)
        except HostError as error:
            log.error("%s: %s", instance.id, error)
            instance.status = "unhealthy"
            return
        await self._clock.sleep(RESTART_SECONDS if self._boot_time is None else self._boot_time)
        instance.status = "active"


def _damage(instance: Instance, fate: str) -> None:
    """Make the last GPU of an instance missing or broken, where that is the fate."""
    gpus = instance.gpus
    if fate == "gpu-missing":
        instance.gpus = replace(gpus, missing=min(1, gpus.count))
    elif fate == "gpu-broken" and gpus.count:
        instance.gpus = replace(gpus, broken=frozenset({gpus.count - 1}))


def _host_spec(instance: Instance) -> HostSpec:
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
