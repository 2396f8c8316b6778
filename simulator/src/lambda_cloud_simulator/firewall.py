# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Firewall rules: the account's own, which hold in all regions, and rulesets that instances are launched with."""

from __future__ import annotations

import typing as t

from .errors import ServiceError, does_not_exist, invalid_parameters, quota_exceeded
from .resources import FirewallRule, Ruleset

GLOBAL_ID = "global"
MAX_RULES = 20
ANYWHERE = "0.0.0.0/0"
DEFAULT_RULES = (
    FirewallRule("icmp", ANYWHERE, "Allow ICMP from anywhere"),
    FirewallRule("tcp", ANYWHERE, "Allow SSH from anywhere", (22, 22)),
)


class Firewall:
    """`/firewall-rules` and the ruleset `global` are two views of the same rules here."""

    def __init__(self, rules: t.Iterable[FirewallRule] = DEFAULT_RULES, max_rulesets: int | None = None) -> None:
        self.rules = tuple(rules)
        self.rulesets: dict[str, Ruleset] = {}
        self._max_rulesets = max_rulesets

    def replace_rules(self, rules: t.Iterable[FirewallRule]) -> None:
        """Let these be the account's rules. Raises ServiceError."""
        self.rules = _checked(rules)

    def add(self, ruleset: Ruleset) -> Ruleset:
        """Keep a new ruleset. Raises ServiceError."""
        if self._max_rulesets is not None and len(self.rulesets) >= self._max_rulesets:
            raise quota_exceeded("firewall rulesets", self._max_rulesets)
        ruleset.rules = _checked(ruleset.rules)
        self.rulesets[ruleset.id] = ruleset
        return ruleset

    def get(self, ruleset_id: str) -> Ruleset:
        """Raises ServiceError when there is none."""
        found = self.rulesets.get(ruleset_id)
        if found is None:
            raise does_not_exist("The firewall ruleset")
        return found

    def update(self, ruleset_id: str, name: str | None, rules: t.Iterable[FirewallRule] | None) -> Ruleset:
        """Change what is given. Raises ServiceError."""
        ruleset = self.get(ruleset_id)
        if rules is not None:
            ruleset.rules = _checked(rules)
        if name is not None:
            ruleset.name = name
        return ruleset

    def remove(self, ruleset_id: str, in_use: bool) -> None:
        """Forget a ruleset. Raises ServiceError when instances use it."""
        self.get(ruleset_id)
        if in_use:
            raise ServiceError(
                400,
                "firewall-rulesets/firewall-ruleset-in-use",
                "Instances use this firewall ruleset.",
                "Terminate them first.",
            )
        del self.rulesets[ruleset_id]


def _checked(rules: t.Iterable[FirewallRule]) -> tuple[FirewallRule, ...]:
    found = tuple(rules)
    if len(found) > MAX_RULES:
        raise invalid_parameters("rules", f"There may be {MAX_RULES} rules at most; these are {len(found)}.")
    return found
