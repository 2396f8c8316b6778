# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The operations of version 1.5.3, all ten of them."""

from __future__ import annotations

from fastapi import APIRouter

from . import routes_core
from .account import Account
from .answers import Answer, data
from .answers_1_5_3 import DESCRIPTION
from .bodies_1_5_3 import AddSshKey, Launch
from .views import Views

# Where machines mounted file systems then.
MOUNT_ROOT = "/home/ubuntu"
KEYS_IN_USE_STAY = True


def router(account: Account) -> APIRouter:
    """The routes over an account."""
    views = Views(account)
    routes = APIRouter()
    of = DESCRIPTION.of
    routes_core.add(routes, account, views, DESCRIPTION)

    @routes.get("/instances", name="list_instances", responses=of("list_instances"))
    async def list_instances() -> Answer:
        return data([views.instance(row) for row in account.listed_instances()])

    @routes.post("/instance-operations/launch", name="launch", responses=of("launch"))
    async def launch(body: Launch) -> Answer:
        return data({"instance_ids": [(await account.launch(body.request())).id]})

    @routes.post("/ssh-keys", name="add_ssh_key", responses=of("add_ssh_key"))
    async def add_ssh_key(body: AddSshKey) -> Answer:
        key, private_key = account.add_ssh_key(body.name, body.public_key)
        return data(views.ssh_key(key, private_key))

    return routes
