# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The operations that are the same in every version."""

from __future__ import annotations

from fastapi import APIRouter

from ..account.account import Account
from .requests import InstanceIds
from .responses import ApiResponse, Description, data
from .views import Views


def add(routes: APIRouter, account: Account, views: Views, description: Description) -> None:
    """Add the routes over an account that are the same in every version.

    Args:
        routes: where to add them.
        account: what they read and change.
        views: the form in which the version shows it.
        description: of the version's responses.
    """
    of = description.of

    @routes.get("/instance-types", name="list_instance_types", responses=of("list_instance_types"))
    async def list_instance_types() -> ApiResponse:
        return data(views.instance_types())

    @routes.get("/instances/{id}", name="get_instance", responses=of("get_instance"))
    async def get_instance(id: str) -> ApiResponse:
        return data(views.instance(account.instances.get(id)))

    @routes.post("/instance-operations/terminate", name="terminate", responses=of("terminate"))
    async def terminate(body: InstanceIds) -> ApiResponse:
        gone = account.instances.terminate(body.instance_ids)
        return data({"terminated_instances": [views.instance(row) for row in gone]})

    @routes.post("/instance-operations/restart", name="restart", responses=of("restart"))
    async def restart(body: InstanceIds) -> ApiResponse:
        back = await account.instances.restart(body.instance_ids)
        return data({"restarted_instances": [views.instance(row) for row in back]})

    @routes.get("/ssh-keys", name="list_ssh_keys", responses=of("list_ssh_keys"))
    async def list_ssh_keys() -> ApiResponse:
        return data([views.ssh_key(row) for row in account.ssh_keys.listed()])

    @routes.delete("/ssh-keys/{id}", name="delete_ssh_key", responses=of("delete_ssh_key"))
    async def delete_ssh_key(id: str) -> ApiResponse:
        account.ssh_keys.delete(id)
        return data({})

    @routes.get("/file-systems", name="list_file_systems", responses=of("list_file_systems"))
    async def list_file_systems() -> ApiResponse:
        return data(views.file_systems(account.file_systems.listed()))
