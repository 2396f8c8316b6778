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

from .clock import Clock
from .fates import ENDS, Fate
from .hosts import HostError, Hosts, HostSpec
from .resources import Instance

log = logging.getLogger(__name__)

# Simulated seconds
TERMINATING_SECONDS = 60.0
RESTART_SECONDS = 60.0
ADDRESS_DELAY_SECONDS = 8.0

# Real seconds: a host that boots in earnest keeps no request waiting longer.
MOST_SETTLING_SECONDS = 1.0


class Lifecycle:
    """Lets instances live.

    Args:
        boot_time: that of every instance in simulated seconds, or None for that of its type.
        release: called when an instance ceases to take capacity and to cost.
        forget: called when nothing is left of an instance.
    """

    def __init__(
        self,
        clock: Clock,
        hosts: Hosts,
        *,
        boot_time: float | None,
        release: t.Callable[[Instance], None],
        forget: t.Callable[[Instance], None],
    ) -> None:
        self._clock = clock
        self._hosts = hosts
        self._boot_time = boot_time
        self._release = release
        self._forget = forget
        self._orders: set[asyncio.Task[None]] = set()

    def begin(self, instance: Instance, fates: t.Sequence[Fate], chance: random.Random) -> None:
        """Let an instance boot, or meet the fates that it was launched with."""
        boot = instance.type.boot * chance.uniform(1.0, 1.2) if self._boot_time is None else self._boot_time
        for fate in fates:
            if fate.fate == "late-listing":
                instance.listed_from = self._clock.now() + fate.after
            else:
                damage(instance, fate.fate)
        self._enter(instance, self._live(instance, {fate.fate: fate for fate in fates}, boot))

    def begin_at_once(self, instance: Instance) -> None:
        """Let an instance boot in no simulated time."""
        self._enter(instance, self._live(instance, {}, 0.0))

    async def settled(self, instance: Instance, fates: t.Sequence[Fate] = ()) -> None:
        """Where boots take no time: return when the boot is over, so that the next list shows it."""
        if self._boot_time == 0 and instance.life and not any(fate.delays for fate in fates):
            await asyncio.wait([instance.life], timeout=MOST_SETTLING_SECONDS)

    def terminate(self, instance: Instance) -> None:
        """Let an instance go."""
        self._release(instance)
        instance.status = "terminating"
        self._enter(instance, self._die(instance))

    def restart(self, instance: Instance) -> None:
        """Let an instance boot again."""
        instance.status = "booting"
        self._enter(instance, self._reboot(instance))

    async def apply(self, instance: Instance, fate: Fate) -> None:
        """Let something happen to an instance, now or later."""
        if fate.after > 0:
            order = asyncio.create_task(self._order(instance, fate))
            self._orders.add(order)
            order.add_done_callback(self._orders.discard)
        else:
            await self._order(instance, fate)

    async def end(self, instances: t.Iterable[Instance]) -> None:
        """Stop lives where they are, and forget what was to happen; hosts stay."""
        lives = [*self._orders, *(each.life for each in instances if each.life and not each.life.done())]
        for life in lives:
            life.cancel()
        await asyncio.gather(*lives, return_exceptions=True)

    @staticmethod
    def _enter(instance: Instance, phase: t.Coroutine[t.Any, t.Any, None]) -> None:
        """Let an instance leave whatever it was at for another phase of its life."""
        if instance.life:
            instance.life.cancel()
        instance.life = asyncio.create_task(phase)

    async def _live(self, instance: Instance, fates: t.Mapping[str, Fate], boot: float) -> None:
        for kind in ENDS:
            if kind in fates:
                await self._later(instance, fates[kind])
                return
        if "never-boots" in fates:
            return
        begin = self._clock.now()
        try:
            address = await self._hosts.start(_host_spec(instance))
        except HostError as error:
            log.error("%s: %s", instance.id, error)
            instance.status = "unhealthy"
            return
        await self._clock.sleep(boot - (self._clock.now() - begin))
        instance.status = "active"
        instance.private_ip = address.private_ip
        instance.hostname = instance.hostname or f"{address.ip.replace('.', '-')}.cloud.lambdalabs.example"
        if "no-address" in fates:
            return
        # The address tends to show up later than the status.
        await self._clock.sleep(ADDRESS_DELAY_SECONDS if boot else 0)
        instance.ip = address.ip

    async def _order(self, instance: Instance, fate: Fate) -> None:
        await self._clock.sleep(fate.after)
        if not instance.live:
            return
        if fate.fate in ENDS and instance.life:
            instance.life.cancel()
        await self._happen(instance, fate.fate)

    async def _later(self, instance: Instance, fate: Fate) -> None:
        await self._clock.sleep(fate.after)
        await self._happen(instance, fate.fate)

    async def _happen(self, instance: Instance, fate: str) -> None:
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
            damage(instance, fate)
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


def damage(instance: Instance, fate: str) -> None:
    """Let the last GPU be missing or fail."""
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
