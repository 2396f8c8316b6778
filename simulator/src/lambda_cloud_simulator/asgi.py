# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The simulator as one ASGI application: the API behind its gateway, the control address and the operator's page."""

from __future__ import annotations

import contextlib
import typing as t

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from starlette.types import ASGIApp

from .api import error_handlers
from .api.operations import Operations
from .control import page, routes
from .middleware.gateway import PREFIX, Gateway
from .middleware.guard import Guard
from .simulator import SimulatorState


def application(simulator: SimulatorState, allowed_hosts: t.Collection[str] = ()) -> ASGIApp:
    """Return what a server such as uvicorn serves.

    Args:
        simulator: the state.
        allowed_hosts: names besides addresses and `localhost` under which it is reached.
    """
    version = simulator.version
    api = version.router(simulator.account)

    @contextlib.asynccontextmanager
    async def lifespan(app: FastAPI) -> t.AsyncIterator[None]:
        try:
            yield
        finally:
            await simulator.account.close()

    app = FastAPI(
        title="Lambda Cloud API, simulated", version=version.name, lifespan=lifespan, docs_url=None, redoc_url=None
    )
    app.include_router(api, prefix=PREFIX)
    app.include_router(routes.router(simulator))
    app.add_api_route("/healthz", _healthz, include_in_schema=False)
    app.include_router(page.router(simulator))
    operations = Operations(api.routes)
    error_handlers.install(app, version.dialect, operations, PREFIX)
    app.openapi = lambda: _description(app)  # type: ignore[method-assign]
    gateway = Gateway(
        app,
        account=simulator.account,
        keys=simulator.keys,
        log=simulator.log,
        faults=lambda: simulator.faults,
        operation_of=operations.name,
        rate_limit=lambda: simulator.rate_limit,
        latency=simulator.latency,
        dialect=version.dialect,
    )
    return Guard(gateway, allowed_hosts)


async def _healthz() -> dict[str, str]:
    return {"status": "ok"}


def _description(app: FastAPI) -> dict[str, t.Any]:
    """Return the OpenAPI description of the API, made from its routes."""
    if app.openapi_schema is None:
        schema = get_openapi(title=app.title, version=app.version, routes=app.routes)
        for path in schema["paths"].values():
            for operation in path.values():
                # FastAPI's own form of an error, which this API never has.
                operation["responses"].pop("422", None)
        schemes = {name: {"type": "http", "scheme": name} for name in ("bearer", "basic")}
        schema["components"]["securitySchemes"] = schemes
        schema["security"] = [{name: []} for name in schemes]
        app.openapi_schema = schema
    return app.openapi_schema
