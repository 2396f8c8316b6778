# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The gateway before the API: the log, the edge, the rate limit, the keys, and pending faults."""

from __future__ import annotations

import typing as t

from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ..account.account import Account
from ..account.errors import AGAIN, ServiceError, insufficient_capacity
from ..account.faults import WAITS, Fault, Faults
from ..api.dialects import Dialect
from .auth import refusal
from .latency import Latency
from .rate_limit import RateLimit, too_many
from .request_log import RequestLog

PREFIX = "/api/v1"
_LARGEST_BODY_BYTES = 8 * 1024 * 1024


class Gateway:
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
        latency: Latency,
        dialect: Dialect,
    ) -> None:
        """Stand in front of an application.

        Args:
            app: where requests go on to.
            account: whose status decides whether any do.
            keys: the API keys that are accepted.
            log: where requests are recorded.
            faults: returns the faults that wait; a reset replaces them.
            operation_of: names the operation of a method and a path below the prefix.
            rate_limit: returns the rate limit, if there is one; a reset replaces it.
            latency: how long requests are under way, and responses.
            dialect: how errors are worded.
        """
        self._app = app
        self._account = account
        self._keys = keys
        self._log = log
        self._faults = faults
        self._operation_of = operation_of
        self._rate_limit = rate_limit
        self._latency = latency
        self._dialect = dialect

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
        elif scope["path"].startswith(PREFIX + "/"):
            await self._respond(scope, receive, send)
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

    async def _respond(self, scope: Scope, receive: Receive, send: Send) -> None:
        body = await _read_body(receive)
        if body is None:
            return
        await self._latency.travel()
        operation = self._operation_of(scope["method"], scope["path"].removeprefix(PREFIX))
        entry = self._log.add(
            method=scope["method"],
            path=scope["path"],
            query=scope["query_string"].decode("latin-1"),
            operation=operation,
            body=body,
            time=self._account.clock.now(),
        )
        response = HeldResponse()
        refused = self._turn_away(scope, operation)
        fault = self._faults().take(operation) if refused is None else None
        if refused is not None:
            await refused(scope, receive, response.take)
        else:
            if fault and fault.kind in WAITS and fault.when == "before":
                await fault.wait()
            if fault is None or fault.executes:
                await self._app(_as_json(scope), _replay(body, receive), response.take)
            if fault and fault.kind == "drop":
                entry["status"] = "dropped"
                await self._latency.travel()
                await _hang_up(receive, send)
                return
            if fault and fault.kind == "stale":
                response.put(self._faults().older_answer(operation, fault.back))
            elif fault:
                await self._apply(fault, operation, response, scope, receive)
            elif operation and operation.startswith("list_") and response.status == 200 and not scope["query_string"]:
                self._faults().remember_answer(operation, response.messages)
        entry["status"] = response.status
        await self._latency.travel()
        await response.give(send)

    def _turn_away(self, scope: Scope, operation: str | None) -> Response | None:
        """Return the response to a request that does not reach the API, or None for one that does."""
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        if headers.get("user-agent", "").startswith("Python-urllib"):
            return PlainTextResponse("error code: 1010", 403)
        limit = self._rate_limit()
        limited = limit.check(operation) if limit else None
        if limited:
            return limited
        unauthorized = refusal(headers.get("authorization"), self._keys)
        if unauthorized:
            return self._error(unauthorized, operation)
        try:
            self._account.require_active()
        except ServiceError as error:
            return self._error(error, operation)
        return None

    def _error(self, error: ServiceError, operation: str | None) -> Response:
        status, body = self._dialect.render(error, operation)
        return JSONResponse(body, status)

    async def _apply(
        self, fault: Fault, operation: str | None, response: HeldResponse, scope: Scope, receive: Receive
    ) -> None:
        """Apply a fault to a response."""
        if fault.kind in WAITS:
            if fault.when == "after":
                await fault.wait()
        elif fault.kind == "truncate":
            response.truncate()
        else:
            response.forget()
            await self._instead(fault, operation)(scope, receive, response.take)

    def _instead(self, fault: Fault, operation: str | None) -> Response:
        """Return what takes the place of the true response."""
        if fault.kind == "rate-limit":
            return too_many(fault.form, fault.retry_after)
        if fault.kind == "no-capacity":
            return self._error(insufficient_capacity("this instance type", "this region"), operation)
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
            return self._error(error, operation)
        # What stands before the service responds for it when it is not there.
        return HTMLResponse(f"<html><body><h1>{fault.status}</h1></body></html>", fault.status)


class HeldResponse:
    """A response held back until it is certain what is sent."""

    def __init__(self) -> None:
        self.messages: list[Message] = []

    async def take(self, message: Message) -> None:
        self.messages.append(message)

    @property
    def status(self) -> int | None:
        return self.messages[0]["status"] if self.messages else None

    def put(self, messages: t.Sequence[Message]) -> None:
        """Put other messages in the place of its own, if there are any."""
        self.messages = list(messages) or self.messages

    def forget(self) -> None:
        self.messages = []

    def truncate(self) -> None:
        """Cut the body in half, and its length as well: what arrives is a complete response that makes no sense."""
        start, *rest = self.messages
        body = b"".join(message.get("body", b"") for message in rest)
        body = body[: len(body) // 2]
        headers = [(name, value) for name, value in start["headers"] if name.lower() != b"content-length"]
        start = {**start, "headers": [*headers, (b"content-length", str(len(body)).encode())]}
        self.messages = [start, {"type": "http.response.body", "body": body, "more_body": False}]

    async def give(self, send: Send) -> None:
        for message in self.messages:
            await send(message)


async def _hang_up(receive: Receive, send: Send) -> None:
    """Close the connection without a response."""
    # uvicorn's `send` is a method of the cycle that holds the connection; ASGI itself knows no way to hang up.
    send.__self__.transport.abort()  # type: ignore[attr-defined]
    while (await receive())["type"] != "http.disconnect":
        pass


async def _read_body(receive: Receive) -> bytes | None:
    """Read the whole body; return None when the client went away meanwhile. What is too much is cut off."""
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
    """Return a `receive` that begins with a body that was read already."""
    pending: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def replay() -> Message:
        return pending.pop() if pending else await receive()

    return replay


def _as_json(scope: Scope) -> Scope:
    """Return a scope whose body is JSON: the service takes it for that whatever its type, as that of `curl --data`."""
    headers = [(name, value) for name, value in scope["headers"] if name.lower() != b"content-type"]
    return {**scope, "headers": [*headers, (b"content-type", b"application/json")]}
