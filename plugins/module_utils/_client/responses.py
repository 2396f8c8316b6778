# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Parsing of HTTP responses: the data that one carries, or the error to raise. Pure functions."""

from __future__ import annotations

import json
import re
import typing as t
from dataclasses import dataclass

from ansible_collections.lambdal.cloud.plugins.module_utils._errors import ApiError, RateLimited, TransportError

# Suggestions for errors that the service sometimes sends without one.
_SUGGESTIONS = {
    "global/invalid-api-key": "Check api_key or LAMBDA_API_KEY, and that the key belongs to the service at api_url.",
    "global/account-inactive": "Activate the account in the cloud's console.",
    "global/invalid-address": "Correct the billing address in the cloud's console.",
    "global/quota-exceeded": "Terminate what is not needed, or ask the service for a higher quota.",
}


@dataclass(frozen=True)
class Response:
    """An HTTP response as it was received. `retry_after` is the header's value in seconds."""

    status: int
    text: str
    retry_after: float | None = None
    location: str | None = None


def parse_response(response: Response, *, action: str, expect: type | None, full_body: bool = False) -> t.Any:
    """Return the `data` of a response.

    Args:
        action: what the request was to do, as it reads after "Could not".
        expect: the type that `data` must have; None if the API promises no body.
        full_body: return the whole body instead of `data`.

    Raises:
        RateLimited: the request was refused as too early.
        ApiError: the API refused the request with an error object.
        TransportError: the response is not the API's.
    """
    body = _parse(response.text)
    # The API's own JSON may hold any text, such as the names of instances, so only other bodies can be a ban page. With a status from
    # 500 on, the request may have been executed.
    if response.status == 429 or (400 <= response.status < 500 and body is None and _is_ban_page(response.text)):
        raise RateLimited(
            f"Could not {action}: the rate limit was reached (HTTP {response.status}).",
            status=response.status,
            retry_after=response.retry_after if response.retry_after is not None else _body_retry_after(body),
        )
    if 300 <= response.status < 400:
        raise TransportError(
            f"Could not {action}: the API redirects to {response.location or 'another address'} (HTTP {response.status}), which is not "
            "followed. Set api_url or LAMBDA_API_URL to the right address.",
            temporary=False,
            status=response.status,
        )
    if response.status >= 400:
        raise _refusal(response, body, action)
    if expect is None:
        return None
    data = body.get("data") if isinstance(body, dict) else None
    if not isinstance(data, expect):
        # A truncated body may be complete next time; a page of something else will not turn into JSON.
        raise TransportError(
            f"Could not {action}: the response is not the API's JSON but {_excerpt(response.text)}. Check api_url.",
            temporary=body is None and response.text.lstrip().startswith("{"),
            may_have_executed=True,
            status=response.status,
        )
    return body if full_body else data


def _refusal(response: Response, body: t.Any, action: str) -> ApiError | TransportError:
    """Return the error for a response with status 400 or above."""
    error = body.get("error") if isinstance(body, dict) else None
    if isinstance(error, dict) and isinstance(error.get("code"), str):
        fields = error.get("field_errors") or body.get("field_errors")
        return ApiError(
            action,
            status=response.status,
            code=error["code"],
            message=str(error.get("message") or "the API gave no message"),
            suggestion=error.get("suggestion") or _SUGGESTIONS.get(error["code"]),
            field_errors=fields if isinstance(fields, dict) else None,
        )
    if response.status == 403 and "error code: 1010" in response.text:
        return TransportError(
            f"Could not {action}: the edge in front of the API refused this client (HTTP 403, error code: 1010). This is not "
            "about the API key: something in between changes the User-Agent, or your address is blocked.",
            temporary=False,
            status=403,
        )
    return TransportError(
        f"Could not {action}: the server answered HTTP {response.status} with {_excerpt(response.text)} instead of the API's JSON. "
        + ("The service may be down temporarily." if response.status >= 500 else "Check api_url."),
        temporary=response.status >= 500,
        may_have_executed=response.status >= 500,
        status=response.status,
    )


def _parse(text: str) -> t.Any:
    try:
        return json.loads(text)
    except ValueError:
        return None


def _is_ban_page(text: str) -> bool:
    return "error code: 1015" in text or "banned you temporarily" in text


def _body_retry_after(body: t.Any) -> float | None:
    """Return the `retry_after` of a body in seconds, from beside the error or within it, or None."""
    for holder in (body, body.get("error") if isinstance(body, dict) else None):
        if isinstance(holder, dict):
            try:
                return max(0.0, float(holder["retry_after"]))
            except (KeyError, TypeError, ValueError):
                continue
    return None


def _excerpt(text: str) -> str:
    """Return the first words of a body without markup, for an error message."""
    plain = re.sub(r"<(script|style).*?</\1>|<[^>]*>", " ", text[:2000], flags=re.DOTALL | re.IGNORECASE)
    words = " ".join("".join(c if c.isprintable() else " " for c in plain).split())
    return f"'{words[:80]}'" if words else "an empty body"
