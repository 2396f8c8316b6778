# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The control address: orders to the simulator, outside the API."""

from __future__ import annotations

import typing as t

from fastapi import APIRouter, HTTPException
from pydantic import BaseModel, ConfigDict, Field

from . import key_pairs
from .account import Account
from .fates import Fate
from .faults import Fault, Faults
from .request_log import RequestLog
from .resources import LaunchRequest
from .views import Views1100

Json = dict[str, t.Any]
FateName = t.Literal[
    "unhealthy", "preempted", "no-address", "never-boots", "vanishes", "late-listing", "gpu-missing", "gpu-broken"
]


class Order(BaseModel):
    """A body that must be understood whole."""

    model_config = ConfigDict(extra="forbid")


class SeedInstance(Order):
    """An instance that is simply there, whatever the service would say. Fields of `extra` are shown beside its own."""

    name: str | None = None
    instance_type: str = "gpu_1x_a10"
    region: str = "us-east-1"
    ssh_key_names: list[str] = []
    file_system_names: list[str] = []
    status: t.Literal["booting", "active", "unhealthy", "terminating", "terminated", "preempted"] = "active"
    ip: str | None = None
    private_ip: str | None = None
    hostname: str | None = None
    tags: dict[str, str] = {}


class SeedKey(Order):
    """A key that is simply there; without a public key one is made."""

    name: str
    public_key: str | None = None


class OrderFate(Order):
    """See `Fate`."""

    fate: FateName
    name: str | None = None
    times: t.Annotated[int, Field(ge=1)] = 1
    after: t.Annotated[float, Field(ge=0)] = 0.0


class FateNow(Order):
    """A fate for an instance that exists."""

    fate: FateName


def router(account: Account, log: RequestLog, faults: Faults) -> APIRouter:
    """The routes of the control address."""
    routes = APIRouter(prefix="/_simulator", include_in_schema=False)
    views = Views1100(account)

    @routes.get("/requests")
    async def requests() -> Json:
        return {"requests": log.entries()}

    @routes.delete("/requests", status_code=204)
    async def forget_requests() -> None:
        log.clear()

    @routes.get("/state")
    async def state() -> Json:
        now = account.clock.now()
        secret = {"jupyter_token", "jupyter_url"}
        return {
            "now": now,
            "instances": [
                {
                    **{field: value for field, value in views.instance(row).items() if field not in secret},
                    "name": row.name,
                    "cost_cents": row.cost_cents(now),
                }
                for row in account.instances.values()
            ],
            "ssh_keys": [views.ssh_key(row) for row in account.ssh_keys.values()],
            "file_systems": [views.file_system(row) for row in account.file_systems.values()],
            "capacity": account.capacity,
        }

    @routes.post("/reset", status_code=204)
    async def reset() -> None:
        await account.reset()
        faults.pending.clear()
        log.clear()

    @routes.post("/instances")
    async def seed_instance(body: SeedInstance) -> Json:
        if body.instance_type not in account.catalogue.types:
            raise HTTPException(422, f"no instance type {body.instance_type}")
        row = account.seed_instance(
            LaunchRequest(
                region=body.region,
                instance_type=body.instance_type,
                ssh_key_names=tuple(body.ssh_key_names),
                file_system_names=tuple(body.file_system_names),
                name=body.name,
                hostname=body.hostname,
                tags=tuple(body.tags.items()),
            ),
            status=body.status,
            ip=body.ip,
            private_ip=body.private_ip,
        )
        return views.instance(row)

    @routes.post("/ssh-keys")
    async def seed_key(body: SeedKey) -> Json:
        public_key = body.public_key or key_pairs.generate(body.name)[1]
        return views.ssh_key(account.store_ssh_key(body.name, public_key))

    @routes.put("/capacity", status_code=204)
    async def set_capacity(body: dict[str, dict[str, int]]) -> None:
        for name, regions in body.items():
            account.capacity[name] = {**account.capacity.get(name, {}), **regions}

    @routes.post("/faults", status_code=204)
    async def order_fault(body: Fault) -> None:
        faults.pending.append(body)

    @routes.get("/faults")
    async def pending_faults() -> Json:
        return {"faults": [fault.model_dump() for fault in faults.pending]}

    @routes.delete("/faults", status_code=204)
    async def clear_faults() -> None:
        faults.pending.clear()

    @routes.post("/fates", status_code=204)
    async def order_fate(body: OrderFate) -> None:
        account.fates.add(Fate(**body.model_dump()))

    @routes.post("/instances/{id}/fate", status_code=204)
    async def fate_now(id: str, body: FateNow) -> None:
        if id not in account.instances:
            raise HTTPException(404, f"no instance {id}")
        await account.apply_fate(account.instances[id], body.fate)

    return routes
