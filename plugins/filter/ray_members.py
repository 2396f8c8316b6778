# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
name: ray_members
version_added: 1.1.0
author: lambdal.cloud contributors (@lambdal-cloud)
short_description: Compare the nodes of a Ray cluster with its hosts
description: Tells which hosts are not in a Ray cluster yet, and which nodes of it are none of its hosts any more.
options:
  _input:
    description: The nodes as the head lists them, each a dictionary of C(address) and C(state).
    type: list
    elements: dict
    required: true
  hosts:
    description: Addresses of the hosts of the cluster, by the hosts' names.
    type: dict
    required: true
  inventory:
    description: Variables of all hosts of the inventory, by their names, to find the names of the others.
    type: dict
    default: {}
  members:
    description: Names of all hosts of the cluster. One that cannot be reached at the moment has not left it.
    type: list
    elements: str
    default: []
"""

EXAMPLES = r"""
- name: Show who has left
  ansible.builtin.debug:
    msg: "{{ (nodes | lambdal.cloud.ray_members({'train-1': '10.0.0.1'}, hostvars)).left }}"
  vars:
    nodes:
      - {address: 10.0.0.1, state: ALIVE}
      - {address: 10.0.0.2, state: ALIVE}
"""

RETURN = r"""
_value:
  description: The difference.
  type: dict
  contains:
    missing:
      description: Hosts that are not in the cluster.
      type: list
      elements: str
    left:
      description: Nodes that are none of its hosts, each with C(address), and with C(host), which is empty where no host has the address.
      type: list
      elements: dict
  sample:
    missing: []
    left: [{host: train-2, address: 10.0.0.2}]
"""

import typing as t

from ansible_collections.lambdal.cloud.plugins.plugin_utils import _ray
from ansible_collections.lambdal.cloud.plugins.plugin_utils._filter_input import ansible_filter
from ansible_collections.lambdal.cloud.plugins.plugin_utils._values import mapping, mappings, name_list


@ansible_filter
def ray_members(nodes: t.Any, hosts: t.Any, inventory: t.Any = None, members: t.Any = ()) -> dict[str, t.Any]:
    """Compare the nodes of a Ray cluster with its hosts."""
    rows = mappings(nodes, "a list of nodes of a Ray cluster", "state")
    own = mapping(hosts, "a dictionary of hosts and their addresses")
    known = mapping(inventory or {}, "the variables of all hosts")
    places = ("ray_cluster_address", "lambda_private_ip", "ansible_host")
    others = {
        str(next((variables[place] for place in places if variables.get(place)), "")): str(name)
        for name, variables in known.items()
    }
    taking_part = {str(address): str(host) for host, address in own.items()}
    return _ray.members_of(rows, taking_part, others, name_list(members))._asdict()


class FilterModule:
    """The filter lambdal.cloud.ray_members."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """Return the filter by its name."""
        return {"ray_members": ray_members}
