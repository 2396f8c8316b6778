# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The operations of version 1.5.3, all ten of them."""

from __future__ import annotations

import typing as t

from fastapi import APIRouter

from . import routes_core
from .account import Account
from .bodies_1_5_3 import AddSshKey, Launch
from .views import Views

Json = dict[str, t.Any]


def router(account: Account) -> APIRouter:
    """The routes over an account."""
    views = Views(account)
    routes = routes_core.router(account, views)

    @routes.post("/instance-operations/launch", name="launch")
    async def launch(body: Launch) -> Json:
        return {"data": {"instance_ids": [account.launch(body.request()).id]}}

    @routes.post("/ssh-keys", name="add_ssh_key")
    async def add_ssh_key(body: AddSshKey) -> Json:
        key, private_key = account.add_ssh_key(body.name, body.public_key)
        return {"data": views.ssh_key(key, private_key)}

    return routes
