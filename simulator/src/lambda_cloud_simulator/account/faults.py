# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Faults: what goes wrong with the next requests, as a test or a scenario asks for it."""

from __future__ import annotations

import typing as t
from collections import deque

from pydantic import BaseModel, ConfigDict, Field

Operation = t.Literal[
    "list_instance_types",
    "list_instances",
    "get_instance",
    "rename_instance",
    "launch",
    "terminate",
    "restart",
    "list_ssh_keys",
    "add_ssh_key",
    "delete_ssh_key",
    "list_file_systems",
    "create_file_system",
    "delete_file_system",
    "list_images",
    "list_regions",
    "list_firewall_rules",
    "set_firewall_rules",
    "list_firewall_rulesets",
    "create_firewall_ruleset",
    "get_firewall_ruleset",
    "update_firewall_ruleset",
    "delete_firewall_ruleset",
    "list_audit_events",
]

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
    "stale",
]
# Lists of thousands take much memory, so no more older answers are kept of each.
MOST_ANSWERS = 10

Answer = t.Sequence[t.Any]


class Fault(BaseModel):
    """What happens to the next `times` requests of an operation, or of any.

    Attributes:
        skip: how many such requests it lets pass first.
        back: of a `stale` fault, which answers a list with an older answer: how many answers it goes back; where there
            were not so many since the last reset, the list is as it is.
        when: whether the request is executed first: a fault after executing loses the response only.
        code: makes the response of a `status` fault JSON with this error code, as for `provider/*`.
        seconds: of a delay, in real seconds, as is `retry_after`.
    """

    model_config = ConfigDict(extra="forbid")

    kind: Kind
    operation: Operation | None = None
    times: t.Annotated[int, Field(ge=1)] = 1
    skip: t.Annotated[int, Field(ge=0)] = 0
    back: t.Annotated[int, Field(ge=1, le=MOST_ANSWERS)] = 1
    when: t.Literal["before", "after"] = "before"
    status: t.Annotated[int, Field(ge=400, le=599)] = 500
    code: str | None = None
    seconds: t.Annotated[float, Field(ge=0)] = 0.0
    form: t.Literal["header", "body", "html"] = "header"
    retry_after: t.Annotated[float, Field(ge=0)] = 1.0
    location: str = "https://cloud.lambda.example/api/v1"

    @property
    def executes(self) -> bool:
        """Return whether the request takes effect all the same."""
        if self.kind in ("truncate", "garbage", "delay", "stale"):
            return True
        return self.kind in ("drop", "status") and self.when == "after"


class Faults:
    """Faults that wait for their request, in the order in which they came."""

    def __init__(self, pending: t.Iterable[Fault] = ()) -> None:
        self.pending = [fault.model_copy() for fault in pending]
        self._answers: dict[str, deque[Answer]] = {}

    def remember_answer(self, operation: str, answer: Answer) -> None:
        """Keep the answer to a list for `stale` faults that go back to it."""
        self._answers.setdefault(operation, deque(maxlen=MOST_ANSWERS)).append(answer)

    def older_answer(self, operation: str | None, back: int) -> Answer:
        """Return the answer to a list so many answers ago; empty if there were not as many."""
        answers = self._answers.get(operation or "", ())
        return answers[-back] if len(answers) >= back else ()

    def take(self, operation: str | None) -> Fault | None:
        """Use up and return the fault of a request that just came, if one waits for it."""
        for fault in self.pending:
            # A response about capacity makes sense for launches only.
            wanted = "launch" if fault.kind == "no-capacity" and fault.operation is None else fault.operation
            # Only lists can be stale.
            strikes = wanted in (None, operation) and (fault.kind != "stale" or (operation or "").startswith("list_"))
            if strikes:
                if fault.skip:
                    fault.skip -= 1
                    continue
                fault.times -= 1
                self.pending = [each for each in self.pending if each.times > 0]
                return fault
        return None
