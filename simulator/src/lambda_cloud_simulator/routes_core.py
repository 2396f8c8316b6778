# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The operations that are the same in every version."""

from __future__ import annotations

import typing as t

from fastapi import APIRouter

from .account import Account
from .bodies import InstanceIds
from .views import Views

Json = dict[str, t.Any]


def router(account: Account, views: Views) -> APIRouter:
    """The routes over an account, shown as a version shows it."""
    routes = APIRouter()

    @routes.get("/instance-types", name="list_instance_types")
    async def list_instance_types() -> Json:
        return {"data": views.instance_types()}

    @routes.get("/instances", name="list_instances")
    async def list_instances() -> Json:
        return {"data": [views.instance(row) for row in account.listed_instances()]}

    @routes.get("/instances/{id}", name="get_instance")
    async def get_instance(id: str) -> Json:
        return {"data": views.instance(account.instance(id))}

    @routes.post("/instance-operations/terminate", name="terminate")
    async def terminate(body: InstanceIds) -> Json:
        return {"data": {"terminated_instances": [views.instance(row) for row in account.terminate(body.instance_ids)]}}

    @routes.post("/instance-operations/restart", name="restart")
    async def restart(body: InstanceIds) -> Json:
        return {"data": {"restarted_instances": [views.instance(row) for row in account.restart(body.instance_ids)]}}

    @routes.get("/ssh-keys", name="list_ssh_keys")
    async def list_ssh_keys() -> Json:
        return {"data": [views.ssh_key(row) for row in account.ssh_keys.values()]}

    @routes.delete("/ssh-keys/{id}", name="delete_ssh_key")
    async def delete_ssh_key(id: str) -> Json:
        account.delete_ssh_key(id)
        return {"data": {}}

    @routes.get("/file-systems", name="list_file_systems")
    async def list_file_systems() -> Json:
        return {"data": [views.file_system(row) for row in account.file_systems.values()]}

    return routes
