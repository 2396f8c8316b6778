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
  - Ensures that a firewall ruleset exists with certain rules, or does not exist. A ruleset is known by its name and its region.
  - The name V(global) stands for the rules that hold in all regions. They are always there and can only be changed.
  - A ruleset attaches to an instance when the instance is launched. Its rules can be changed at any time.
  - Needs version 1.10.0 of the API.
extends_documentation_fragment:
  - lambdal.cloud.connection
  - lambdal.cloud.attributes.resource
  - lambdal.cloud.attributes.action
options:
  name:
    description: Name of the ruleset, up to 64 characters, or V(global).
    type: str
    required: true
  region:
    description:
      - The region. The same name may exist in several.
      - Needed to create a ruleset, and to tell apart rulesets of one name.
    type: str
  state:
    description:
      - Whether the ruleset shall exist.
      - One that instances were launched with cannot be deleted; the error names them.
    type: str
    choices: [present, absent]
    default: present
  rules:
    description:
      - What is let in, 20 rules at most. Their order does not matter.
      - When not set, the rules of a ruleset that exists are left alone.
    type: list
    elements: dict
    suboptions:
      protocol:
        description: V(tcp), V(udp), V(icmp) or V(all), in small or capital letters.
        type: str
        required: true
      port_range:
        description:
          - A port such as V(22), a range such as V(8000-8080), or a list of first and last port.
          - Needed for every protocol but V(icmp), which has none.
        type: raw
      source_network:
        description: IPv4 network that is let in, such as V(192.0.2.0/24). An address alone stands for itself, as with V(/32).
        type: str
        required: true
      description:
        description: What the rule is for. When not set, whatever it is on a rule that exists.
        type: str
  purge_rules:
    description: Whether rules go that are not in O(rules).
    type: bool
    default: true
  allow_ssh_lockout:
    description: Whether the last rule may go that lets SSH in. Without one, nobody gets to the machines.
    type: bool
    default: false
  outcome_timeout:
    description: Seconds to look for a ruleset whose creation got no usable answer, before it is sent again.
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

- name: Let one more address in, and leave the other rules alone
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
    - The ruleset, or the one that was deleted; null when there was none. Its fields are those of
      M(lambdal.cloud.lambda_firewall_ruleset_info). In check mode, what only the service can know is null.
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
  description: The error in parts, C(code), C(message), C(suggestion), C(status) and C(field_errors), null where there is none.
  returned: on failure
  type: dict
"""

import typing as t

from ansible_collections.lambdal.cloud.plugins.module_utils._firewall import FIREWALL_RULESET, WantedRuleset, remarks
from ansible_collections.lambdal.cloud.plugins.module_utils._firewall_rules import parse_rule
from ansible_collections.lambdal.cloud.plugins.module_utils._resource_module import run_resource

RULE_SPEC: dict[str, t.Any] = {
    "protocol": {"type": "str", "required": True},
    "port_range": {"type": "raw"},
    "source_network": {"type": "str", "required": True},
    "description": {"type": "str"},
}


def wanted(options: t.Mapping[str, t.Any]) -> WantedRuleset:
    rules = options["rules"]
    return WantedRuleset(
        name=options["name"],
        region=options["region"],
        rules=None if rules is None else tuple(parse_rule(rule) for rule in rules),
        purge_rules=options["purge_rules"],
        allow_ssh_lockout=options["allow_ssh_lockout"],
    )


def main() -> None:
    run_resource(
        FIREWALL_RULESET,
        returns="firewall_ruleset",
        wanted=wanted,
        options={
            "rules": {"type": "list", "elements": "dict", "options": RULE_SPEC},
            "purge_rules": {"type": "bool", "default": True},
            "allow_ssh_lockout": {"type": "bool", "default": False},
        },
        remarks=remarks,
    )


if __name__ == "__main__":
    main()
