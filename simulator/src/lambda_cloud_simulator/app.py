# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The simulator as one ASGI application."""

from __future__ import annotations

import contextlib
import typing as t
from dataclasses import dataclass, field

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse
from starlette.routing import BaseRoute, Match
from starlette.types import ASGIApp

from . import control, routes_1_5_3, routes_1_10_0
from .account import Account
from .errors import ServiceError
from .faults import Faults
from .gate import PREFIX, Gate
from .rate_limit import RateLimit
from .request_log import RequestLog

VERSIONS: dict[str, t.Any] = {"1.5.3": routes_1_5_3, "1.10.0": routes_1_10_0}
DEFAULT_VERSION = "1.10.0"


@dataclass
class Simulator:
    """An account with everything that stands around it."""

    account: Account
    keys: t.Sequence[str]
    api_version: str = DEFAULT_VERSION
    rate_limit: bool = False
    log: RequestLog = field(default_factory=RequestLog)
    faults: Faults = field(default_factory=Faults)

    def application(self) -> ASGIApp:
        """What uvicorn serves."""
        routes = VERSIONS[self.api_version].router(self.account)
        with_field_errors = self.api_version == "1.5.3"
        app = FastAPI(
            title="Lambda Cloud API, simulated",
            version=self.api_version,
            lifespan=self._lifespan,
            docs_url=None,
            redoc_url=None,
        )
        app.include_router(routes, prefix=PREFIX)
        app.include_router(control.router(self.account, self.log, self.faults))
        app.add_api_route("/healthz", _healthz, include_in_schema=False)
        _answer_errors(app, with_field_errors)
        return Gate(
            app,
            keys=self.keys,
            clock=self.account.clock,
            log=self.log,
            faults=self.faults,
            operations=_operations(routes.routes),
            rate_limit=RateLimit(self.account.clock) if self.rate_limit else None,
            with_field_errors=with_field_errors,
        )

    @contextlib.asynccontextmanager
    async def _lifespan(self, app: FastAPI) -> t.AsyncIterator[None]:
        try:
            yield
        finally:
            await self.account.close()
            await self.account.hosts.close()


async def _healthz() -> dict[str, str]:
    return {"status": "ok"}


def _operations(routes: t.Sequence[BaseRoute]) -> t.Callable[[str, str], str | None]:
    """Names the operation of a method and a path below the prefix."""

    def operation(method: str, path: str) -> str | None:
        scope = {"type": "http", "method": method, "path": path}
        for route in routes:
            if route.matches(scope)[0] is Match.FULL:
                return str(getattr(route, "name", None))
        return None

    return operation


def _answer_errors(app: FastAPI, with_field_errors: bool) -> None:
    """Let every refusal have the service's form."""

    def answer(error: ServiceError) -> JSONResponse:
        return JSONResponse(error.body(with_field_errors), error.status)

    @app.exception_handler(ServiceError)
    async def service_error(request: Request, error: ServiceError) -> JSONResponse:
        return answer(error)

    @app.exception_handler(RequestValidationError)
    async def invalid(request: Request, error: RequestValidationError) -> JSONResponse:
        fields: dict[str, dict[str, t.Any]] = {}
        for each in error.errors():
            name = ".".join(str(part) for part in each["loc"][1:]) or "body"
            fields[name] = {"code": "global/invalid-parameters", "message": each["msg"]}
        told = "; ".join(f"{name}: {each['message']}" for name, each in fields.items())
        return answer(
            ServiceError(400, "global/invalid-parameters", f"Invalid request: {told}", "Check the request.", fields)
        )

    @app.exception_handler(HTTPException)
    async def http_error(request: Request, error: HTTPException) -> JSONResponse:
        if not request.url.path.startswith(PREFIX):
            return JSONResponse({"detail": error.detail}, error.status_code)
        code = "global/object-does-not-exist" if with_field_errors else "global/not-found"
        return answer(ServiceError(error.status_code, code, str(error.detail), "Check the address and the method."))
