# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
name: inventory_names
version_added: 1.0.0
author: lambdal.cloud contributors (@lambdal-cloud)
short_description: Name instances in an inventory
description:
  - Gives each instance a name of its own, under which it can be added to an inventory.
  - It is the name of the instance, or C(NAME-ID) where that is taken or shared, or C(ID) where it has none. In a name that cannot
    be a host's, such as one with a blank or a slash, underscores replace what is not a letter, a digit, a dot or a dash.
  - The inventory plugin P(lambdal.cloud.lambda_cloud#inventory) names hosts in the same way.
positional: taken
options:
  _input:
    description: Instances, as M(lambdal.cloud.lambda_instance_info) returns them.
    type: list
    elements: dict
    required: true
  taken:
    description: Names that are in use, such as those of groups. C(localhost) and the names that always exist need not be among them.
    type: list
    elements: str
    default: []
"""

EXAMPLES = r"""
- name: List all instances
  lambdal.cloud.lambda_instance_info:
  register: account

- name: Show how they are named
  ansible.builtin.debug:
    msg: "{{ account.instances | lambdal.cloud.inventory_names(groups | list) }}"
"""

RETURN = r"""
_value:
  description: A name for each instance, in the same order.
  type: list
  elements: str
  sample: [train-1, train-2]
"""

import typing as t

from ansible_collections.lambdal.cloud.plugins.plugin_utils import _host_names
from ansible_collections.lambdal.cloud.plugins.plugin_utils._filter_input import ansible_filter, instances


@ansible_filter
def inventory_names(rows: t.Any, taken: t.Any = ()) -> list[str]:
    """Name instances in an inventory."""
    return _host_names.inventory_names(instances(rows), list(taken))


class FilterModule:
    """The filter lambdal.cloud.inventory_names."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """Return the filter by its name."""
        return {"inventory_names": inventory_names}
