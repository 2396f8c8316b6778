# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Responses in the API's form, and their description."""

from __future__ import annotations

import typing as t

from pydantic import BaseModel, Field, create_model
from pydantic_core import to_json
from starlette.responses import Response

Errors = t.Mapping[str, t.Mapping[int, tuple[str, ...]]]


class ApiResponse(Response):
    """A response whose JSON is written by pydantic, which is fast enough for lists of thousands."""

    media_type = "application/json"

    def render(self, content: t.Any) -> bytes:
        return to_json(content)


def data(content: t.Any, **beside: t.Any) -> ApiResponse:
    """Return a success: `{"data": ...}`."""
    return ApiResponse({"data": content, **beside})


class Description:
    """What each operation of a version responds with, for the generated description of the API."""

    def __init__(
        self,
        data: t.Mapping[str, t.Any],
        errors: Errors,
        beside: t.Mapping[str, t.Mapping[str, t.Any]] | None = None,
        error_model: type[BaseModel] | None = None,
    ) -> None:
        """Describe a version.

        Args:
            data: operation -> the model of what is under `data`.
            errors: operation -> status -> error codes.
            beside: operation -> fields beside `data`.
            error_model: the model of every error; by default each operation and status has one with its codes.
        """
        self._data = data
        self._errors = errors
        self._beside = beside or {}
        self._error_model = error_model

    def of(self, operation: str) -> dict[int | str, dict[str, t.Any]]:
        """Return what FastAPI calls `responses` of an operation."""
        responses: dict[int | str, dict[str, t.Any]] = {200: self._success(operation)}
        for status, codes in self._errors[operation].items():
            responses[status] = {
                "model": self._error_model or _error(operation, status, codes),
                "description": ", ".join(codes),
            }
        return responses

    def _success(self, operation: str) -> dict[str, t.Any]:
        data = self._data[operation]
        if data is None:
            return {"description": "Done"}
        fields: dict[str, t.Any] = {
            "data": (data, ...),
            **{name: (type_, ...) for name, type_ in self._beside.get(operation, {}).items()},
        }
        return {"model": create_model(f"{_title(operation)}Answer", **fields), "description": "Done"}


def _error(operation: str, status: int, codes: tuple[str, ...]) -> type[BaseModel]:
    name = f"{_title(operation)}Error{status}"
    one_of: t.Any = t.Literal[codes]
    detail = create_model(
        f"{name}Detail",
        code=(one_of, Field(description="What went wrong; decide by this.")),
        message=(str, Field(description="The same in words, which may change.")),
        suggestion=(str, Field(description="What to do about it.")),
    )
    return create_model(name, error=(detail, ...))


def _title(operation: str) -> str:
    return operation.title().replace("_", "")
