# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
name: ray_head
version_added: 1.1.0
author: lambdal.cloud contributors (@lambdal-cloud)
short_description: Choose the head of a Ray cluster
description:
  - Returns the host that is the head of a cluster of P(lambdal.cloud.ray_cluster#role). A host that is the head already stays it, also when
    other hosts come before it now. Otherwise it is the first one that takes part.
  - Fails where two hosts are the head, or the workers know a head that does not take part.
options:
  _input:
    description: Hosts that take part, each a dictionary of C(host) and C(description), which is that of its unit.
    type: list
    elements: dict
    required: true
  hosts:
    description: All hosts of the cluster, also those that cannot be reached.
    type: list
    elements: str
    required: true
  desired:
    description: Host that is to be the head. By default it is chosen.
    type: str
    default: ""
  create:
    description: Whether a cluster without a head gets one.
    type: bool
    default: true
"""

EXAMPLES = r"""
- name: Show which host is the head
  ansible.builtin.debug:
    msg: "{{ units | lambdal.cloud.ray_head(['train-1', 'train-2']) }}"
  vars:
    units:
      - {host: train-1, description: ray-cluster-ray.service}
      - {host: train-2, description: Head of the Ray cluster ray}
"""

RETURN = r"""
_value:
  description: The host.
  type: str
  sample: train-2
"""

import typing as t

from ansible_collections.lambdal.cloud.plugins.plugin_utils import _ray
from ansible_collections.lambdal.cloud.plugins.plugin_utils._filter_input import ansible_filter
from ansible_collections.lambdal.cloud.plugins.plugin_utils._values import mappings, name_list


@ansible_filter
def ray_head(units: t.Any, hosts: t.Any, desired: t.Any = "", create: bool = True) -> str:
    """Choose the head of a Ray cluster."""
    rows = mappings(units, "a list of hosts and the descriptions of their units", "description")
    described = {str(row.get("host", "")): str(row["description"]) for row in rows}
    return _ray.head_of(name_list(hosts), described, str(desired or ""), create)


class FilterModule:
    """The filter lambdal.cloud.ray_head."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """Return the filter by its name."""
        return {"ray_head": ray_head}
