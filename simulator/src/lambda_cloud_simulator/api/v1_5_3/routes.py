# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The operations of version 1.5.3, all ten of them."""

from __future__ import annotations

from fastapi import APIRouter

from ...account.account import Account
from .. import routes as common
from ..responses import ApiResponse, data
from ..views import Views
from .requests import AddSshKey, Launch
from .responses import DESCRIPTION


def router(account: Account) -> APIRouter:
    """Return the routes over an account."""
    views = Views(account)
    routes = APIRouter()
    of = DESCRIPTION.of
    common.add(routes, account, views, DESCRIPTION)

    @routes.get("/instances", name="list_instances", responses=of("list_instances"))
    async def list_instances() -> ApiResponse:
        return data([views.instance(row) for row in account.instances.listed()])

    @routes.post("/instance-operations/launch", name="launch", responses=of("launch"))
    async def launch(body: Launch) -> ApiResponse:
        return data({"instance_ids": [(await account.instances.launch(body.request())).id]})

    @routes.post("/ssh-keys", name="add_ssh_key", responses=of("add_ssh_key"))
    async def add_ssh_key(body: AddSshKey) -> ApiResponse:
        key, private_key = account.ssh_keys.add(body.name, body.public_key)
        return data(views.ssh_key(key, private_key))

    return routes
