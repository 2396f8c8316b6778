# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Answers in the API's form, and their description."""

from __future__ import annotations

import typing as t

from pydantic import BaseModel, Field, create_model
from pydantic_core import to_json
from starlette.responses import Response

Errors = t.Mapping[str, t.Mapping[int, tuple[str, ...]]]


class Answer(Response):
    """JSON. Its writer is pydantic's, which is fast enough for lists of thousands."""

    media_type = "application/json"

    def render(self, content: t.Any) -> bytes:
        return to_json(content)


def data(content: t.Any, **beside: t.Any) -> Answer:
    """A success: `{"data": ...}`."""
    return Answer({"data": content, **beside})


class Description:
    """What each operation of a version answers, for the generated description of the API.

    Args:
        answers: operation -> the model of what is under `data`.
        errors: operation -> status -> error codes.
        beside: operation -> fields beside `data`.
    """

    def __init__(
        self,
        answers: t.Mapping[str, t.Any],
        errors: Errors,
        beside: t.Mapping[str, t.Mapping[str, t.Any]] | None = None,
        error_model: type[BaseModel] | None = None,
    ) -> None:
        self._answers = answers
        self._errors = errors
        self._beside = beside or {}
        self._error_model = error_model

    def of(self, operation: str) -> dict[int | str, dict[str, t.Any]]:
        """FastAPI's `responses` of an operation."""
        told: dict[int | str, dict[str, t.Any]] = {200: self._success(operation)}
        for status, codes in self._errors[operation].items():
            told[status] = {
                "model": self._error_model or _error(operation, status, codes),
                "description": ", ".join(codes),
            }
        return told

    def _success(self, operation: str) -> dict[str, t.Any]:
        answer = self._answers[operation]
        if answer is None:
            return {"description": "Done"}
        fields: dict[str, t.Any] = {
            "data": (answer, ...),
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
