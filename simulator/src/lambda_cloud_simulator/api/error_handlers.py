# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Errors in the service's form, wherever they come from."""

from __future__ import annotations

import typing as t

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse

from ..account.errors import ServiceError, invalid_fields
from .dialects import Dialect
from .operations import Operations


def install(app: FastAPI, dialect: Dialect, operations: Operations, prefix: str) -> None:
    """Make an application answer errors below a prefix as the service does, and all others plainly."""

    def below(request: Request) -> str | None:
        path = request.url.path
        return path.removeprefix(prefix) if path.startswith(prefix) else None

    def respond(request: Request, error: ServiceError, **headers: str) -> JSONResponse:
        status, body = dialect.render(error, operations.name(request.method, below(request) or ""))
        return JSONResponse(body, status, headers)

    @app.exception_handler(ServiceError)
    async def service_error(request: Request, error: ServiceError) -> JSONResponse:
        return respond(request, error)

    @app.exception_handler(RequestValidationError)
    async def invalid(request: Request, error: RequestValidationError) -> JSONResponse:
        messages = {_field(each): str(each["msg"]).removeprefix("Value error, ") for each in error.errors()}
        if below(request) is None:
            return JSONResponse({"detail": messages}, 422)
        return respond(request, invalid_fields(messages))

    @app.exception_handler(HTTPException)
    async def http_error(request: Request, error: HTTPException) -> JSONResponse:
        path = below(request)
        if path is None:
            return JSONResponse({"detail": error.detail}, error.status_code, error.headers)
        if error.status_code == 400:
            return respond(request, invalid_fields({"body": str(error.detail)}))
        not_found = ServiceError(
            error.status_code, "global/not-found", f"{error.detail}.", "Check the path and the method."
        )
        if error.status_code == 405:
            return respond(request, not_found, Allow=", ".join(operations.methods(path)))
        return respond(request, not_found)


def _field(error: t.Any) -> str:
    """Return the parameter that a validation error is about."""
    # The first part says body, path or query; where JSON cannot be read, the rest is a position.
    parts = [] if error["type"] == "json_invalid" else error["loc"][1:]
    return ".".join(str(part) for part in parts) or "body"
