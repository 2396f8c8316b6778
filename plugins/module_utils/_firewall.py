# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Firewall rulesets wanted against firewall rulesets that exist."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from ansible_collections.lambdal.cloud.plugins.module_utils._api import Api
from ansible_collections.lambdal.cloud.plugins.module_utils._errors import ApiError, InvalidInput, StateError
from ansible_collections.lambdal.cloud.plugins.module_utils._firewall_rules import (
    Rule,
    describe,
    lets_ssh_in,
    merge,
    rule_from_api,
    same,
)
from ansible_collections.lambdal.cloud.plugins.module_utils._outcome import settle
from ansible_collections.lambdal.cloud.plugins.module_utils._patience import Patience
from ansible_collections.lambdal.cloud.plugins.module_utils._types import FirewallRuleset
from ansible_collections.lambdal.cloud.plugins.module_utils._view import region_name

GLOBAL = "global"
LONGEST_NAME = 64
# The documentation says that rules do nothing there.
_WITHOUT_FIREWALL = "us-south-1"


@dataclass(frozen=True)
class WantedRuleset:
    """A ruleset as the user asked for it. `rules` None leaves those that there are."""

    name: str
    region: str | None
    rules: tuple[Rule, ...] | None
    purge_rules: bool = True
    allow_ssh_lockout: bool = False


class RulesetChange(t.NamedTuple):
    """A ruleset before and after a task."""

    before: FirewallRuleset | None
    after: FirewallRuleset | None


def check_wanted(wanted: WantedRuleset) -> None:
    """Refuse what the API would refuse.

    Raises:
        InvalidInput: the length of the name, or a region for the global ruleset, which holds in all.
    """
    if not 1 <= len(wanted.name) <= LONGEST_NAME:
        raise InvalidInput(
            f"The name '{wanted.name}' has {len(wanted.name)} characters; a ruleset's has 1 to {LONGEST_NAME}."
        )
    if wanted.name == GLOBAL and wanted.region:
        raise InvalidInput("The global ruleset holds in all regions; leave region out.")


def find_ruleset(rows: t.Iterable[FirewallRuleset], name: str, region: str | None) -> FirewallRuleset | None:
    """The ruleset of a name, in a region if one is given.

    Raises:
        StateError: there are several.
    """
    found = [row for row in rows if row.get("name") == name and region in (None, region_name(row))]
    if len(found) > 1:
        where = ", ".join(f"{region_name(row)} (id {row['id']})" for row in found)
        raise StateError(f"{len(found)} firewall rulesets are named '{name}', in {where}. Say which by its region.")
    return found[0] if found else None


class Firewall:
    """The account's firewall rulesets, as one task is about them."""

    def __init__(self, api: Api, patience: Patience, warn: t.Callable[[str], None], *, check_mode: bool) -> None:
        self._api = api
        self._patience = patience
        self._warn = warn
        self._check_mode = check_mode

    def ensure_present(self, wanted: WantedRuleset) -> RulesetChange:
        """The ruleset with its rules, created or changed where it has to be.

        Raises:
            InvalidInput: a new ruleset without a region, or too many rules.
            StateError: several rulesets have the name, or nobody could get in by SSH any more.
            LambdaCloudError: the service refused.
        """
        if wanted.name == GLOBAL:
            return self._update(self._api.get_global_firewall_ruleset(), wanted)
        rows = self._api.list_firewall_rulesets()
        existing = find_ruleset(rows, wanted.name, wanted.region)
        if _WITHOUT_FIREWALL in (wanted.region, existing and region_name(existing)):
            self._warn(
                f"{_WITHOUT_FIREWALL} has no firewall: the service ignores the rules there, and everything is open."
            )
        return self._update(existing, wanted) if existing else self._create(wanted, rows)

    def _create(self, wanted: WantedRuleset, rows: t.Sequence[FirewallRuleset]) -> RulesetChange:
        region = wanted.region
        if not region:
            raise InvalidInput(f"The firewall ruleset '{wanted.name}' does not exist, and creating it needs region.")
        rules = [rule.as_api() for rule in merge((), wanted.rules or (), purge=True)]
        if self._check_mode:
            return RulesetChange(None, _predicted(wanted, region, rules))
        known = {row["id"] for row in rows}

        def appeared() -> FirewallRuleset | None:
            new = [row for row in self._api.list_firewall_rulesets() if row["id"] not in known]
            return find_ruleset(new, wanted.name, region)

        made = settle(lambda: self._api.create_firewall_ruleset(wanted.name, region, rules), appeared, self._patience)
        return RulesetChange(None, made)

    def _update(self, existing: FirewallRuleset, wanted: WantedRuleset) -> RulesetChange:
        if wanted.rules is None:
            return RulesetChange(existing, existing)
        current = [rule_from_api(row) for row in existing.get("rules", [])]
        rules = merge(current, wanted.rules, wanted.purge_rules)
        if same(current, rules):
            return RulesetChange(existing, existing)
        if lets_ssh_in(current) and not lets_ssh_in(rules) and not wanted.allow_ssh_lockout:
            going = ", ".join(describe(rule) for rule in current if lets_ssh_in([rule]))
            raise StateError(
                f"Nobody could reach the machines of the firewall ruleset '{wanted.name}' by SSH any more: {going} would go. "
                "Keep a rule for port 22, or set allow_ssh_lockout: true."
            )
        rows = [rule.as_api() for rule in rules]
        if self._check_mode:
            return RulesetChange(existing, {**existing, "rules": rows})
        return RulesetChange(existing, self._api.update_firewall_ruleset(existing["id"], rows))

    def ensure_absent(self, name: str, region: str | None) -> RulesetChange:
        """No ruleset of the name. One that instances use is never deleted.

        Raises:
            InvalidInput: the global ruleset cannot go.
            StateError: several rulesets have the name, or instances use it.
            LambdaCloudError: the service refused, or nobody knows what became of it.
        """
        if name == GLOBAL:
            raise InvalidInput("The global ruleset is always there. Give it other rules instead.")
        existing = find_ruleset(self._api.list_firewall_rulesets(), name, region)
        if existing is None:
            return RulesetChange(None, None)
        if existing.get("instance_ids"):
            raise self._in_use(existing)
        if not self._check_mode:
            self._delete(existing["id"])
        return RulesetChange(existing, None)

    def _in_use(self, ruleset: FirewallRuleset) -> StateError:
        names = {row["id"]: row.get("name") for row in self._api.list_instances()}
        users = ", ".join(f"{names.get(each) or 'unnamed'} (id {each})" for each in ruleset["instance_ids"])
        return StateError(
            f"The firewall ruleset '{ruleset['name']}' (id {ruleset['id']}) is in use by {users}. Rulesets attach at launch only: "
            "terminate these instances first."
        )

    def _delete(self, ruleset_id: str) -> None:
        def send() -> bool:
            try:
                self._api.delete_firewall_ruleset(ruleset_id)
            except ApiError as error:
                if error.status != 404:
                    raise
            return True

        def gone() -> bool | None:
            return None if any(row["id"] == ruleset_id for row in self._api.list_firewall_rulesets()) else True

        settle(send, gone, self._patience)


def _predicted(wanted: WantedRuleset, region: str, rules: list[t.Any]) -> FirewallRuleset:
    """The ruleset as creating it would make it; what only the service can know is null."""
    return t.cast(
        "FirewallRuleset",
        {
            "id": None,
            "name": wanted.name,
            "region": {"name": region, "description": None},
            "rules": rules,
            "created": None,
            "instance_ids": [],
        },
    )
