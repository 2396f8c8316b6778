# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
name: ray_firewall
version_added: 1.1.0
author: lambdal.cloud contributors (@lambdal-cloud)
short_description: Write the rules that keep others from a Ray cluster
description:
  - Returns rules for C(nft) that let only the hosts of a cluster, and each host itself, reach the ports of Ray there. Other ports are left
    alone.
  - Whoever reaches these ports can run programs.
options:
  _input:
    description: Addresses of the hosts of the cluster.
    type: list
    elements: str
    required: true
  table:
    description: Name of the table, which is replaced as a whole.
    type: str
    required: true
  ports:
    description: The ports of the cluster, C(gcs), C(dashboard), C(base), and C(workers), which is the first and the last of them.
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Show the rules
  ansible.builtin.debug:
    msg: "{{ ['10.0.0.1', '10.0.0.2'] | lambdal.cloud.ray_firewall('ray', ports) }}"
  vars:
    ports: {gcs: 6379, dashboard: 8265, base: 6380, workers: [10002, 10999]}
"""

RETURN = r"""
_value:
  description: The rules, as C(nft --file) reads them.
  type: str
"""

import typing as t

from ansible_collections.lambdal.cloud.plugins.plugin_utils import _ray
from ansible_collections.lambdal.cloud.plugins.plugin_utils._filter_input import ansible_filter
from ansible_collections.lambdal.cloud.plugins.plugin_utils._values import mapping, name_list


@ansible_filter
def ray_firewall(addresses: t.Any, table: t.Any, ports: t.Any) -> str:
    """Write the rules that keep others from a Ray cluster."""
    read = _ray.Ports.read(mapping(ports, "the ports of a Ray cluster", "workers"))
    return "\n".join([*_ray.firewall_rules(str(table), name_list(addresses), read), ""])


class FilterModule:
    """The filter lambdal.cloud.ray_firewall."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """Return the filter by its name."""
        return {"ray_firewall": ray_firewall}
