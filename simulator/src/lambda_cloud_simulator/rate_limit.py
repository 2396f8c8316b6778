# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The service's limit on requests, as it answers those who ask too often."""

from __future__ import annotations

import itertools
import typing as t

from starlette.responses import HTMLResponse, JSONResponse, Response

from .clock import Clock

REQUEST_SECONDS = 1.0
LAUNCH_SECONDS = 12.0

FORMS: tuple[t.Literal["header", "body", "html"], ...] = ("header", "body", "html")


def too_many(form: str, retry_after: float) -> Response:
    """A 429 in one of the forms that the service answers with; `retry_after` in real seconds."""
    seconds = int(retry_after) if retry_after == int(retry_after) else retry_after
    if form == "html":
        return HTMLResponse("<html><head><title>429</title></head><body>Too Many Requests</body></html>", 429)
    body: dict[str, t.Any] = {"error": {"code": "global/too-many-requests", "message": "Too many requests."}}
    if form == "body":
        return JSONResponse({**body, "retry_after": seconds}, 429)
    return JSONResponse(body, 429, headers={"Retry-After": str(seconds)})


class RateLimit:
    """One request a second and one launch in twelve, in simulated time. Refusals rotate through their forms."""

    def __init__(self, clock: Clock, forms: t.Sequence[str] = FORMS) -> None:
        self._clock = clock
        self._next = {"request": 0.0, "launch": 0.0}
        self._forms = itertools.cycle(forms)
        self.refused = 0

    def check(self, operation: str | None) -> Response | None:
        """The refusal of a request that came too soon, or None, which takes its place."""
        now = self._clock.now()
        lanes = {"request": REQUEST_SECONDS, **({"launch": LAUNCH_SECONDS} if operation == "launch" else {})}
        # A tenth of slack: real limits count in windows and forgive a jitter that the network adds.
        wait = max(self._next[lane] - seconds * 0.1 - now for lane, seconds in lanes.items())
        if wait > 0:
            self.refused += 1
            return too_many(next(self._forms), max(wait / self._clock.scale, 0.001))
        for lane, seconds in lanes.items():
            self._next[lane] = max(now, self._next[lane]) + seconds
        return None

    def state(self) -> dict[str, t.Any]:
        """When the next request and launch would be taken, in simulated seconds from now, and how many were refused."""
        now = self._clock.now()
        return {**{lane: max(0.0, at - now) for lane, at in self._next.items()}, "refused": self.refused}
