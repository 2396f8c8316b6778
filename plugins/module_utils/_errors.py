# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Exceptions of the collection. The text of each is a sentence for the user."""

from __future__ import annotations

import typing as t


class LambdaCloudError(Exception):
    """Base class of the collection's errors.

    Attributes:
        temporary: whether the same request may succeed later.
        may_have_executed: whether the failed write may have taken effect.
        retry_after: seconds that the service asked to wait, or None.
    """

    temporary = False
    may_have_executed = False
    retry_after: float | None = None

    def failure(self) -> dict[str, t.Any]:
        """Return the error as data, for `failure` in a failed result."""
        return {"code": None, "message": str(self), "suggestion": None, "status": None, "field_errors": {}}


class InvalidInput(LambdaCloudError):
    """Invalid input; no write was sent for it."""


class TransportError(LambdaCloudError):
    """No usable response: a failure of the network, a proxy or TLS, or a body that is not the API's."""

    def __init__(
        self, message: str, *, temporary: bool = True, may_have_executed: bool = False, status: int | None = None
    ) -> None:
        super().__init__(message)
        self.temporary = temporary
        self.may_have_executed = may_have_executed
        self.status = status

    def failure(self) -> dict[str, t.Any]:
        return {**super().failure(), "status": self.status}


class RateLimited(LambdaCloudError):
    """HTTP 429 in one of its forms. The request was not executed, so any request may be retried."""

    temporary = True

    def __init__(self, message: str, *, status: int, retry_after: float | None) -> None:
        super().__init__(message)
        self.status = status
        self.retry_after = retry_after

    def failure(self) -> dict[str, t.Any]:
        return {**super().failure(), "status": self.status}


class ApiError(LambdaCloudError):
    """An error object of the API: `code`, `message` and usually `suggestion`."""

    def __init__(
        self,
        action: str,
        *,
        status: int,
        code: str,
        message: str,
        suggestion: str | None = None,
        field_errors: t.Mapping[str, t.Any] | None = None,
    ) -> None:
        self.action = action
        self.status = status
        self.code = code
        self.message = message
        self.suggestion = suggestion
        self.field_errors = dict(field_errors or {})
        super().__init__(self._sentence())

    def _sentence(self) -> str:
        parts = [f"Could not {self.action}: {_full_stop(self.message)}"]
        for field, error in self.field_errors.items():
            detail = error.get("message") if isinstance(error, dict) else error
            parts.append(_full_stop(f"{field}: {detail}"))
        if self.suggestion:
            parts.append(_full_stop(self.suggestion))
        parts.append(f"({self.code}, HTTP {self.status})")
        return " ".join(parts)

    @property
    def temporary(self) -> bool:  # type: ignore[override]
        return self.status >= 500 or self.code.startswith("provider/")

    @property
    def may_have_executed(self) -> bool:  # type: ignore[override]
        # An error of the service or its provider comes after it began to execute the request.
        return self.temporary

    def failure(self) -> dict[str, t.Any]:
        return {
            "code": self.code,
            "message": self.message,
            "suggestion": self.suggestion,
            "status": self.status,
            "field_errors": self.field_errors,
        }


class UnsupportedByServer(LambdaCloudError):
    """The server offers an older version of the API that lacks an operation or a field."""

    def __init__(self, action: str, version: str) -> None:
        super().__init__(
            f"Could not {action}: that needs version {version} of the API, and the server offers an older one."
        )


class DeadlineExceeded(LambdaCloudError):
    """The task's time ran out before it was done."""


class StateError(LambdaCloudError):
    """The account is in a state that the task cannot proceed from, such as two instances of one name or a failed boot."""


class CausedError(LambdaCloudError):
    """An error with a longer message than its cause. `failure` stays that of the cause."""

    def __init__(self, message: str, cause: LambdaCloudError) -> None:
        super().__init__(message)
        self._cause = cause

    def failure(self) -> dict[str, t.Any]:
        return self._cause.failure()


def _full_stop(text: str) -> str:
    text = text.strip()
    return text if text.endswith((".", "!", "?")) else f"{text}."
