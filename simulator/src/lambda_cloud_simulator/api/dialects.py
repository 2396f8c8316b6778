# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How each version of the API words an error."""

from __future__ import annotations

import typing as t

from ..account.errors import ServiceError


class Dialect:
    """The way in which a version of the API words an error."""

    def __init__(
        self,
        *,
        with_field_errors: bool,
        codes: t.Mapping[str, str],
        operations: t.Mapping[tuple[str | None, str], tuple[int, str]],
    ) -> None:
        """Describe a dialect.

        Args:
            with_field_errors: whether `field_errors` stands beside the error.
            codes: codes that this version does not know -> what it says instead.
            operations: operation and code -> status and code, where an operation has its own.
        """
        self._with_field_errors = with_field_errors
        self._codes = codes
        self._operations = operations

    def render(self, error: ServiceError, operation: str | None = None) -> tuple[int, dict[str, t.Any]]:
        """Return the status and the JSON body of an error."""
        status, code = self._operations.get(
            (operation, error.code), (error.status, self._codes.get(error.code, error.code))
        )
        body: dict[str, t.Any] = {"error": {"code": code, "message": error.message, "suggestion": error.suggestion}}
        if self._with_field_errors and error.field_errors:
            body["field_errors"] = error.field_errors
        return status, body


V1_5_3 = Dialect(
    with_field_errors=True,
    codes={
        "global/not-found": "global/object-does-not-exist",
        "global/duplicate": "global/invalid-parameters",
        "global/conflict": "global/invalid-parameters",
        "global/internal-error": "global/unknown",
    },
    operations={
        # These have no 404 and no 409.
        ("delete_ssh_key", "global/object-does-not-exist"): (400, "global/object-does-not-exist"),
        ("restart", "global/conflict"): (400, "global/invalid-parameters"),
        ("terminate", "global/conflict"): (400, "global/invalid-parameters"),
    },
)
V1_10_0 = Dialect(
    with_field_errors=False,
    codes={"instance-operations/launch/file-systems-not-supported": "global/invalid-parameters"},
    operations={("delete_ssh_key", "global/object-does-not-exist"): (404, "global/not-found")},
)
