# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Everything that can go wrong, as exceptions whose text is a sentence for the user."""

from __future__ import annotations

import typing as t


class LambdaCloudError(Exception):
    """The root of the hierarchy.

    Attributes say what a caller may do about it:
        temporary: the same request may succeed later.
        may_have_executed: a write that failed so may have taken effect all the same.
        retry_after: seconds that the service asked to wait, if it did.
    """

    temporary = False
    may_have_executed = False
    retry_after: float | None = None

    def failure(self) -> dict[str, t.Any]:
        """The error for machines, as `failure` in a failed result."""
        return {"code": None, "message": str(self), "suggestion": None, "status": None, "field_errors": {}}


class InvalidInput(LambdaCloudError):
    """What the user asked for cannot be meant; nothing was sent for it."""


class TransportError(LambdaCloudError):
    """No usable answer came: the network, a proxy, TLS, or a body that is not the API's."""

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
    """HTTP 429 in one of its forms. The request was refused, so repeating it is safe for every method."""

    temporary = True

    def __init__(self, message: str, *, status: int, retry_after: float | None) -> None:
        super().__init__(message)
        self.status = status
        self.retry_after = retry_after

    def failure(self) -> dict[str, t.Any]:
        return {**super().failure(), "status": self.status}


class ApiError(LambdaCloudError):
    """The API answered with an error object: `code`, `message` and, mostly, `suggestion`."""

    def __init__(
        self,
        what: str,
        *,
        status: int,
        code: str,
        message: str,
        suggestion: str | None = None,
        field_errors: t.Mapping[str, t.Any] | None = None,
    ) -> None:
        self.what = what
        self.status = status
        self.code = code
        self.message = message
        self.suggestion = suggestion
        self.field_errors = dict(field_errors or {})
        super().__init__(self._sentence())

    def _sentence(self) -> str:
        parts = [f"Could not {self.what}: {_full_stop(self.message)}"]
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
        # What went wrong upstream went wrong after the service had begun.
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
    """The server does not know an operation or a field, which came with a later version of the API."""

    def __init__(self, what: str, version: str) -> None:
        super().__init__(
            f"Could not {what}: that needs version {version} of the API, and the server offers an older one."
        )


class DeadlineExceeded(LambdaCloudError):
    """The time that the user gave ran out before the work was done."""


class StateError(LambdaCloudError):
    """The account holds something that the task cannot go on with: two machines of one name, a failed boot."""


class CausedError(LambdaCloudError):
    """An error that tells more than its cause, which stays what machines read in `failure`."""

    def __init__(self, message: str, cause: LambdaCloudError) -> None:
        super().__init__(message)
        self._cause = cause

    def failure(self) -> dict[str, t.Any]:
        return self._cause.failure()


def _full_stop(text: str) -> str:
    text = text.strip()
    return text if text.endswith((".", "!", "?")) else f"{text}."
