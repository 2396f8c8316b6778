# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Firewall rulesets as a type of resource: their rules, the global one, and when one may be deleted."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from ansible_collections.lambdal.cloud.plugins.module_utils._client.api import Api
from ansible_collections.lambdal.cloud.plugins.module_utils._client.models import FirewallRuleset, region_name
from ansible_collections.lambdal.cloud.plugins.module_utils._errors import InvalidInput, StateError
from ansible_collections.lambdal.cloud.plugins.module_utils._resources.firewall_rule import (
    Rule,
    describe,
    lets_ssh_in,
    merge,
    rule_from_api,
    same,
)
from ansible_collections.lambdal.cloud.plugins.module_utils._resources.resource import (
    Change,
    ResourceClient,
    ResourceType,
)

GLOBAL = "global"
LONGEST_NAME = 64
# The documentation says that rules do nothing there.
_WITHOUT_FIREWALL = "us-south-1"


@dataclass(frozen=True)
class FirewallRulesetSpec:
    """A ruleset as the user asked for it.

    Args:
        rules: None leaves those that there are.
        assume_terminated: the IDs of instances that in check mode use no ruleset any more.

    Raises:
        InvalidInput: the API would refuse the length of the name, or there is a region for the global ruleset.
    """

    name: str
    region: str | None
    rules: tuple[Rule, ...] | None
    purge_rules: bool = True
    allow_ssh_lockout: bool = False
    assume_terminated: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        if not 1 <= len(self.name) <= LONGEST_NAME:
            raise InvalidInput(
                f"The name '{self.name}' has {len(self.name)} characters; a ruleset's has 1 to {LONGEST_NAME}."
            )
        if self.is_global and self.region:
            raise InvalidInput("The global ruleset holds in all regions; leave region out.")

    @property
    def is_global(self) -> bool:
        return self.name == GLOBAL


class FirewallRulesetType(ResourceType[FirewallRulesetSpec, FirewallRuleset]):
    """Firewall rulesets, the global one among them, whose rules are changed in place."""

    noun = "firewall ruleset"

    def fetch(self, spec: FirewallRulesetSpec) -> t.Sequence[FirewallRuleset]:
        api = self.context.api
        return [api.get_global_firewall_ruleset()] if spec.is_global else api.list_firewall_rulesets()

    def find(self, rows: t.Iterable[FirewallRuleset], spec: FirewallRulesetSpec) -> list[FirewallRuleset]:
        return list(rows) if spec.is_global else super().find(rows, spec)

    def predict(self, spec: FirewallRulesetSpec) -> FirewallRuleset:
        if not spec.region:
            raise InvalidInput(f"The firewall ruleset '{spec.name}' does not exist, and creating it needs region.")
        return t.cast(
            "FirewallRuleset",
            {
                "id": None,
                "name": spec.name,
                "region": {"name": spec.region, "description": None},
                "rules": [rule.as_api() for rule in merge((), spec.rules or (), purge=True)],
                "created": None,
                "instance_ids": [],
            },
        )

    def create(
        self, predicted: FirewallRuleset, spec: FirewallRulesetSpec, client: ResourceClient[FirewallRuleset]
    ) -> FirewallRuleset:
        asked = [rule_from_api(rule) for rule in predicted["rules"]]

        def has_its_rules(row: FirewallRuleset) -> bool:
            # Anybody may have created another one with the name meanwhile.
            return same([rule_from_api(rule) for rule in row.get("rules", [])], asked)

        return client.create(
            lambda: self.context.api.create_firewall_ruleset(
                predicted["name"], region_name(predicted) or "", predicted["rules"]
            ),
            lambda rows: next(iter(self.find(filter(has_its_rules, rows), spec)), None),
        )

    def delete(self, api: Api, resource_id: str) -> None:
        api.delete_firewall_ruleset(resource_id)

    def desired(self, found: t.Sequence[FirewallRuleset], spec: FirewallRulesetSpec) -> FirewallRuleset:
        row = found[0]
        if spec.rules is None:
            return row
        current = [rule_from_api(rule) for rule in row.get("rules", [])]
        rules = merge(current, spec.rules, spec.purge_rules)
        if same(current, rules):
            return row
        if lets_ssh_in(current) and not lets_ssh_in(rules) and not spec.allow_ssh_lockout:
            going = ", ".join(describe(rule) for rule in current if lets_ssh_in([rule]))
            raise StateError(
                f"Nobody could reach the instances of the firewall ruleset '{spec.name}' by SSH any more: {going} would go. "
                "Keep a rule for port 22, or set allow_ssh_lockout: true."
            )
        return {**row, "rules": [rule.as_api() for rule in rules]}

    def update(
        self,
        row: FirewallRuleset,
        desired: FirewallRuleset,
        spec: FirewallRulesetSpec,
        client: ResourceClient[FirewallRuleset],
    ) -> FirewallRuleset:
        return self.context.api.update_firewall_ruleset(row["id"], desired["rules"])

    def require_deletable(self, found: t.Sequence[FirewallRuleset], spec: FirewallRulesetSpec) -> None:
        if spec.is_global:
            raise InvalidInput("The global ruleset is always there. Give it other rules instead.")
        but = spec.assume_terminated if self.context.check_mode else ()
        for row in found:
            ids = [each for each in row.get("instance_ids") or () if each not in but]
            if ids:
                names = {each["id"]: each.get("name") for each in self.context.api.list_instances()}
                users = ", ".join(f"{names.get(each) or 'unnamed'} (id {each})" for each in ids)
                raise StateError(
                    f"The firewall ruleset '{row['name']}' (id {row['id']}) is in use by {users}. Rulesets attach at launch only: "
                    "terminate these instances first."
                )

    def remarks(self, change: Change[FirewallRuleset], spec: FirewallRulesetSpec) -> t.Iterator[str]:
        if any(region_name(row) == _WITHOUT_FIREWALL for row in change.after):
            yield f"{_WITHOUT_FIREWALL} has no firewall: the service ignores the rules there, and everything is open."
