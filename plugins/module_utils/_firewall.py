# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Firewall rulesets as a kind of resource: their rules, the global one, and when one may be deleted."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from ansible_collections.lambdal.cloud.plugins.module_utils._api import Api
from ansible_collections.lambdal.cloud.plugins.module_utils._errors import InvalidInput, StateError
from ansible_collections.lambdal.cloud.plugins.module_utils._firewall_rules import (
    Rule,
    describe,
    lets_ssh_in,
    merge,
    rule_from_api,
    same,
)
from ansible_collections.lambdal.cloud.plugins.module_utils._holdings import named
from ansible_collections.lambdal.cloud.plugins.module_utils._resource import Kind
from ansible_collections.lambdal.cloud.plugins.module_utils._types import FirewallRuleset
from ansible_collections.lambdal.cloud.plugins.module_utils._view import region_name
from ansible_collections.lambdal.cloud.plugins.module_utils._work import Means

GLOBAL = "global"
LONGEST_NAME = 64
# The documentation says that rules do nothing there.
_WITHOUT_FIREWALL = "us-south-1"


@dataclass(frozen=True)
class WantedRuleset:
    """A ruleset as the user asked for it. `rules` None leaves those that there are.

    Raises:
        InvalidInput: the API would refuse the length of the name, or there is a region for the global ruleset.
    """

    name: str
    region: str | None
    rules: tuple[Rule, ...] | None
    purge_rules: bool = True
    allow_ssh_lockout: bool = False

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


def remarks(row: FirewallRuleset) -> list[str]:
    """What a user should know of a ruleset."""
    if region_name(row) != _WITHOUT_FIREWALL:
        return []
    return [f"{_WITHOUT_FIREWALL} has no firewall: the service ignores the rules there, and everything is open."]


def _fetch(api: Api, wanted: WantedRuleset) -> list[FirewallRuleset]:
    return [api.get_global_firewall_ruleset()] if wanted.is_global else api.list_firewall_rulesets()


def _matches(wanted: WantedRuleset) -> t.Callable[[FirewallRuleset], bool]:
    return (lambda row: True) if wanted.is_global else named(wanted.name, wanted.region)


def _predict(wanted: WantedRuleset) -> FirewallRuleset:
    if not wanted.region:
        raise InvalidInput(f"The firewall ruleset '{wanted.name}' does not exist, and creating it needs region.")
    return t.cast(
        "FirewallRuleset",
        {
            "id": None,
            "name": wanted.name,
            "region": {"name": wanted.region, "description": None},
            "rules": [rule.as_api() for rule in merge((), wanted.rules or (), purge=True)],
            "created": None,
            "instance_ids": [],
        },
    )


def _planned(row: FirewallRuleset, wanted: WantedRuleset) -> FirewallRuleset:
    if wanted.rules is None:
        return row
    current = [rule_from_api(rule) for rule in row.get("rules", [])]
    rules = merge(current, wanted.rules, wanted.purge_rules)
    if same(current, rules):
        return row
    if lets_ssh_in(current) and not lets_ssh_in(rules) and not wanted.allow_ssh_lockout:
        going = ", ".join(describe(rule) for rule in current if lets_ssh_in([rule]))
        raise StateError(
            f"Nobody could reach the machines of the firewall ruleset '{wanted.name}' by SSH any more: {going} would go. "
            "Keep a rule for port 22, or set allow_ssh_lockout: true."
        )
    return {**row, "rules": [rule.as_api() for rule in rules]}


def _release(means: Means, row: FirewallRuleset, wanted: WantedRuleset) -> None:
    if wanted.is_global:
        raise InvalidInput("The global ruleset is always there. Give it other rules instead.")
    if row.get("instance_ids"):
        names = {each["id"]: each.get("name") for each in means.api.list_instances()}
        users = ", ".join(f"{names.get(each) or 'unnamed'} (id {each})" for each in row["instance_ids"])
        raise StateError(
            f"The firewall ruleset '{row['name']}' (id {row['id']}) is in use by {users}. Rulesets attach at launch only: "
            "terminate these instances first."
        )


FIREWALL_RULESET: Kind[WantedRuleset, FirewallRuleset] = Kind(
    noun="firewall ruleset",
    fetch=_fetch,
    matches=_matches,
    predict=_predict,
    create=lambda api, row: api.create_firewall_ruleset(row["name"], region_name(row) or "", row["rules"]),
    planned=_planned,
    update=lambda api, row: api.update_firewall_ruleset(row["id"], row["rules"]),
    destroy=lambda api, ruleset_id: api.delete_firewall_ruleset(ruleset_id),
    release=_release,
)
