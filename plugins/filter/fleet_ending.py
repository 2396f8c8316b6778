# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
name: fleet_ending
version_added: 1.1.0
author: lambdal.cloud contributors (@lambdal-cloud)
short_description: Choose the instances to terminate
description: Finds by names and by ids which instances to terminate, and what was asked for and is not there.
positional: by_id
options:
  _input:
    description: What M(lambdal.cloud.lambda_instance) returned in check mode, with C(state=absent), for the names.
    type: dict
  by_id:
    description: The same for the ids.
    type: dict
  machines:
    description: The entries that have the names.
    type: list
    elements: dict
  ids:
    description: The ids.
    type: list
    elements: str
"""

EXAMPLES = r"""
- name: Find an instance
  lambdal.cloud.lambda_instance:
    machines: [{name: train-1}]
    state: absent
  check_mode: true
  register: found

- name: Show whether it is there
  ansible.builtin.debug:
    msg: "{{ (found | lambdal.cloud.fleet_ending(machines=wanted)).missing }}"
  vars:
    wanted: [{name: train-1}]
"""

RETURN = r"""
_value:
  description:
    - C(instances) to terminate, each once; C(ambiguous) ones, whose names several have; and C(missing), the names and ids of no live
      instance.
  type: dict
"""

import typing as t

from ansible_collections.lambdal.cloud.plugins.plugin_utils import _fleet
from ansible_collections.lambdal.cloud.plugins.plugin_utils._filter_input import ansible_filter
from ansible_collections.lambdal.cloud.plugins.plugin_utils._values import mapping, mappings, name_list


@ansible_filter
def fleet_ending(by_name: t.Any, by_id: t.Any = None, machines: t.Any = (), ids: t.Any = ()) -> dict[str, list[t.Any]]:
    """Choose the instances to terminate."""
    entries = mappings(machines, "a list of entries of the option machines", "name")
    names = [name for entry in entries for name in name_list(entry["name"])]
    result = "a result of lambda_instance"
    return _fleet.ending(mapping(by_name, result), mapping(by_id or {}, result), names, name_list(ids))


class FilterModule:
    """The filter lambdal.cloud.fleet_ending."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """Return the filter by its name."""
        return {"fleet_ending": fleet_ending}
