# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""`--hosts none`: addresses without anything behind them, for clients of the API alone."""

from __future__ import annotations

import ipaddress
import itertools

from . import GpuSpec, HostAddress, HostSpec

# Set aside for documentation and for private use, so that nobody is ever reached by mistake.
_PUBLIC = ipaddress.ip_network("198.18.0.0/15")
_PRIVATE = ipaddress.ip_network("10.19.0.0/16")


class NoHosts:
    """Hands out addresses and does nothing else."""

    def __init__(self) -> None:
        self._numbers = itertools.count(1)
        self._addresses: dict[str, HostAddress] = {}

    async def prepare(self) -> None:
        pass

    async def reserve(self, instance_id: str) -> HostAddress:
        if instance_id not in self._addresses:
            number = next(self._numbers)
            public = _PUBLIC[number % _PUBLIC.num_addresses]
            private = _PRIVATE[number % _PRIVATE.num_addresses]
            self._addresses[instance_id] = HostAddress(ip=str(public), private_ip=str(private))
        return self._addresses[instance_id]

    async def start(self, spec: HostSpec) -> HostAddress:
        return await self.reserve(spec.instance_id)

    async def restart(self, instance_id: str) -> None:
        pass

    async def stop(self, instance_id: str) -> None:
        self._addresses.pop(instance_id, None)

    async def set_gpus(self, instance_id: str, gpus: GpuSpec) -> None:
        pass

    async def close(self) -> None:
        pass
