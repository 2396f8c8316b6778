# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The simulator as one ASGI application."""

from __future__ import annotations

import contextlib
import typing as t

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from starlette.types import ASGIApp

from . import control, page, refusals, routes_1_5_3, routes_1_10_0
from .account import Account
from .clock import Clock
from .errors import DIALECTS
from .faults import Faults
from .gate import PREFIX, Gate
from .hosts import Hosts
from .operations import Operations
from .rate_limit import RateLimit
from .request_log import RequestLog
from .scenario import Quirks, Scenario

VERSIONS: dict[str, t.Any] = {"1.5.3": routes_1_5_3, "1.10.0": routes_1_10_0}
DEFAULT_VERSION = "1.10.0"


class Simulator:
    """An account with everything that stands around it. Attributes are for reading."""

    def __init__(
        self,
        scenario: Scenario,
        clock: Clock,
        hosts: Hosts,
        *,
        keys: t.Sequence[str],
        api_version: str = DEFAULT_VERSION,
        limit_rate: bool = False,
        seed: int | None = None,
        boot_time: float | None = None,
    ) -> None:
        """`boot_time` is in simulated seconds; None takes that of the instance type."""
        self.api_version = api_version
        self.keys = keys
        self._routes = VERSIONS[api_version]
        self._limit_rate = limit_rate
        self.log = RequestLog()
        self.account = Account(
            scenario,
            clock,
            hosts,
            seed=seed,
            boot_time=boot_time,
            mount_root=self._routes.MOUNT_ROOT,
            keys_in_use_stay=self._routes.KEYS_IN_USE_STAY,
        )
        self._begin()

    def _begin(self) -> None:
        self.faults = Faults(self.account.scenario.faults)
        self.rate_limit = self._new_limit()

    def _new_limit(self) -> RateLimit | None:
        return RateLimit(self.account.clock, self.account.quirks.rate_limit_forms) if self._limit_rate else None

    async def reset(self) -> None:
        """Back to the scenario's beginning."""
        await self.account.reset()
        self.log.clear()
        self._begin()

    def set_quirks(self, quirks: Quirks) -> None:
        """Let the service have these quirks, until the next reset."""
        self.account.quirks = quirks
        self.rate_limit = self._new_limit()

    def application(self) -> ASGIApp:
        """What uvicorn serves."""
        routes = self._routes.router(self.account)
        app = FastAPI(
            title="Lambda Cloud API, simulated",
            version=self.api_version,
            lifespan=self._lifespan,
            docs_url=None,
            redoc_url=None,
        )
        app.include_router(routes, prefix=PREFIX)
        app.include_router(control.router(self))
        app.add_api_route("/healthz", _healthz, include_in_schema=False)
        app.include_router(page.router(self))
        operations = Operations(routes.routes)
        dialect = DIALECTS[self.api_version]
        refusals.install(app, dialect, operations, PREFIX)
        app.openapi = lambda: _description(app)  # type: ignore[method-assign]
        return Gate(
            app,
            account=self.account,
            keys=self.keys,
            log=self.log,
            faults=lambda: self.faults,
            operation_of=operations.name,
            rate_limit=lambda: self.rate_limit,
            dialect=dialect,
        )

    @contextlib.asynccontextmanager
    async def _lifespan(self, app: FastAPI) -> t.AsyncIterator[None]:
        try:
            yield
        finally:
            await self.account.close()


async def _healthz() -> dict[str, str]:
    return {"status": "ok"}


def _description(app: FastAPI) -> dict[str, t.Any]:
    """The OpenAPI description of the API, from its routes."""
    if app.openapi_schema is None:
        schema = get_openapi(title=app.title, version=app.version, routes=app.routes)
        for path in schema["paths"].values():
            for operation in path.values():
                # FastAPI's own form of a refusal, which this API never has.
                operation["responses"].pop("422", None)
        schemes = {name: {"type": "http", "scheme": name} for name in ("bearer", "basic")}
        schema["components"]["securitySchemes"] = schemes
        schema["security"] = [{name: []} for name in schemes]
        app.openapi_schema = schema
    return app.openapi_schema
