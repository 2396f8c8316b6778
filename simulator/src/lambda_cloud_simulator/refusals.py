# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every refusal in the service's form, whoever refuses."""

from __future__ import annotations

import typing as t

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse

from .errors import Dialect, ServiceError, invalid_fields
from .operations import Operations


def install(app: FastAPI, dialect: Dialect, operations: Operations, prefix: str) -> None:
    """Let an application answer errors below a prefix as the service does, and all others plainly."""

    def below(request: Request) -> str | None:
        path = request.url.path
        return path.removeprefix(prefix) if path.startswith(prefix) else None

    def answer(request: Request, error: ServiceError, **headers: str) -> JSONResponse:
        status, body = dialect.answer(error, operations.name(request.method, below(request) or ""))
        return JSONResponse(body, status, headers)

    @app.exception_handler(ServiceError)
    async def service_error(request: Request, error: ServiceError) -> JSONResponse:
        return answer(request, error)

    @app.exception_handler(RequestValidationError)
    async def invalid(request: Request, error: RequestValidationError) -> JSONResponse:
        messages = {_field(each): str(each["msg"]).removeprefix("Value error, ") for each in error.errors()}
        if below(request) is None:
            return JSONResponse({"detail": messages}, 422)
        return answer(request, invalid_fields(messages))

    @app.exception_handler(HTTPException)
    async def http_error(request: Request, error: HTTPException) -> JSONResponse:
        path = below(request)
        if path is None:
            return JSONResponse({"detail": error.detail}, error.status_code, error.headers)
        if error.status_code == 400:
            return answer(request, invalid_fields({"body": str(error.detail)}))
        refusal = ServiceError(
            error.status_code, "global/not-found", f"{error.detail}.", "Check the path and the method."
        )
        if error.status_code == 405:
            return answer(request, refusal, Allow=", ".join(operations.methods(path)))
        return answer(request, refusal)


def _field(error: t.Any) -> str:
    """The parameter that a validation error is about."""
    # The first part says body, path or query; where JSON cannot be read, the rest is a position.
    parts = [] if error["type"] == "json_invalid" else error["loc"][1:]
    return ".".join(str(part) for part in parts) or "body"
