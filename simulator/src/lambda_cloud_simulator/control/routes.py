# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The control address: state, seeds, faults and fates, outside the API."""

from __future__ import annotations

import typing as t

from fastapi import APIRouter, HTTPException
from pydantic import Field

from ..account.context import Status
from ..account.fates import Fate
from ..account.fates import Kind as FateKind
from ..account.faults import Fault
from ..account.scenario import CapacityChange, Quirks
from ..account.seeds import Seed, SeedFileSystem, SeedInstance, SeedKey
from ..api.views import Views1100
from ..simulator import SimulatorState

Json = dict[str, t.Any]
PREFIX = "/_simulator"
_SECRETS = frozenset({"jupyter_token", "jupyter_url"})


class FateNow(Seed):
    """A fate for an instance that exists, `after` this many simulated seconds."""

    fate: FateKind
    after: t.Annotated[float, Field(ge=0)] = 0.0


class SetStatus(Seed):
    """The account's status: whether it may do anything."""

    status: Status


def router(simulator: SimulatorState) -> APIRouter:
    """Return the routes of the control address."""
    routes = APIRouter(prefix=PREFIX, include_in_schema=False)
    _add_reading(routes, simulator)
    _add_seeding(routes, simulator)
    _add_trouble(routes, simulator)
    return routes


def _add_reading(routes: APIRouter, simulator: SimulatorState) -> None:
    @routes.get("/requests")
    async def requests() -> Json:
        return {"requests": simulator.log.entries()}

    @routes.delete("/requests", status_code=204)
    async def forget_requests() -> None:
        simulator.log.clear()

    @routes.get("/state")
    async def state() -> Json:
        return state_of(simulator)

    @routes.post("/reset", status_code=204)
    async def reset() -> None:
        await simulator.reset()


def state_of(simulator: SimulatorState) -> Json:
    """Return everything there is, without secrets. Costs are in US cents, times in simulated seconds."""
    account = simulator.account
    views = Views1100(account)
    now = account.clock.now()
    limit = simulator.rate_limit
    return {
        "api_version": simulator.version.name,
        "now": now,
        "date": account.clock.date(now).isoformat(timespec="seconds"),
        "status": account.status,
        "instances": [
            {
                **{field: value for field, value in views.instance(row).items() if field not in _SECRETS},
                "name": row.name,
                "ip": row.ip,
                "image": {"id": row.image.id, "family": row.image.family} if row.image else None,
                "age_seconds": now - row.launched,
                "cost_cents": row.cost_cents(now),
                "listed": row.listed_from <= now,
            }
            for row in account.instances.by_id.values()
        ],
        "ssh_keys": [views.ssh_key(row) for row in account.ssh_keys.by_id.values()],
        "file_systems": views.file_systems(account.file_systems.by_id.values()),
        "firewall_rules": views.rules(account.firewall.rules),
        "firewall_rulesets": [views.ruleset(row) for row in account.firewall.rulesets.values()],
        "capacity": account.capacity.counts(),
        "quirks": account.quirks.model_dump(),
        "rate_limit": limit.state() if limit else None,
        "faults": [fault.model_dump() for fault in simulator.faults.pending],
        "fates": [fate.model_dump() for fate in account.fates.pending],
    }


def _add_seeding(routes: APIRouter, simulator: SimulatorState) -> None:
    account = simulator.account
    views = Views1100(account)

    def require_region(region: str) -> None:
        if region not in account.catalogue.regions:
            raise HTTPException(422, f"There is no region {region}.")

    def require_type(name: str) -> None:
        if name not in account.catalogue.types:
            raise HTTPException(422, f"There is no instance type {name}.")

    @routes.post("/instances")
    async def seed_instance(body: SeedInstance) -> Json:
        require_type(body.instance_type)
        require_region(body.region)
        return views.instance(account.instances.seed(body))

    @routes.post("/ssh-keys")
    async def seed_key(body: SeedKey) -> Json:
        return views.ssh_key(account.ssh_keys.seed(body))

    @routes.post("/file-systems")
    async def seed_file_system(body: SeedFileSystem) -> Json:
        require_region(body.region)
        return views.file_systems([account.file_systems.seed(body)])[0]

    @routes.put("/capacity", status_code=204)
    async def set_capacity(body: dict[str, dict[str, t.Annotated[int, Field(ge=0)]]]) -> None:
        for name, regions in body.items():
            require_type(name)
            for region in regions:
                require_region(region)
        account.capacity.merge(body)

    @routes.post("/capacity-changes", status_code=204)
    async def schedule_capacity(body: CapacityChange) -> None:
        for name, regions in body.capacity.items():
            require_type(name)
            for region in regions:
                require_region(region)
        account.capacity.schedule(account.clock.now() + body.after, body.capacity, body.lasts)

    @routes.put("/status", status_code=204)
    async def set_status(body: SetStatus) -> None:
        account.status = body.status

    @routes.put("/quirks", status_code=204)
    async def set_quirks(body: Quirks) -> None:
        simulator.set_quirks(body)


def _add_trouble(routes: APIRouter, simulator: SimulatorState) -> None:
    account = simulator.account

    @routes.post("/faults", status_code=204)
    async def order_fault(body: Fault) -> None:
        simulator.faults.pending.append(body)

    @routes.get("/faults")
    async def pending_faults() -> Json:
        return {"faults": [fault.model_dump() for fault in simulator.faults.pending]}

    @routes.delete("/faults", status_code=204)
    async def clear_faults() -> None:
        simulator.faults.lift()

    @routes.post("/fates", status_code=204)
    async def order_fate(body: Fate) -> None:
        account.fates.pending.append(body)

    @routes.get("/fates")
    async def pending_fates() -> Json:
        return {"fates": [fate.model_dump() for fate in account.fates.pending]}

    @routes.delete("/fates", status_code=204)
    async def clear_fates() -> None:
        account.fates.pending.clear()

    @routes.post("/instances/{id}/fate", status_code=204)
    async def fate_now(id: str, body: FateNow) -> None:
        if id not in account.instances.by_id:
            raise HTTPException(404, f"There is no instance {id}.")
        if body.fate in ("never-boots", "never-active", "late-listing"):
            raise HTTPException(422, f"{body.fate} is for instances that are yet to be launched.")
        await account.instances.apply_fate(id, Fate(fate=body.fate, after=body.after))
