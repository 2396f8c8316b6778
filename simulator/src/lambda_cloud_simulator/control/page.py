# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The operator's page: the account at a glance, rendered here and fetched anew every second."""

from __future__ import annotations

import secrets
import typing as t

from fastapi import APIRouter, Request
from jinja2 import Environment, PackageLoader, select_autoescape
from starlette.responses import HTMLResponse

from ..simulator import SimulatorState
from .routes import PREFIX, state_of

MOST_REQUESTS = 100


def router(simulator: SimulatorState) -> APIRouter:
    """Return the routes of the page at `/` and, under the control address, of the part of it that changes."""
    templates = Environment(loader=PackageLoader(__package__), autoescape=select_autoescape())
    templates.filters.update(dollars=dollars, duration=duration, size=size)
    routes = APIRouter(include_in_schema=False)

    @routes.get("/")
    async def page(request: Request) -> HTMLResponse:
        nonce = secrets.token_urlsafe(16)
        text = templates.get_template("page.html").render(**_content(simulator, request), nonce=nonce, prefix=PREFIX)
        return _page(
            text, f"default-src 'none'; style-src 'nonce-{nonce}'; script-src 'nonce-{nonce}'; connect-src 'self'"
        )

    @routes.get(f"{PREFIX}/page")
    async def fragment(request: Request) -> HTMLResponse:
        return _page(
            templates.get_template("account.html").render(**_content(simulator, request)), "default-src 'none'"
        )

    return routes


def _page(text: str, policy: str) -> HTMLResponse:
    headers = {
        "Content-Security-Policy": f"{policy}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
        "Cache-Control": "no-store",
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
    }
    return HTMLResponse(text, headers=headers)


def _content(simulator: SimulatorState, request: Request) -> dict[str, t.Any]:
    """Return what the templates show; never a secret, since `state_of` holds none."""
    state = state_of(simulator)
    billing = [row for row in simulator.account.instances.by_id.values() if row.ended is None]
    offers = sorted(simulator.account.catalogue.types.values(), key=lambda type_: type_.price_cents_per_hour)
    return {
        **state,
        "api_url": f"{request.base_url}api/v1",
        "keys": [f"{key[: len(key) // 4]}…" for key in simulator.keys],
        "faults": simulator.faults.pending,
        "hourly_cents": sum(row.type.price_cents_per_hour for row in billing),
        "cost_cents": sum(row["cost_cents"] for row in state["instances"]),
        "offers": [
            {
                "name": type_.name,
                "description": type_.description,
                "price_cents_per_hour": type_.price_cents_per_hour,
                "regions": {region: left for region, left in state["capacity"].get(type_.name, {}).items() if left},
            }
            for type_ in offers
        ],
        "requests": list(reversed(simulator.log.entries()[-MOST_REQUESTS:])),
        "number_of_requests": simulator.log.total,
    }


def dollars(cents: float) -> str:
    """Format US cents as dollars, as in `1,032.50`."""
    return f"{cents / 100:,.2f}"


def duration(seconds: float) -> str:
    """Format seconds in at most two units, as in `3 h 05 min`."""
    whole = int(max(0.0, seconds))
    if whole < 60:
        return f"{whole} s"
    minutes, rest = divmod(whole, 60)
    if minutes < 60:
        return f"{minutes} min {rest:02} s"
    hours, minutes = divmod(minutes, 60)
    if hours < 48:
        return f"{hours} h {minutes:02} min"
    return f"{hours // 24} d {hours % 24} h"


def size(count: float) -> str:
    """Format bytes in binary units, as in `2.0 GiB`."""
    for unit in ("B", "KiB", "MiB", "GiB"):
        if count < 1024:
            return f"{count:.0f} {unit}" if unit == "B" else f"{count:.1f} {unit}"
        count /= 1024
    return f"{count:.1f} TiB"
