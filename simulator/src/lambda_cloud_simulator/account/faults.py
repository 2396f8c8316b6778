# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Faults: what goes wrong with the next requests, as a test or a scenario asks for it."""

from __future__ import annotations

import asyncio
import typing as t
from collections import deque

from pydantic import BaseModel, ConfigDict, Field, PrivateAttr

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
    "hold",
    "together",
    "truncate",
    "garbage",
    "rate-limit",
    "no-capacity",
    "edge-1010",
    "edge-1015",
    "redirect",
    "stale",
]
# These only make a request wait.
WAITS = ("delay", "hold", "together")
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

    _all_came: asyncio.Barrier = PrivateAttr()
    _lifted: asyncio.Event = PrivateAttr()

    @property
    def executes(self) -> bool:
        """Return whether the request takes effect all the same."""
        if self.kind in (*WAITS, "truncate", "garbage", "stale"):
            return True
        return self.kind in ("drop", "status") and self.when == "after"

    def model_post_init(self, _context: t.Any) -> None:
        """Let as many requests meet as it strikes."""
        self._all_came = asyncio.Barrier(self.times)
        self._lifted = asyncio.Event()

    async def wait(self) -> None:
        """Take the time that it takes from a request."""
        if self.kind == "delay":
            await asyncio.sleep(self.seconds)
        elif self.kind == "together":
            await self._all_came.wait()
        elif self.kind == "hold":
            await self._lifted.wait()

    def lift(self) -> None:
        """Let those go on that it holds."""
        self._lifted.set()


class Faults:
    """Faults that wait for their request, in the order in which they came."""

    def __init__(self, pending: t.Iterable[Fault] = ()) -> None:
        self.pending = [Fault(**fault.model_dump()) for fault in pending]
        self._struck: list[Fault] = []
        self._answers: dict[str, deque[Answer]] = {}

    def lift(self) -> None:
        """Forget the faults that have not struck yet, and let those requests go on that are held."""
        for fault in (*self.pending, *self._struck):
            fault.lift()
        self.pending.clear()
        self._struck.clear()

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
                if fault.kind == "hold":
                    self._struck.append(fault)
                return fault
        return None
