# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
name: fleet_hosts
version_added: 1.1.0
author: lambdal.cloud contributors (@lambdal-cloud)
short_description: Find the hosts of a fleet in an inventory
description:
  - Returns what the C(hosts) of a play may be, so that the play acts on the instances that were named and on no others.
  - With O(machines), those are the hosts of the instances that it describes. With O(fleet) alone, they are all hosts with the tag
    C(lambdal-cloud-fleet) of that name. An instance with the tag of another fleet than O(fleet) is never among them.
  - It is a problem if nothing is named, if an instance of O(machines) is not in the inventory, or if two have its name.
positional: groups, option, pattern, machines, fleet, names, check_mode
options:
  _input:
    description: The variable C(hostvars).
    type: dict
    required: true
  groups:
    description: The variable C(groups). Hosts are looked for in C(lambda_cloud) and C(lambda_cloud_launched).
    type: dict
    required: true
  option:
    description: Variable by which the user may name hosts, for the message that nothing is named.
    type: str
    required: true
  pattern:
    description:
      - Hosts that the user named instead of a fleet, as a pattern of Ansible. It is returned as it is.
      - V(all) stands for every instance in the inventory.
    type: raw
    default: ""
  machines:
    description: The instances, as the role P(lambdal.cloud.fleet#role) takes them.
    type: list
    elements: dict
  fleet:
    description: Name of the fleet.
    type: str
    default: ""
  names:
    description: Names that only this fleet uses. They count for an instance without the tag of a fleet.
    type: list
    elements: str
    default: []
  check_mode:
    description: Whether to leave out instances that are missing, since a launch may only have been predicted.
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: Show the hosts of the fleet vision
  ansible.builtin.debug:
    msg: "{{ (hostvars | lambdal.cloud.fleet_hosts(groups, 'greet_hosts', fleet='vision')).hosts }}"
"""

RETURN = r"""
_value:
  description: The hosts, or why there are none.
  type: dict
  contains:
    hosts:
      description: Names of hosts in the order of O(machines), or O(pattern).
      type: raw
      sample: [train-1, train-2]
    problem:
      description: A sentence for the user. Empty if there is no problem.
      type: str
"""

import typing as t

from ansible_collections.lambdal.cloud.plugins.module_utils._terminal import printable
from ansible_collections.lambdal.cloud.plugins.plugin_utils import _fleet_hosts
from ansible_collections.lambdal.cloud.plugins.plugin_utils._filter_input import ansible_filter


@ansible_filter
def fleet_hosts(
    hostvars: t.Mapping[str, t.Any],
    groups: t.Mapping[str, t.Sequence[str]],
    option: str,
    pattern: t.Any = "",
    machines: t.Any = None,
    fleet: t.Any = "",
    names: t.Any = (),
    check_mode: bool = False,
) -> dict[str, t.Any]:
    """Find the hosts of a fleet in an inventory."""
    named = _fleet_hosts.Fleet.read(machines, fleet, names)
    try:
        hosts = _fleet_hosts.fleet_hosts(hostvars, groups, named, pattern, option, check_mode)
    except _fleet_hosts.NoHosts as error:
        return {"hosts": [], "problem": printable(str(error))}
    return {"hosts": hosts, "problem": ""}


class FilterModule:
    """The filter lambdal.cloud.fleet_hosts."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """Return the filter by its name."""
        return {"fleet_hosts": fleet_hosts}
