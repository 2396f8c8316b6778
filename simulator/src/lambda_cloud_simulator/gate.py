# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Everything that stands before the API: the log, the edge, the limit, the keys, and ordered faults."""

from __future__ import annotations

import asyncio
import typing as t

from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from .account import Account
from .auth import is_authorized
from .errors import AGAIN, Dialect, ServiceError, insufficient_capacity, invalid_api_key
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
        account: Account,
        keys: t.Sequence[str],
        log: RequestLog,
        faults: t.Callable[[], Faults],
        operation_of: t.Callable[[str, str], str | None],
        rate_limit: t.Callable[[], RateLimit | None],
        dialect: Dialect,
    ) -> None:
        """`operation_of` names the operation of a method and a path below the prefix."""
        self._app = app
        self._account = account
        self._keys = keys
        self._log = log
        self._faults = faults
        self._operation_of = operation_of
        self._rate_limit = rate_limit
        self._dialect = dialect

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
        elif scope["path"].startswith(PREFIX + "/"):
            await self._answer(scope, receive, send)
        elif self._is_old(scope["path"]):
            await self._redirect(scope)(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    def _is_old(self, path: str) -> bool:
        old = self._account.quirks.redirect_from
        return old is not None and path.startswith(old.rstrip("/") + "/")

    def _redirect(self, scope: Scope) -> Response:
        rest = scope["path"].removeprefix((self._account.quirks.redirect_from or "").rstrip("/"))
        query = scope["query_string"].decode("latin-1")
        return RedirectResponse(PREFIX + rest + (f"?{query}" if query else ""), 301)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        body = await _read_body(receive)
        if body is None:
            return
        operation = self._operation_of(scope["method"], scope["path"].removeprefix(PREFIX))
        entry = self._log.add(
            method=scope["method"],
            path=scope["path"],
            query=scope["query_string"].decode("latin-1"),
            operation=operation,
            body=body,
            time=self._account.clock.now(),
        )
        answer = HeldAnswer()
        refusal = self._refusal(scope, operation)
        fault = self._faults().take(operation) if refusal is None else None
        if refusal is not None:
            await refusal(scope, receive, answer.take)
        else:
            if fault and fault.kind == "delay" and fault.when == "before":
                await asyncio.sleep(fault.seconds)
            if fault is None or fault.executes:
                await self._app(_as_json(scope), _replay(body, receive), answer.take)
            if fault and fault.kind == "drop":
                entry["status"] = "dropped"
                await _hang_up(receive, send)
                return
            if fault:
                await self._spoil(fault, operation, answer, scope, receive)
        entry["status"] = answer.status
        await answer.give(send)

    def _refusal(self, scope: Scope, operation: str | None) -> Response | None:
        """The answer to a request that never reaches the API."""
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        if headers.get("user-agent", "").startswith("Python-urllib"):
            return PlainTextResponse("error code: 1010", 403)
        limit = self._rate_limit()
        limited = limit.check(operation) if limit else None
        if limited:
            return limited
        if not is_authorized(headers.get("authorization"), self._keys):
            return self._refused(invalid_api_key(), operation)
        try:
            self._account.require_active()
        except ServiceError as error:
            return self._refused(error, operation)
        return None

    def _refused(self, error: ServiceError, operation: str | None) -> Response:
        status, body = self._dialect.answer(error, operation)
        return JSONResponse(body, status)

    async def _spoil(
        self, fault: Fault, operation: str | None, answer: HeldAnswer, scope: Scope, receive: Receive
    ) -> None:
        """Do to an answer what was ordered."""
        if fault.kind == "delay":
            if fault.when == "after":
                await asyncio.sleep(fault.seconds)
        elif fault.kind == "truncate":
            answer.truncate()
        else:
            answer.forget()
            await self._instead(fault, operation)(scope, receive, answer.take)

    def _instead(self, fault: Fault, operation: str | None) -> Response:
        """What is answered in place of the true answer."""
        if fault.kind == "rate-limit":
            return too_many(fault.form, fault.retry_after)
        if fault.kind == "no-capacity":
            return self._refused(insufficient_capacity("this instance type", "this region"), operation)
        if fault.kind == "garbage":
            return HTMLResponse("<html><body><h1>Welcome</h1>Log in to continue.</body></html>")
        if fault.kind == "edge-1010":
            return PlainTextResponse("error code: 1010", 403)
        if fault.kind == "edge-1015":
            return PlainTextResponse("error code: 1015", 429)
        if fault.kind == "redirect":
            return RedirectResponse(fault.location, 301)
        if fault.code or fault.status == 500:
            error = ServiceError(fault.status, fault.code or "global/internal-error", "Something went wrong.", AGAIN)
            return self._refused(error, operation)
        # What stands before the service answers for it when it is not there.
        return HTMLResponse(f"<html><body><h1>{fault.status}</h1></body></html>", fault.status)


class HeldAnswer:
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


async def _hang_up(receive: Receive, send: Send) -> None:
    """Close the connection without an answer."""
    # uvicorn's `send` is a method of the cycle that holds the connection; ASGI itself knows no way to hang up.
    send.__self__.transport.abort()  # type: ignore[attr-defined]
    while (await receive())["type"] != "http.disconnect":
        pass


async def _read_body(receive: Receive) -> bytes | None:
    """The whole body, or None when the client went away before it was sent. What is too much is cut off."""
    chunks: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
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


def _as_json(scope: Scope) -> Scope:
    """The service takes a body for JSON whatever its type, as that of `curl --data`."""
    headers = [(name, value) for name, value in scope["headers"] if name.lower() != b"content-type"]
    return {**scope, "headers": [*headers, (b"content-type", b"application/json")]}
