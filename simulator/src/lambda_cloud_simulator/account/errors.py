# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Errors that the service answers with, in its own codes."""

from __future__ import annotations

import typing as t

AGAIN = "Try again later."


class ServiceError(Exception):
    """A response of the form `{"error": {...}}`. `field_errors` maps a parameter to its error."""

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        suggestion: str,
        field_errors: t.Mapping[str, t.Any] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.suggestion = suggestion
        self.field_errors = dict(field_errors or {})


def no_api_key() -> ServiceError:
    return _unauthorized("No API key was provided.")


def invalid_api_key() -> ServiceError:
    return _unauthorized("API key was invalid, expired, or deleted.")


def _unauthorized(message: str) -> ServiceError:
    return ServiceError(401, "global/invalid-api-key", message, "Check the key, or make a new one.")


def account_inactive() -> ServiceError:
    return ServiceError(
        403,
        "global/account-inactive",
        "This account is not active.",
        "Verify the email address and the payment method.",
    )


def invalid_address() -> ServiceError:
    return ServiceError(
        403,
        "global/invalid-address",
        "The billing address of this account is not valid.",
        "Correct the billing address.",
    )


def invalid_parameters(field: str, message: str) -> ServiceError:
    return invalid_fields({field: message})


def invalid_fields(messages: t.Mapping[str, str]) -> ServiceError:
    """Return one error for every field that is wrong; the message names them all."""
    code = "global/invalid-parameters"
    problems = "; ".join(f"{field}: {message}" for field, message in messages.items())
    fields = {field: {"code": code, "message": message} for field, message in messages.items()}
    return ServiceError(400, code, f"Invalid request: {problems}", "Correct what the message names.", fields)


def does_not_exist(what: str) -> ServiceError:
    return ServiceError(
        404,
        "global/object-does-not-exist",
        f"{what} does not exist.",
        "Check the name or id, and the account of the API key.",
    )


def unknown() -> ServiceError:
    return ServiceError(500, "global/unknown", "An unknown error occurred.", AGAIN)


def quota_exceeded(what: str, quota: int) -> ServiceError:
    return ServiceError(
        400, "global/quota-exceeded", f"This account may have {quota} {what} at most.", "Ask for a higher quota."
    )


def insufficient_capacity(instance_type: str, region: str) -> ServiceError:
    return ServiceError(
        400,
        "instance-operations/launch/insufficient-capacity",
        f"There is not enough capacity for {instance_type} in {region}.",
        "Try another region or instance type, or try again later.",
    )


def file_system_in_wrong_region(name: str, there: str, here: str) -> ServiceError:
    return ServiceError(
        400,
        "instance-operations/launch/file-system-in-wrong-region",
        f"The file system {name} is in {there}, not in {here}.",
        f"Launch in {there}.",
    )
