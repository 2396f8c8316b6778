# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The operations that are the same in every version."""

from __future__ import annotations

from fastapi import APIRouter

from .account import Account
from .answers import Answer, Description, data
from .bodies import InstanceIds
from .views import Views


def add(routes: APIRouter, account: Account, views: Views, description: Description) -> None:
    """Add the routes over an account, shown as a version shows it."""
    of = description.of

    @routes.get("/instance-types", name="list_instance_types", responses=of("list_instance_types"))
    async def list_instance_types() -> Answer:
        return data(views.instance_types())

    @routes.get("/instances/{id}", name="get_instance", responses=of("get_instance"))
    async def get_instance(id: str) -> Answer:
        return data(views.instance(account.instance(id)))

    @routes.post("/instance-operations/terminate", name="terminate", responses=of("terminate"))
    async def terminate(body: InstanceIds) -> Answer:
        gone = account.terminate(body.instance_ids)
        return data({"terminated_instances": [views.instance(row) for row in gone]})

    @routes.post("/instance-operations/restart", name="restart", responses=of("restart"))
    async def restart(body: InstanceIds) -> Answer:
        back = await account.restart(body.instance_ids)
        return data({"restarted_instances": [views.instance(row) for row in back]})

    @routes.get("/ssh-keys", name="list_ssh_keys", responses=of("list_ssh_keys"))
    async def list_ssh_keys() -> Answer:
        return data([views.ssh_key(row) for row in account.ssh_keys.values()])

    @routes.delete("/ssh-keys/{id}", name="delete_ssh_key", responses=of("delete_ssh_key"))
    async def delete_ssh_key(id: str) -> Answer:
        account.delete_ssh_key(id)
        return data({})

    @routes.get("/file-systems", name="list_file_systems", responses=of("list_file_systems"))
    async def list_file_systems() -> Answer:
        return data(views.file_systems(account.file_systems.values()))
