# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
name: fleet_status
version_added: 1.0.0
author: lambdal.cloud contributors (@lambdal-cloud)
short_description: Find the instances that belong to a fleet
description:
  - Compares all instances of an account with the desired ones of a fleet. Decides which may be terminated, and terminates nothing.
  - An instance belongs to the fleet that its tag C(lambdal-cloud-fleet) names. A name that fits is not enough.
  - Where the API has no tags, as in version 1.5.3, O(names) decides.
positional: fleet
options:
  _input:
    description: All instances of the account, as M(lambdal.cloud.lambda_instance_info) returns them.
    type: list
    elements: dict
    required: true
  fleet:
    description: Name of the fleet. Empty for none, so that no instance belongs to it by its tag.
    type: str
    required: true
  desired:
    description: The desired instances that exist, as M(lambdal.cloud.lambda_instance) returns them.
    type: list
    elements: dict
    default: []
  launched:
    description: Those of them that were just launched.
    type: list
    elements: dict
    default: []
  names:
    description: Names that only this fleet uses, which may be host ranges and globs. They count only where the API has no tags.
    type: list
    elements: str
    default: []
"""

EXAMPLES = r"""
- name: List all instances
  lambdal.cloud.lambda_instance_info:
  register: account

- name: Show which instances of the fleet are not desired
  ansible.builtin.debug:
    msg: "{{ (account.instances | lambdal.cloud.fleet_status('vision', desired=[])).surplus | map(attribute='name') }}"
"""

RETURN = r"""
_value:
  description: Lists of instances.
  type: dict
  contains:
    has_tags:
      description: Whether the API has tags. Without any live instance it is false.
      type: bool
    members:
      description: Live instances that belong to the fleet.
      type: list
      elements: dict
    surplus:
      description: Those of them that are not desired.
      type: list
      elements: dict
    adopted:
      description: Desired instances that existed before, without the fleet's tag.
      type: list
      elements: dict
    foreign:
      description: Desired instances with the tag of another fleet.
      type: list
      elements: dict
    others:
      description: Live instances that neither belong to the fleet nor are desired.
      type: list
      elements: dict
"""

import typing as t

from ansible_collections.lambdal.cloud.plugins.plugin_utils import _fleet
from ansible_collections.lambdal.cloud.plugins.plugin_utils._filter_input import ansible_filter, instances
from ansible_collections.lambdal.cloud.plugins.plugin_utils._values import name_list


@ansible_filter
def fleet_status(
    account: t.Any, fleet: str, desired: t.Any = (), launched: t.Any = (), names: t.Any = ()
) -> dict[str, t.Any]:
    """Find the instances that belong to a fleet."""
    return _fleet.fleet_status(instances(account), fleet, instances(desired), instances(launched), name_list(names))


class FilterModule:
    """The filter lambdal.cloud.fleet_status."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """Return the filter by its name."""
        return {"fleet_status": fleet_status}
