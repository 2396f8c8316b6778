# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Refusals, in the service's own codes, and which of them a version of the API knows."""

from __future__ import annotations

import typing as t

AGAIN = "Try again later."


class ServiceError(Exception):
    """An answer of the form `{"error": {...}}`. `field_errors` maps a parameter to its error."""

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


class Dialect:
    """How a version of the API words a refusal."""

    def __init__(
        self,
        *,
        with_field_errors: bool,
        codes: t.Mapping[str, str],
        operations: t.Mapping[tuple[str | None, str], tuple[int, str]],
    ) -> None:
        """
        Args:
            codes: codes that this version does not know -> what it says instead.
            operations: operation and code -> status and code, where an operation has its own.
        """
        self._with_field_errors = with_field_errors
        self._codes = codes
        self._operations = operations

    def answer(self, error: ServiceError, operation: str | None = None) -> tuple[int, dict[str, t.Any]]:
        """The status and the JSON body of a refusal."""
        status, code = self._operations.get(
            (operation, error.code), (error.status, self._codes.get(error.code, error.code))
        )
        body: dict[str, t.Any] = {"error": {"code": code, "message": error.message, "suggestion": error.suggestion}}
        if self._with_field_errors and error.field_errors:
            body["field_errors"] = error.field_errors
        return status, body


DIALECTS = {
    "1.5.3": Dialect(
        with_field_errors=True,
        codes={
            "global/not-found": "global/object-does-not-exist",
            "global/duplicate": "global/invalid-parameters",
            "global/conflict": "global/invalid-parameters",
            "global/internal-error": "global/unknown",
        },
        operations={
            # These two have no 404 and no 409.
            ("delete_ssh_key", "global/object-does-not-exist"): (400, "global/object-does-not-exist"),
            ("restart", "global/conflict"): (400, "global/invalid-parameters"),
        },
    ),
    "1.10.0": Dialect(
        with_field_errors=False,
        codes={"instance-operations/launch/file-systems-not-supported": "global/invalid-parameters"},
        operations={("delete_ssh_key", "global/object-does-not-exist"): (404, "global/not-found")},
    ),
}


def invalid_api_key() -> ServiceError:
    return ServiceError(
        401, "global/invalid-api-key", "The API key is not valid, or no longer.", "Check the key, or make a new one."
    )


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
    """One refusal for every field that is wrong; the message names them all."""
    code = "global/invalid-parameters"
    told = "; ".join(f"{field}: {message}" for field, message in messages.items())
    fields = {field: {"code": code, "message": message} for field, message in messages.items()}
    return ServiceError(400, code, f"Invalid request: {told}", "Correct what the message names.", fields)


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
