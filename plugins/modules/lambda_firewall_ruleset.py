#!/usr/bin/python
# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: lambda_firewall_ruleset
short_description: Manage firewall rulesets of Lambda Cloud
version_added: 1.0.0
author:
  - lambdal.cloud contributors (@lambdal-cloud)
description:
  - Creates, changes or deletes a firewall ruleset. A ruleset is identified by its name and region.
  - The name V(global) stands for the ruleset that applies in all regions but C(us-south-1). It always exists and can only be changed.
  - A ruleset attaches to an instance when the instance is launched. Its rules can be changed at any time.
  - Needs version 1.10.0 of the API.
extends_documentation_fragment:
  - lambdal.cloud.connection
  - lambdal.cloud.users
  - lambdal.cloud.attributes.resource
  - lambdal.cloud.attributes.action
options:
  name:
    description: Name of the ruleset, up to 64 characters, or V(global).
    type: str
    required: true
  region:
    description:
      - Region of the ruleset. Rulesets in different regions can have the same name.
      - Required to create a ruleset, and to choose between rulesets that have the same name.
    type: str
  state:
    description:
      - Whether the ruleset should exist.
      - A ruleset that instances were launched with cannot be deleted. The error names these instances.
    type: str
    choices: [present, absent]
    default: present
  rules:
    description:
      - Rules for the traffic to let in, at most 20. Their order does not matter.
      - When not set, the rules of an existing ruleset are not changed.
    type: list
    elements: dict
    suboptions:
      protocol:
        description: V(tcp), V(udp), V(icmp) or V(all), in upper or lower case.
        type: str
        required: true
      port_range:
        description:
          - A port such as V(22), a range such as V(8000-8080), or a list of the first and the last port.
          - Required for every protocol except V(icmp), which has no ports.
        type: raw
      source_network:
        description: IPv4 network to let in, such as V(192.0.2.0/24). An address without a prefix length means V(/32).
        type: str
        required: true
      description:
        description: Description of the rule. When not set, an existing rule keeps its description.
        type: str
  purge_rules:
    description: Whether to remove rules that are not in O(rules).
    type: bool
    default: true
  allow_ssh_lockout:
    description: Whether to allow the removal of the last rule that lets SSH in. Without such a rule, nobody can log in to the instances.
    type: bool
    default: false
  outcome_timeout:
    description: Seconds to look for a new ruleset after the response to the create request was lost, before retrying.
    type: float
    default: 30
seealso:
  - module: lambdal.cloud.lambda_firewall_ruleset_info
  - module: lambdal.cloud.lambda_instance
"""

EXAMPLES = r"""
- name: Let the office in, by SSH and to a range of ports
  lambdal.cloud.lambda_firewall_ruleset:
    name: office
    region: us-east-1
    rules:
      - {protocol: tcp, port_range: 22, source_network: 198.51.100.0/24, description: SSH from the office}
      - {protocol: tcp, port_range: 8000-8080, source_network: 198.51.100.0/24}

- name: Let one more address in and keep the other rules
  lambdal.cloud.lambda_firewall_ruleset:
    name: office
    region: us-east-1
    purge_rules: false
    rules:
      - {protocol: tcp, port_range: 22, source_network: 203.0.113.7, description: SSH from home}

- name: Close all regions to everything but SSH
  lambdal.cloud.lambda_firewall_ruleset:
    name: global
    rules:
      - {protocol: tcp, port_range: 22, source_network: 0.0.0.0/0}

- name: Delete a ruleset
  lambdal.cloud.lambda_firewall_ruleset:
    name: office
    region: us-east-1
    state: absent
"""

RETURN = r"""
firewall_ruleset:
  description:
    - The ruleset that exists or was deleted, or null if there was none. Its fields are those of
      M(lambdal.cloud.lambda_firewall_ruleset_info). In check mode, values that the service would assign are null.
  returned: success
  type: dict
  sample:
    id: c4d291f47f9d436fa39f58493ce3b50d
    name: office
    region: {name: us-east-1, description: "Virginia, USA"}
    rules:
      - {protocol: tcp, port_range: [22, 22], source_network: 198.51.100.0/24, description: SSH from the office}
    created: '2026-02-24T20:48:56+00:00'
    instance_ids: []
failure:
  description: The error as data, with C(code), C(message), C(suggestion), C(status) and C(field_errors). A value that is not known is null.
  returned: on failure
  type: dict
"""

import typing as t

from ansible_collections.lambdal.cloud.plugins.module_utils._module.argspec import RESOURCE_SPEC, USERS_SPEC
from ansible_collections.lambdal.cloud.plugins.module_utils._module.resource import run_resource
from ansible_collections.lambdal.cloud.plugins.module_utils._resources.firewall_rule import parse_rule
from ansible_collections.lambdal.cloud.plugins.module_utils._resources.firewall_ruleset import (
    FirewallRulesetSpec,
    FirewallRulesetType,
)

RULE_SPEC: dict[str, t.Any] = {
    "protocol": {"type": "str", "required": True},
    "port_range": {"type": "raw"},
    "source_network": {"type": "str", "required": True},
    "description": {"type": "str"},
}

ARGUMENT_SPEC: dict[str, t.Any] = {
    **RESOURCE_SPEC,
    "rules": {"type": "list", "elements": "dict", "options": RULE_SPEC},
    "purge_rules": {"type": "bool", "default": True},
    "allow_ssh_lockout": {"type": "bool", "default": False},
    **USERS_SPEC,
}


def read_spec(options: t.Mapping[str, t.Any]) -> FirewallRulesetSpec:
    rules = options["rules"]
    return FirewallRulesetSpec(
        name=options["name"],
        region=options["region"],
        rules=None if rules is None else tuple(parse_rule(rule) for rule in rules),
        purge_rules=options["purge_rules"],
        allow_ssh_lockout=options["allow_ssh_lockout"],
        assume_terminated=frozenset(options["assume_terminated"]),
    )


def main() -> None:
    run_resource(FirewallRulesetType, returns="firewall_ruleset", read_spec=read_spec, argument_spec=ARGUMENT_SPEC)


if __name__ == "__main__":
    main()
