# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the resources of an account share: its scenario, the time, chance and the audit log."""

from __future__ import annotations

import random
import typing as t

from .audit import AuditLog
from .catalogue import Catalogue
from .clock import Clock
from .errors import account_inactive, invalid_address, invalid_parameters
from .resources import FileSystem, Instance, Ruleset, SshKey
from .scenario import Scenario

Status = t.Literal["active", "inactive", "invalid-address"]
Listed = t.TypeVar("Listed", SshKey, FileSystem, Ruleset, Instance)


class Context:
    """The common ground of an account's resources, from one reset to the next.

    Attributes:
        instances: all instances by id, which decide what else is in use.
        quirks: the service's, which may be changed meanwhile.
        status: whether the account may do anything.
    """

    def __init__(self, scenario: Scenario, catalogue: Catalogue, clock: Clock, seed: int | None) -> None:
        self.scenario = scenario
        self.catalogue = catalogue
        self.clock = clock
        self.chance = random.Random(seed)
        self.audit_log = AuditLog()
        self.instances: dict[str, Instance] = {}
        self.quirks = scenario.quirks.model_copy()
        self.status: Status = scenario.status

    def new_id(self) -> str:
        """Return an id of the service's form."""
        return f"{self.chance.getrandbits(128):032x}"

    def record(self, resource: str, action: str, *ids: str, **details: t.Any) -> None:
        """Record in the audit log that an action was done to resources of one kind."""
        self.audit_log.record(self.new_id(), self.clock.date(), resource, action, ids, **details)

    def listed_from(self) -> float:
        """Return the time from which on lists show what is made now, in simulated seconds."""
        return self.clock.now() + self.quirks.list_lag

    def listed(self, rows: t.Iterable[Listed]) -> list[Listed]:
        """Return what lists show now of some resources."""
        now = self.clock.now()
        return [row for row in rows if row.listed_from <= now]

    def require_active(self, address: bool = False) -> None:
        """Require that the account is active and, where `address` asks for it, has a valid billing address.

        Raises:
            ServiceError: it is not, or has none.
        """
        if self.status == "inactive":
            raise account_inactive()
        if address and self.status == "invalid-address":
            raise invalid_address()

    def require_region(self, region: str, field: str) -> None:
        """Require that a region exists.

        Raises:
            ServiceError: it does not; the error names the field.
        """
        if region not in self.catalogue.regions:
            raise invalid_parameters(field, f"There is no region {region}.")
