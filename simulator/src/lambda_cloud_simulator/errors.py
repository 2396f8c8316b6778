# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Refusals, in the service's own codes."""

from __future__ import annotations

import typing as t


class ServiceError(Exception):
    """An answer of the form `{"error": {...}}`. `field_errors` maps a parameter to its error."""

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        suggestion: str | None = None,
        field_errors: dict[str, dict[str, t.Any]] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.suggestion = suggestion
        self.field_errors = field_errors or {}

    def body(self, with_fields: bool) -> dict[str, t.Any]:
        """The answer's JSON; `field_errors` are an invention of 1.5.3 that later versions dropped."""
        error: dict[str, t.Any] = {"code": self.code, "message": self.message}
        if self.suggestion:
            error["suggestion"] = self.suggestion
        return {"error": error, **({"field_errors": self.field_errors} if with_fields and self.field_errors else {})}


def invalid_api_key() -> ServiceError:
    return ServiceError(
        401, "global/invalid-api-key", "The API key is not valid, or no longer.", "Check the key, or make a new one."
    )


def invalid_parameters(field: str, message: str) -> ServiceError:
    error = {"code": "global/invalid-parameters", "message": message}
    return ServiceError(400, "global/invalid-parameters", f"Invalid request: {field}: {message}", None, {field: error})


def does_not_exist(what: str) -> ServiceError:
    return ServiceError(
        404,
        "global/object-does-not-exist",
        f"{what} does not exist.",
        "Check the name or id, and the account of the API key.",
    )


def unknown(message: str) -> ServiceError:
    return ServiceError(500, "global/unknown", message, "Try again later.")


def insufficient_capacity(instance_type: str, region: str) -> ServiceError:
    return ServiceError(
        400,
        "instance-operations/launch/insufficient-capacity",
        f"There is not enough capacity for {instance_type} in {region}.",
        "Try another region or instance type, or try again later.",
    )
