# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The operations of version 1.10.0."""

from __future__ import annotations

import typing as t
from datetime import UTC, datetime

from fastapi import APIRouter, Query

from ...account.account import Account
from ...account.errors import invalid_parameters
from ...account.firewall import GLOBAL_ID
from ...account.resources import FirewallRule
from .. import routes as common
from ..responses import ApiResponse, data
from ..views import Views1100
from .requests import (
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
from .responses import DESCRIPTION


def router(account: Account) -> APIRouter:
    """Return the routes over an account."""
    views = Views1100(account)
    routes = APIRouter()
    common.add(routes, account, views, DESCRIPTION)
    _add_instances(routes, account, views)
    _add_file_systems(routes, account, views)
    _add_firewall(routes, account, views)
    _add_rest(routes, account, views)
    return routes


def _add_instances(routes: APIRouter, account: Account, views: Views1100) -> None:
    of = DESCRIPTION.of

    @routes.get("/instances", name="list_instances", responses=of("list_instances"))
    async def list_instances(cluster_id: str | None = None) -> ApiResponse:
        # There are no clusters here, so none has an instance.
        rows = account.instances.listed() if cluster_id is None else []
        return data([views.instance(row) for row in rows])

    @routes.post("/instances/{id}", name="rename_instance", responses=of("rename_instance"))
    async def rename_instance(id: str, body: ModifyInstance) -> ApiResponse:
        return data(views.instance(account.instances.rename(id, body.name)))

    @routes.post("/instance-operations/launch", name="launch", responses=of("launch"))
    async def launch(body: Launch) -> ApiResponse:
        return data({"instance_ids": [(await account.instances.launch(body.request())).id]})


def _add_file_systems(routes: APIRouter, account: Account, views: Views1100) -> None:
    of = DESCRIPTION.of

    # The list is at /file-systems; that is how the service has it.
    @routes.post("/filesystems", name="create_file_system", responses=of("create_file_system"))
    async def create_file_system(body: CreateFileSystem) -> ApiResponse:
        return data(views.file_systems([account.file_systems.create(body.name, body.region)])[0])

    @routes.delete("/filesystems/{id}", name="delete_file_system", responses=of("delete_file_system"))
    async def delete_file_system(id: str) -> ApiResponse:
        account.file_systems.delete(id)
        return data({"deleted_ids": [id]})


def _rules(rows: t.Iterable[Rule]) -> list[FirewallRule]:
    return [row.rule() for row in rows]


def _add_firewall(routes: APIRouter, account: Account, views: Views1100) -> None:
    of = DESCRIPTION.of

    @routes.get("/firewall-rules", name="list_firewall_rules", responses=of("list_firewall_rules"))
    async def list_firewall_rules() -> ApiResponse:
        return data(views.rules(account.firewall.rules))

    @routes.put("/firewall-rules", name="set_firewall_rules", responses=of("set_firewall_rules"))
    async def set_firewall_rules(body: SetRules) -> ApiResponse:
        account.firewall.replace_rules(_rules(body.data))
        return data(views.rules(account.firewall.rules))

    path = "/firewall-rulesets"

    @routes.get(path, name="list_firewall_rulesets", responses=of("list_firewall_rulesets"))
    async def list_firewall_rulesets() -> ApiResponse:
        return data([views.ruleset(row) for row in account.firewall.listed()])

    @routes.post(path, name="create_firewall_ruleset", responses=of("create_firewall_ruleset"))
    async def create_firewall_ruleset(body: CreateRuleset) -> ApiResponse:
        return data(views.ruleset(account.firewall.create(body.name, body.region, _rules(body.rules))))

    # Before those with an id, which would take this for one.
    @routes.get(f"{path}/{GLOBAL_ID}", name="get_firewall_ruleset", responses=of("get_global_firewall_ruleset"))
    async def get_global_firewall_ruleset() -> ApiResponse:
        return data(views.global_ruleset())

    @routes.patch(f"{path}/{GLOBAL_ID}", name="update_firewall_ruleset", responses=of("update_global_firewall_ruleset"))
    async def update_global_firewall_ruleset(body: UpdateGlobalRuleset) -> ApiResponse:
        rules: list[Rule] | None = body.rules
        if rules is not None:
            account.firewall.replace_rules(_rules(rules))
        return data(views.global_ruleset())

    @routes.get(f"{path}/{{id}}", name="get_firewall_ruleset", responses=of("get_firewall_ruleset"))
    async def get_firewall_ruleset(id: str) -> ApiResponse:
        return data(views.ruleset(account.firewall.get(id)))

    @routes.patch(f"{path}/{{id}}", name="update_firewall_ruleset", responses=of("update_firewall_ruleset"))
    async def update_firewall_ruleset(id: str, body: UpdateRuleset) -> ApiResponse:
        rules: list[Rule] | None = body.rules
        return data(views.ruleset(account.firewall.update(id, body.name, None if rules is None else _rules(rules))))

    @routes.delete(f"{path}/{{id}}", name="delete_firewall_ruleset", responses=of("delete_firewall_ruleset"))
    async def delete_firewall_ruleset(id: str) -> ApiResponse:
        if id == GLOBAL_ID:
            raise invalid_parameters("id", "The global ruleset cannot be deleted.")
        account.firewall.delete(id)
        return data({})


def _add_rest(routes: APIRouter, account: Account, views: Views1100) -> None:
    of = DESCRIPTION.of

    @routes.post("/ssh-keys", name="add_ssh_key", responses=of("add_ssh_key"))
    async def add_ssh_key(body: AddSshKey) -> ApiResponse:
        key, private_key = account.ssh_keys.add(body.name, body.public_key)
        return data(views.ssh_key(key, private_key))

    @routes.get("/images", name="list_images", responses=of("list_images"))
    async def list_images() -> ApiResponse:
        return data([views.image(row) for row in account.catalogue.images])

    @routes.get("/regions", name="list_regions", responses=of("list_regions"))
    async def list_regions() -> ApiResponse:
        return data(views.regions())

    @routes.get("/audit-events", name="list_audit_events", responses=of("list_audit_events"))
    async def list_audit_events(
        start: str | None = Query(default=None, json_schema_extra={"format": "date-time"}),
        end: str | None = Query(default=None, json_schema_extra={"format": "date-time"}),
        page_token: str | None = None,
        resource_type: str | None = None,
    ) -> ApiResponse:
        events, token = account.audit_log.page(
            _date("start", start), _date("end", end), resource_type, page_token, account.quirks.audit_page_size
        )
        return data(events, page_token=token)


def _date(name: str, text: str | None) -> datetime | None:
    """Read an ISO 8601 date and time; without a zone it is UTC.

    Raises:
        ServiceError: it is none; the error names the parameter.
    """
    if text is None:
        return None
    try:
        date = datetime.fromisoformat(text)
    except ValueError:
        raise invalid_parameters(name, "This is not an ISO 8601 date and time.") from None
    if "T" not in text.upper():
        raise invalid_parameters(name, "The time of the day is missing.")
    return date if date.tzinfo else date.replace(tzinfo=UTC)
