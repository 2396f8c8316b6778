# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an HTTP answer means: the data it carries, or the error to raise. Pure functions."""

from __future__ import annotations

import json
import re
import typing as t
from dataclasses import dataclass

from ansible_collections.lambdal.cloud.plugins.module_utils._errors import ApiError, RateLimited, TransportError

# What to do, for errors that the service sometimes sends without a suggestion.
_SUGGESTIONS = {
    "global/invalid-api-key": "Check api_key or LAMBDA_API_KEY, and that the key belongs to the service at api_url.",
    "global/account-inactive": "Activate the account in the cloud's console.",
    "global/invalid-address": "Correct the billing address in the cloud's console.",
    "global/quota-exceeded": "Terminate what is not needed, or ask the service for a higher quota.",
}


@dataclass(frozen=True)
class Answer:
    """An HTTP answer as it came. `retry_after` is the header's value in seconds, read by whoever received it."""

    status: int
    text: str
    retry_after: float | None = None
    location: str | None = None


def read_answer(answer: Answer, *, what: str, expect: type | None, whole: bool = False) -> t.Any:
    """The `data` of an answer.

    Args:
        what: what the request was to do, as it stands behind "Could not".
        expect: the type that `data` must have; None where the service promises no body.
        whole: return what stands beside `data` as well.

    Raises:
        RateLimited: the request was refused for coming too soon.
        ApiError: the API refused it, for the reason that it gives.
        TransportError: the answer is not the API's.
    """
    body = _parse(answer.text)
    # What the API itself says may hold any words, as the names of machines do.
    if answer.status == 429 or (answer.status >= 400 and body is None and _is_ban_page(answer.text)):
        raise RateLimited(
            f"Could not {what}: the rate limit was reached (HTTP {answer.status}).",
            status=answer.status,
            retry_after=answer.retry_after if answer.retry_after is not None else _body_retry_after(body),
        )
    if 300 <= answer.status < 400:
        raise TransportError(
            f"Could not {what}: the API redirects to {answer.location or 'another address'} (HTTP {answer.status}), which is not "
            "followed. Set api_url or LAMBDA_API_URL to the address that is meant.",
            temporary=False,
            status=answer.status,
        )
    if answer.status >= 400:
        raise _refusal(answer, body, what)
    if expect is None:
        return None
    data = body.get("data") if isinstance(body, dict) else None
    if not isinstance(data, expect):
        # A body cut short may be whole next time; a page of something else will not turn into JSON.
        raise TransportError(
            f"Could not {what}: the answer is not the API's JSON but {_excerpt(answer.text)}. Check api_url.",
            temporary=body is None and answer.text.lstrip().startswith("{"),
            may_have_executed=True,
            status=answer.status,
        )
    return body if whole else data


def _refusal(answer: Answer, body: t.Any, what: str) -> ApiError | TransportError:
    error = body.get("error") if isinstance(body, dict) else None
    if isinstance(error, dict) and isinstance(error.get("code"), str):
        fields = error.get("field_errors") or body.get("field_errors")
        return ApiError(
            what,
            status=answer.status,
            code=error["code"],
            message=str(error.get("message") or "no message was given"),
            suggestion=error.get("suggestion") or _SUGGESTIONS.get(error["code"]),
            field_errors=fields if isinstance(fields, dict) else None,
        )
    if answer.status == 403 and "error code: 1010" in answer.text:
        return TransportError(
            f"Could not {what}: the edge in front of the API refused this client (HTTP 403, error code: 1010). This is not "
            "about the API key: something on the way changes the User-Agent, or the address is barred.",
            temporary=False,
            status=403,
        )
    return TransportError(
        f"Could not {what}: the server answered HTTP {answer.status} with {_excerpt(answer.text)} instead of the API's JSON. "
        + ("The service may be down for a moment." if answer.status >= 500 else "Check api_url."),
        temporary=answer.status >= 500,
        may_have_executed=answer.status >= 500,
        status=answer.status,
    )


def _parse(text: str) -> t.Any:
    try:
        return json.loads(text)
    except ValueError:
        return None


def _is_ban_page(text: str) -> bool:
    return "error code: 1015" in text or "banned you temporarily" in text


def _body_retry_after(body: t.Any) -> float | None:
    """`retry_after` in seconds, beside the error or within it."""
    for holder in (body, body.get("error") if isinstance(body, dict) else None):
        if isinstance(holder, dict):
            try:
                return max(0.0, float(holder["retry_after"]))
            except (KeyError, TypeError, ValueError):
                continue
    return None


def _excerpt(text: str) -> str:
    """The first words of a body, without markup, fit for an error message."""
    plain = re.sub(r"<(script|style).*?</\1>|<[^>]*>", " ", text[:2000], flags=re.DOTALL | re.IGNORECASE)
    words = " ".join("".join(c if c.isprintable() else " " for c in plain).split())
    return f"'{words[:80]}'" if words else "an empty body"
