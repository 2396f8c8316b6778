# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
name: exposed_sockets
version_added: 1.1.0
author: lambdal.cloud contributors (@lambdal-cloud)
short_description: Tell which sockets of a server others reach
description: Tells which of the sockets on which a server listens are reached by others than its host.
options:
  _input:
    description: Sockets, with C(address) and C(port).
    type: list
    elements: dict
    required: true
  port:
    description: Port on which the server is to listen.
    type: int
    required: true
"""

EXAMPLES = r"""
- name: Show what others reach
  ansible.builtin.debug:
    msg: "{{ [{'address': '0.0.0.0', 'port': 8000}] | lambdal.cloud.exposed_sockets(8000) }}"
"""

RETURN = r"""
_value:
  description: Sockets as text, such as C(0.0.0.0:8000).
  type: dict
  contains:
    server:
      description: Those of the server itself. All that others reach, where none listens on loopback at the port.
      type: list
      elements: str
    others:
      description: Other ones, such as those of workers.
      type: list
      elements: str
"""

import typing as t

from ansible_collections.lambdal.cloud.plugins.plugin_utils import _systemd
from ansible_collections.lambdal.cloud.plugins.plugin_utils._filter_input import ansible_filter
from ansible_collections.lambdal.cloud.plugins.plugin_utils._values import mappings, whole_number


@ansible_filter
def exposed_sockets(sockets: t.Any, port: t.Any) -> dict[str, list[str]]:
    """Tell which sockets of a server others reach."""
    return _systemd.exposed(mappings(sockets, "a list of sockets", "port"), whole_number(port, "port"))


class FilterModule:
    """The filter lambdal.cloud.exposed_sockets."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """Return the filter by its name."""
        return {"exposed_sockets": exposed_sockets}
