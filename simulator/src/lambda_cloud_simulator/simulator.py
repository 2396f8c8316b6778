# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The state of a simulator: an account, and everything that stands around it."""

from __future__ import annotations

import typing as t

from .account.account import Account
from .account.clock import Clock
from .account.faults import Faults
from .account.scenario import Quirks, Scenario
from .api.versions import DEFAULT_VERSION, VERSIONS
from .hosts import Hosts
from .middleware.latency import Latency
from .middleware.rate_limit import RateLimit
from .middleware.request_log import RequestLog


class SimulatorState:
    """An account with the API's version and keys, its rate limit, its pending faults and the log of its requests.

    Attributes are for reading.
    """

    def __init__(
        self,
        scenario: Scenario,
        clock: Clock,
        hosts: Hosts,
        *,
        keys: t.Sequence[str],
        api_version: str = DEFAULT_VERSION,
        rate_rule: str | None = None,
        latency: Latency | None = None,
        seed: int | None = None,
        boot_time: float | None = None,
    ) -> None:
        """Begin with what the scenario says.

        Args:
            scenario: what the account holds and what happens to it.
            clock: the simulated time.
            hosts: what stands behind the instances' addresses.
            keys: the API keys that are accepted.
            api_version: the version that the API responds by.
            rate_rule: by which rule requests that come too fast are refused, `strict` or `window`; None refuses none.
            latency: of the network before the service; by default none.
            seed: makes every random choice repeatable.
            boot_time: of every instance, in simulated seconds; None takes that of the instance type.
        """
        self.version = VERSIONS[api_version]
        self.keys = keys
        self._rate_rule = rate_rule
        self.latency = latency or Latency()
        self.log = RequestLog()
        self.account = Account(
            scenario,
            clock,
            hosts,
            seed=seed,
            boot_time=boot_time,
            mount_root=self.version.mount_root,
        )
        self._begin()

    def _begin(self) -> None:
        self.faults = Faults(self.account.scenario.faults)
        self.rate_limit = self._new_limit()

    def _new_limit(self) -> RateLimit | None:
        if self._rate_rule is None:
            return None
        return RateLimit(self.account.clock, self.account.quirks.rate_limit_forms, self._rate_rule)

    async def reset(self) -> None:
        """Go back to the scenario's beginning."""
        await self.account.reset()
        self.log.clear()
        self.faults.lift()
        self._begin()

    def set_quirks(self, quirks: Quirks) -> None:
        """Give the service these quirks, until the next reset."""
        self.account.quirks = quirks
        self.rate_limit = self._new_limit()
