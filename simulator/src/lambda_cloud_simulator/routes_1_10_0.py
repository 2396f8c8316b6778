# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The operations of version 1.10.0."""

from __future__ import annotations

import typing as t
from datetime import UTC, datetime

from fastapi import APIRouter, Query

from . import routes_core
from .account import Account
from .answers import Answer, data
from .answers_1_10_0 import DESCRIPTION
from .bodies_1_10_0 import (
    AddSshKey,
    CreateFileSystem,
    CreateRuleset,
    Launch,
    ModifyInstance,
    Rule,
    SetRules,
    UpdateGlobalRuleset,
    UpdateRuleset,
)
from .errors import invalid_parameters
from .firewall import GLOBAL_ID
from .resources import FirewallRule
from .views import Views1100

MOUNT_ROOT = "/lambda/nfs"
KEYS_IN_USE_STAY = False


def router(account: Account) -> APIRouter:
    """The routes over an account."""
    views = Views1100(account)
    routes = APIRouter()
    routes_core.add(routes, account, views, DESCRIPTION)
    _add_instances(routes, account, views)
    _add_file_systems(routes, account, views)
    _add_firewall(routes, account, views)
    _add_rest(routes, account, views)
    return routes


def _add_instances(routes: APIRouter, account: Account, views: Views1100) -> None:
    of = DESCRIPTION.of

    @routes.get("/instances", name="list_instances", responses=of("list_instances"))
    async def list_instances(cluster_id: str | None = None) -> Answer:
        # There are no clusters here, so none has an instance.
        rows = account.listed_instances() if cluster_id is None else []
        return data([views.instance(row) for row in rows])

    @routes.post("/instances/{id}", name="rename_instance", responses=of("rename_instance"))
    async def rename_instance(id: str, body: ModifyInstance) -> Answer:
        return data(views.instance(account.rename(id, body.name)))

    @routes.post("/instance-operations/launch", name="launch", responses=of("launch"))
    async def launch(body: Launch) -> Answer:
        return data({"instance_ids": [(await account.launch(body.request())).id]})


def _add_file_systems(routes: APIRouter, account: Account, views: Views1100) -> None:
    of = DESCRIPTION.of

    # The list is at /file-systems; that is how the service has it.
    @routes.post("/filesystems", name="create_file_system", responses=of("create_file_system"))
    async def create_file_system(body: CreateFileSystem) -> Answer:
        return data(views.file_systems([account.create_file_system(body.name, body.region)])[0])

    @routes.delete("/filesystems/{id}", name="delete_file_system", responses=of("delete_file_system"))
    async def delete_file_system(id: str) -> Answer:
        account.delete_file_system(id)
        return data({"deleted_ids": [id]})


def _rules(rows: t.Iterable[Rule]) -> list[FirewallRule]:
    return [row.rule() for row in rows]


def _add_firewall(routes: APIRouter, account: Account, views: Views1100) -> None:
    of = DESCRIPTION.of

    @routes.get("/firewall-rules", name="list_firewall_rules", responses=of("list_firewall_rules"))
    async def list_firewall_rules() -> Answer:
        return data(views.rules(account.firewall.rules))

    @routes.put("/firewall-rules", name="set_firewall_rules", responses=of("set_firewall_rules"))
    async def set_firewall_rules(body: SetRules) -> Answer:
        account.firewall.replace_rules(_rules(body.data))
        return data(views.rules(account.firewall.rules))

    path = "/firewall-rulesets"

    @routes.get(path, name="list_firewall_rulesets", responses=of("list_firewall_rulesets"))
    async def list_firewall_rulesets() -> Answer:
        return data([views.ruleset(row) for row in account.firewall.rulesets.values()])

    @routes.post(path, name="create_firewall_ruleset", responses=of("create_firewall_ruleset"))
    async def create_firewall_ruleset(body: CreateRuleset) -> Answer:
        return data(views.ruleset(account.create_ruleset(body.name, body.region, _rules(body.rules))))

    # Before those with an id, which would take this for one.
    @routes.get(f"{path}/{GLOBAL_ID}", name="get_firewall_ruleset", responses=of("get_global_firewall_ruleset"))
    async def get_global_firewall_ruleset() -> Answer:
        return data(views.global_ruleset())

    @routes.patch(f"{path}/{GLOBAL_ID}", name="update_firewall_ruleset", responses=of("update_global_firewall_ruleset"))
    async def update_global_firewall_ruleset(body: UpdateGlobalRuleset) -> Answer:
        rules: list[Rule] | None = body.rules
        if rules is not None:
            account.firewall.replace_rules(_rules(rules))
        return data(views.global_ruleset())

    @routes.get(f"{path}/{{id}}", name="get_firewall_ruleset", responses=of("get_firewall_ruleset"))
    async def get_firewall_ruleset(id: str) -> Answer:
        return data(views.ruleset(account.firewall.get(id)))

    @routes.patch(f"{path}/{{id}}", name="update_firewall_ruleset", responses=of("update_firewall_ruleset"))
    async def update_firewall_ruleset(id: str, body: UpdateRuleset) -> Answer:
        rules: list[Rule] | None = body.rules
        return data(views.ruleset(account.firewall.update(id, body.name, None if rules is None else _rules(rules))))

    @routes.delete(f"{path}/{{id}}", name="delete_firewall_ruleset", responses=of("delete_firewall_ruleset"))
    async def delete_firewall_ruleset(id: str) -> Answer:
        if id == GLOBAL_ID:
            raise invalid_parameters("id", "The global ruleset cannot be deleted.")
        account.delete_ruleset(id)
        return data({})


def _add_rest(routes: APIRouter, account: Account, views: Views1100) -> None:
    of = DESCRIPTION.of

    @routes.post("/ssh-keys", name="add_ssh_key", responses=of("add_ssh_key"))
    async def add_ssh_key(body: AddSshKey) -> Answer:
        key, private_key = account.add_ssh_key(body.name, body.public_key)
        return data(views.ssh_key(key, private_key))

    @routes.get("/images", name="list_images", responses=of("list_images"))
    async def list_images() -> Answer:
        return data([views.image(row) for row in account.catalogue.images])

    @routes.get("/regions", name="list_regions", responses=of("list_regions"))
    async def list_regions() -> Answer:
        return data(views.regions())

    @routes.get("/audit-events", name="list_audit_events", responses=of("list_audit_events"))
    async def list_audit_events(
        start: str | None = Query(default=None, json_schema_extra={"format": "date-time"}),
        end: str | None = Query(default=None, json_schema_extra={"format": "date-time"}),
        page_token: str | None = None,
        resource_type: str | None = None,
    ) -> Answer:
        events, token = account.audit.page(
            _date("start", start), _date("end", end), resource_type, page_token, account.quirks.audit_page_size
        )
        return data(events, page_token=token)


def _date(name: str, text: str | None) -> datetime | None:
    """An ISO 8601 date and time; without a zone it is UTC."""
    if text is None:
        return None
    try:
        date = datetime.fromisoformat(text)
    except ValueError:
        raise invalid_parameters(name, "This is not an ISO 8601 date and time.") from None
    if "T" not in text.upper():
        raise invalid_parameters(name, "The time of the day is missing.")
    return date if date.tzinfo else date.replace(tzinfo=UTC)
