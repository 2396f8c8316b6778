# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Trouble ordered beforehand: what goes wrong with the next requests."""

from __future__ import annotations

import typing as t

from pydantic import BaseModel, ConfigDict, Field

from .operations import Operation

Kind = t.Literal[
    "drop",
    "status",
    "delay",
    "truncate",
    "garbage",
    "rate-limit",
    "no-capacity",
    "edge-1010",
    "edge-1015",
    "redirect",
]


class Fault(BaseModel):
    """What happens to the next `times` requests of an operation, or of any.

    `when` tells whether the request is executed first: a fault after executing loses the answer only. `seconds` and
    `retry_after` are real ones. `code` makes a `status` answer JSON with this error code, as for `provider/*`.
    """

    model_config = ConfigDict(extra="forbid")

    kind: Kind
    operation: Operation | None = None
    times: t.Annotated[int, Field(ge=1)] = 1
    when: t.Literal["before", "after"] = "before"
    status: t.Annotated[int, Field(ge=400, le=599)] = 500
    code: str | None = None
    seconds: t.Annotated[float, Field(ge=0)] = 0.0
    form: t.Literal["header", "body", "html"] = "header"
    retry_after: t.Annotated[float, Field(ge=0)] = 1.0
    location: str = "https://cloud.lambda.example/api/v1"

    @property
    def executes(self) -> bool:
        """Whether the request takes effect all the same."""
        if self.kind in ("truncate", "garbage", "delay"):
            return True
        return self.kind in ("drop", "status") and self.when == "after"


class Faults:
    """Faults that wait for their request, in the order in which they were ordered."""

    def __init__(self, pending: t.Iterable[Fault] = ()) -> None:
        self.pending = [fault.model_copy() for fault in pending]

    def take(self, operation: str | None) -> Fault | None:
        """The fault of a request that just came, used once."""
        for fault in self.pending:
            # What no-capacity means is a matter of launches.
            wanted = "launch" if fault.kind == "no-capacity" and fault.operation is None else fault.operation
            if wanted in (None, operation):
                fault.times -= 1
                self.pending = [each for each in self.pending if each.times > 0]
                return fault
        return None
