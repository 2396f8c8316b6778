# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The guard before everything: pages of other sites, open in a browser of this system, get nothing from the simulator.

Listening on loopback does not keep them out. A page can send requests to any address, and a name of its own that it makes
lead here ("DNS rebinding") lets it read the responses as well.
"""

from __future__ import annotations

import ipaddress
import typing as t
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

_OTHER_SITES = frozenset({"cross-site", "same-site"})


class Guard:
    """An ASGI application in front of another that refuses the requests of other sites.

    Args:
        app: where requests go on to.
        allowed_hosts: names besides addresses and `localhost` under which the simulator is reached.
    """

    def __init__(self, app: ASGIApp, allowed_hosts: t.Collection[str] = ()) -> None:
        self._app = app
        self._allowed_hosts = {host.lower() for host in allowed_hosts}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        problem = self._problem(Headers(scope=scope)) if scope["type"] in ("http", "websocket") else None
        if problem is None:
            await self._app(scope, receive, send)
        else:
            await PlainTextResponse(f"{problem}\n", 403)(scope, receive, send)

    def _problem(self, headers: Headers) -> str | None:
        """Return why a request is refused, or None."""
        host, origin = headers.get("host", ""), headers.get("origin")
        if not self._is_known(host):
            return f"Requests for the host {host!r} are refused; --allowed-host names one that leads here."
        foreign = origin is not None and _netloc(origin) != host.lower()
        if foreign or headers.get("sec-fetch-site") in _OTHER_SITES:
            return "Requests of other sites are refused."
        return None

    def _is_known(self, host: str) -> bool:
        """Return whether a host is an address, this system's own name for itself, or allowed.

        Browsers always name one.
        """
        if not host:
            return True
        try:
            name = urlsplit(f"//{host}").hostname or ""
        except ValueError:
            return False
        try:
            ipaddress.ip_address(name)
        except ValueError:
            return name == "localhost" or name.endswith(".localhost") or name in self._allowed_hosts
        return True


def _netloc(origin: str) -> str | None:
    try:
        return urlsplit(origin).netloc.lower()
    except ValueError:
        return None
