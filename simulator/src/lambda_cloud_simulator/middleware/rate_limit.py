# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The service's rate limit, and its responses to requests that come too fast."""

from __future__ import annotations

import itertools
import math
import typing as t
from collections import deque

from starlette.responses import HTMLResponse, JSONResponse, Response

from ..account.clock import Clock

REQUEST_SECONDS = 1.0
LAUNCH_SECONDS = 12.0
WINDOW_SECONDS = 60.0
LAUNCHES_PER_WINDOW = 5

# How a limit counts; the first is the default.
RULES = ("strict", "window")


def too_many(form: str, retry_after: float) -> Response:
    """Return a 429 in one of the forms that the service has; `retry_after` in real seconds."""
    seconds = int(retry_after) if retry_after == int(retry_after) else retry_after
    if form == "html":
        return HTMLResponse("<html><head><title>429</title></head><body>Too Many Requests</body></html>", 429)
    body: dict[str, t.Any] = {"error": {"code": "global/too-many-requests", "message": "Too many requests."}}
    if form == "body":
        return JSONResponse({**body, "retry_after": seconds}, 429)
    return JSONResponse(body, 429, headers={"Retry-After": str(seconds)})


class RateLimit:
    """The limit on accepted requests, counted when they arrive, in simulated time, without any slack.

    By the rule `strict` a request is accepted from one second after the last accepted one, and a launch from twelve
    seconds after the last accepted launch. By the rule `window` there are five launches in any minute instead, which may
    follow one another as quickly as other requests. What is refused does not count. The forms of a 429 take turns.
    """

    def __init__(self, clock: Clock, forms: t.Sequence[str], rule: str = RULES[0]) -> None:
        self._clock = clock
        self._forms = itertools.cycle(forms)
        self._last_request = -math.inf
        launches = 1 if rule == "strict" else LAUNCHES_PER_WINDOW
        self._launch_window = LAUNCH_SECONDS if rule == "strict" else WINDOW_SECONDS
        # The newest accepted launches, as many as fit into the window
        self._launches: deque[float] = deque([-math.inf] * launches, maxlen=launches)
        self.refused = 0

    def check(self, operation: str | None) -> Response | None:
        """Return the response to a request that came too soon, or record the request and return None."""
        now = self._clock.now()
        wait = self._request_wait(now)
        if operation == "launch":
            wait = max(wait, self._launch_wait(now))
        if wait > 0:
            self.refused += 1
            return too_many(next(self._forms), max(wait / self._clock.scale, 0.001))
        self._last_request = now
        if operation == "launch":
            self._launches.append(now)
        return None

    def _request_wait(self, now: float) -> float:
        return max(0.0, self._last_request + REQUEST_SECONDS - now)

    def _launch_wait(self, now: float) -> float:
        return max(0.0, self._launches[0] + self._launch_window - now)

    def state(self) -> dict[str, t.Any]:
        """Return in how many simulated seconds the next request and launch are accepted, and how many were refused."""
        now = self._clock.now()
        return {"request": self._request_wait(now), "launch": self._launch_wait(now), "refused": self.refused}
