# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Everything that stands before the API: the log, the edge, the limit, the keys, and ordered faults."""

from __future__ import annotations

import asyncio
import re
import typing as t

from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from .auth import is_authorized
from .clock import Clock
from .errors import ServiceError, insufficient_capacity, invalid_api_key
from .faults import Fault, Faults
from .rate_limit import RateLimit, too_many
from .request_log import RequestLog

PREFIX = "/api/v1"
_LARGEST_BODY_BYTES = 8 * 1024 * 1024


class Gate:
    """An ASGI application in front of another. What is not under the API's prefix goes through untouched."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        keys: t.Sequence[str],
        clock: Clock,
        log: RequestLog,
        faults: Faults,
        operations: t.Callable[[str, str], str | None],
        rate_limit: RateLimit | None,
        with_field_errors: bool,
    ) -> None:
        self._app = app
        self._keys = keys
        self._clock = clock
        self._log = log
        self._faults = faults
        self._operation_of = operations
        self._rate_limit = rate_limit
        self._with_field_errors = with_field_errors

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not scope["path"].startswith(PREFIX + "/"):
            await self._app(scope, receive, send)
            return
        body = await _read_body(receive)
        path = scope["path"].removeprefix(PREFIX)
        operation = self._operation_of(scope["method"], path)
        entry = self._log.add(
            method=scope["method"],
            path=scope["path"],
            query=scope["query_string"].decode("latin-1"),
            operation=operation,
            body=body,
            time=self._clock.now(),
        )
        answer = Answer()
        refusal = self._refusal(scope, operation)
        fault = self._faults.take(operation) if refusal is None else None
        if fault and fault.kind == "delay" and fault.when == "before":
            await asyncio.sleep(fault.seconds)
        if refusal is None and (fault is None or fault.executes):
            await self._app(scope, _replay(body, receive), answer.take)
        elif refusal is not None:
            await refusal(scope, receive, answer.take)
        if fault and await self._spoil(fault, answer, scope, receive, send):
            entry["status"] = "dropped"
            return
        entry["status"] = answer.status
        await answer.give(send)

    def _refusal(self, scope: Scope, operation: str | None) -> Response | None:
        """The answer to a request that never reaches the API."""
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        if re.match("Python-urllib", headers.get("user-agent", "")):
            return PlainTextResponse("error code: 1010", 403)
        if self._rate_limit:
            limited = self._rate_limit.check(operation)
            if limited:
                return limited
        if not is_authorized(headers.get("authorization"), self._keys):
            return self._refused(invalid_api_key())
        return None

    def _refused(self, error: ServiceError) -> Response:
        return JSONResponse(error.body(self._with_field_errors), error.status)

    async def _spoil(self, fault: Fault, answer: Answer, scope: Scope, receive: Receive, send: Send) -> bool:
        """Do to an answer what was ordered; whether nothing at all is to be sent."""
        instead: Response | None = None
        if fault.kind == "drop":
            # uvicorn's `send` is a method of the cycle that holds the connection; ASGI itself knows no way to hang up.
            send.__self__.transport.abort()  # type: ignore[attr-defined]
            return True
        if fault.kind == "delay" and fault.when == "after":
            await asyncio.sleep(fault.seconds)
        elif fault.kind == "truncate":
            answer.truncate()
        elif fault.kind == "status":
            instead = HTMLResponse(f"<html><body><h1>{fault.status}</h1></body></html>", fault.status)
        elif fault.kind == "garbage":
            instead = HTMLResponse("<html><body><h1>Welcome</h1>Log in to continue.</body></html>")
        elif fault.kind == "rate-limit":
            instead = too_many(fault.form, fault.retry_after)
        elif fault.kind == "no-capacity":
            instead = self._refused(insufficient_capacity("what was asked for", "this region"))
        elif fault.kind == "edge-1010":
            instead = PlainTextResponse("error code: 1010", 403)
        elif fault.kind == "edge-1015":
            instead = PlainTextResponse("error code: 1015", 429)
        elif fault.kind == "redirect":
            instead = RedirectResponse(fault.location, 301)
        if instead is not None:
            answer.forget()
            await instead(scope, receive, answer.take)
        return False


class Answer:
    """An answer held back until it is certain what is sent."""

    def __init__(self) -> None:
        self._messages: list[Message] = []

    async def take(self, message: Message) -> None:
        self._messages.append(message)

    @property
    def status(self) -> int | None:
        return self._messages[0]["status"] if self._messages else None

    def forget(self) -> None:
        self._messages = []

    def truncate(self) -> None:
        """Cut the body in half, and say so in its length: what arrives is a whole answer that makes no sense."""
        start, *rest = self._messages
        body = b"".join(message.get("body", b"") for message in rest)
        body = body[: len(body) // 2]
        headers = [(name, value) for name, value in start["headers"] if name.lower() != b"content-length"]
        start = {**start, "headers": [*headers, (b"content-length", str(len(body)).encode())]}
        self._messages = [start, {"type": "http.response.body", "body": body, "more_body": False}]

    async def give(self, send: Send) -> None:
        for message in self._messages:
            await send(message)


async def _read_body(receive: Receive) -> bytes:
    chunks: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        chunk = message.get("body", b"")
        size += len(chunk)
        if size <= _LARGEST_BODY_BYTES:
            chunks.append(chunk)
        if not message.get("more_body"):
            return b"".join(chunks)


def _replay(body: bytes, receive: Receive) -> Receive:
    """A `receive` that begins with a body that was read already."""
    pending: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def replay() -> Message:
        return pending.pop() if pending else await receive()

    return replay
