# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The account's firewall rules and rulesets."""

from __future__ import annotations

import typing as t

from .context import Context
from .errors import ServiceError, does_not_exist, invalid_parameters, quota_exceeded
from .resources import FirewallRule, Ruleset
from .seeds import SeedRule

GLOBAL_ID = "global"
MAX_RULES = 20
ANYWHERE = "0.0.0.0/0"
DEFAULT_RULES = (
    FirewallRule("icmp", ANYWHERE, "Allow ICMP from anywhere"),
    FirewallRule("tcp", ANYWHERE, "Allow SSH from anywhere", (22, 22)),
)


class Firewall:
    """The rules of the account and its rulesets by their ids. Methods raise ServiceError where the service refuses.

    `/firewall-rules` and the ruleset `global` are two views of the same rules here.
    """

    def __init__(self, context: Context) -> None:
        """Begin with the scenario's rules, or with the default ones, and with no ruleset."""
        self._context = context
        seeds = context.scenario.firewall_rules
        self.rules = DEFAULT_RULES if seeds is None else tuple(map(as_rule, seeds))
        self.rulesets: dict[str, Ruleset] = {}

    def replace_rules(self, rules: t.Iterable[FirewallRule]) -> None:
        """Replace the account's rules."""
        self.rules = _checked(rules)

    def create(self, name: str, region: str, rules: t.Iterable[FirewallRule]) -> Ruleset:
        """Create a ruleset."""
        context = self._context
        context.require_region(region, "region")
        ruleset = Ruleset(context.new_id(), name, region, context.clock.now())
        quota = context.scenario.quotas.firewall_rulesets
        if quota is not None and len(self.rulesets) >= quota:
            raise quota_exceeded("firewall rulesets", quota)
        ruleset.rules = _checked(rules)
        ruleset.listed_from = context.listed_from()
        self.rulesets[ruleset.id] = ruleset
        context.record("firewall_ruleset", "created", ruleset.id, region=region)
        return ruleset

    def listed(self) -> list[Ruleset]:
        """Return the rulesets that a list shows now."""
        return self._context.listed(self.rulesets.values())

    def get(self, ruleset_id: str) -> Ruleset:
        """Return a ruleset."""
        found = self.rulesets.get(ruleset_id)
        if found is None:
            raise does_not_exist("The firewall ruleset")
        return found

    def update(self, ruleset_id: str, name: str | None, rules: t.Iterable[FirewallRule] | None) -> Ruleset:
        """Change what is given; None leaves it as it is."""
        ruleset = self.get(ruleset_id)
        if rules is not None:
            ruleset.rules = _checked(rules)
        if name is not None:
            ruleset.name = name
        return ruleset

    def delete(self, ruleset_id: str) -> None:
        """Delete a ruleset that no instance uses."""
        self.get(ruleset_id)
        if self.instances_of(ruleset_id):
            raise ServiceError(
                400,
                "firewall-rulesets/firewall-ruleset-in-use",
                "Instances use this firewall ruleset.",
                "Terminate them first.",
            )
        del self.rulesets[ruleset_id]
        self._context.record("firewall_ruleset", "deleted", ruleset_id)

    def instances_of(self, ruleset_id: str) -> list[str]:
        """Return the ids of the instances that were launched with a ruleset."""
        return [row.id for row in self._context.instances.values() if ruleset_id in row.rulesets]

    def check_launch(self, ruleset_ids: t.Iterable[str], region: str) -> None:
        """Require that a launch in a region may use these rulesets."""
        for ruleset_id in ruleset_ids:
            ruleset = self.get(ruleset_id)
            if ruleset.region != region:
                raise invalid_parameters("firewall_rulesets", f"{ruleset.name} is in {ruleset.region}.")


def as_rule(seed: SeedRule) -> FirewallRule:
    """Return a scenario's rule as the account holds it."""
    return FirewallRule(seed.protocol, seed.source_network, seed.description, seed.port_range)


def _checked(rules: t.Iterable[FirewallRule]) -> tuple[FirewallRule, ...]:
    found = tuple(rules)
    if len(found) > MAX_RULES:
        raise invalid_parameters("rules", f"There may be {MAX_RULES} rules at most; these are {len(found)}.")
    return found
