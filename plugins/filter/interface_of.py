# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
name: interface_of
version_added: 1.1.0
author: lambdal.cloud contributors (@lambdal-cloud)
short_description: Find the network interface that has an address
description: Returns the name of the network interface of a host that has an address. Loopback does not count.
options:
  _input:
    description: What C(ip -json address show) prints on the host, read as JSON.
    type: list
    elements: dict
    required: true
  address:
    description: The address.
    type: str
    required: true
"""

EXAMPLES = r"""
- name: Read the network interfaces
  ansible.builtin.command: ip -json address show
  register: links

- name: Show the one of the private network
  ansible.builtin.debug:
    msg: "{{ links.stdout | from_json | lambdal.cloud.interface_of(lambda_private_ip | default('127.0.0.1')) }}"
"""

RETURN = r"""
_value:
  description: The interface's name, or an empty string when none has the address.
  type: str
  sample: eno1
"""

import typing as t

from ansible_collections.lambdal.cloud.plugins.plugin_utils import _links
from ansible_collections.lambdal.cloud.plugins.plugin_utils._filter_input import ansible_filter
from ansible_collections.lambdal.cloud.plugins.plugin_utils._values import mappings


@ansible_filter
def interface_of(links: t.Any, address: t.Any) -> str:
    """Find the network interface that has an address."""
    return _links.interface_of(mappings(links, "what 'ip -json address show' prints"), str(address))


class FilterModule:
    """The filter lambdal.cloud.interface_of."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """Return the filter by its name."""
        return {"interface_of": interface_of}
