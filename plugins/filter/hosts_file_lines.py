# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
name: hosts_file_lines
version_added: 1.0.0
author: lambdal.cloud contributors (@lambdal-cloud)
short_description: Write lines of /etc/hosts
description:
  - Makes a line with the private address, or else the public one, and the names of each host.
  - The names are the host name, and the name in the inventory where that has only letters of host names and underscores.
positional: hostnames
options:
  _input:
    description:
      - Variables of hosts, as C(hostvars) has them. C(lambda_private_ip) and C(lambda_ip) are the addresses.
      - C(node_hostname) is the host name. Without it, it is made of the name in the inventory.
    type: list
    elements: dict
    required: true
  hostnames:
    description: Other host names, by names in the inventory.
    type: dict
    default: {}
"""

EXAMPLES = r"""
- name: Show the lines for all hosts of the play
  ansible.builtin.debug:
    msg: "{{ ansible_play_hosts_all | map('extract', hostvars) | lambdal.cloud.hosts_file_lines }}"
"""

RETURN = r"""
_value:
  description: The lines. A host without an address has none.
  type: list
  elements: str
  sample: ["10.0.0.5 lab-1 Lab_1"]
"""

import typing as t

from ansible_collections.lambdal.cloud.plugins.plugin_utils import _host_names
from ansible_collections.lambdal.cloud.plugins.plugin_utils._filter_input import ansible_filter
from ansible_collections.lambdal.cloud.plugins.plugin_utils._values import mappings


@ansible_filter
def hosts_file_lines(hosts: t.Any, hostnames: t.Mapping[str, str] | None = None) -> list[str]:
    """Write lines of /etc/hosts."""
    rows = mappings(hosts, "a list of the variables of hosts", "inventory_hostname")
    return _host_names.hosts_file_lines(rows, hostnames or {})


class FilterModule:
    """The filter lambdal.cloud.hosts_file_lines."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """Return the filter by its name."""
        return {"hosts_file_lines": hosts_file_lines}
