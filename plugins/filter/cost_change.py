# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
name: cost_change
version_added: 1.0.0
author: lambdal.cloud contributors (@lambdal-cloud)
short_description: Compare what instances cost before and after a change
description: Adds instances that were terminated as well to the costs that M(lambdal.cloud.lambda_instance) returns.
positional: terminated
options:
  _input:
    description: Costs, as M(lambdal.cloud.lambda_instance) returns them as RV(lambdal.cloud.lambda_instance#module:hourly_cost_cents).
    type: dict
    required: true
  terminated:
    description: Other instances that were terminated, as M(lambdal.cloud.lambda_instance_info) returns them.
    type: list
    elements: dict
    default: []
"""

EXAMPLES = r"""
- name: Terminate an instance
  lambdal.cloud.lambda_instance:
    name: train-1
    state: absent
  register: result

- name: Show what that saves
  ansible.builtin.debug:
    msg: "{{ (result.hourly_cost_cents | lambdal.cloud.cost_change).saved }} US cents per hour"
"""

RETURN = r"""
_value:
  description: US cents per hour. Null where a price is not known.
  type: dict
  contains:
    before:
      description: What the instances cost before, with those of O(terminated).
      type: int
    after:
      description: What the instances cost now.
      type: int
    saved:
      description: The difference.
      type: int
  sample: {"before": 150, "after": 75, "saved": 75}
"""

import typing as t

from ansible_collections.lambdal.cloud.plugins.plugin_utils import _fleet
from ansible_collections.lambdal.cloud.plugins.plugin_utils._filter_input import ansible_filter, instances
from ansible_collections.lambdal.cloud.plugins.plugin_utils._values import mapping


@ansible_filter
def cost_change(costs: t.Any, terminated: t.Any = ()) -> dict[str, int | None]:
    """Compare what instances cost before and after a change."""
    known = mapping(costs, "what lambda_instance returns as hourly_cost_cents", "before")
    return _fleet.cost_change(known, instances(terminated))


class FilterModule:
    """The filter lambdal.cloud.cost_change."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """Return the filter by its name."""
        return {"cost_change": cost_change}
