# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
name: hourly_cost
version_added: 1.0.0
author: lambdal.cloud contributors (@lambdal-cloud)
short_description: Add up what instances cost per hour
description: Adds up the prices of instances.
options:
  _input:
    description: Instances, as M(lambdal.cloud.lambda_instance_info) returns them.
    type: list
    elements: dict
    required: true
"""

EXAMPLES = r"""
- name: List all instances
  lambdal.cloud.lambda_instance_info:
  register: account

- name: Show what they cost
  ansible.builtin.debug:
    msg: "{{ account.instances | lambdal.cloud.hourly_cost | lambdal.cloud.dollars }} US dollars per hour"
"""

RETURN = r"""
_value:
  description: US cents per hour. Null when the price of one is not known.
  type: int
  sample: 258
"""

import typing as t

from ansible_collections.lambdal.cloud.plugins.module_utils._instances.report import hourly_cost_cents
from ansible_collections.lambdal.cloud.plugins.plugin_utils._filter_input import ansible_filter, instances


@ansible_filter
def hourly_cost(rows: t.Any) -> int | None:
    """Add up what instances cost per hour."""
    return hourly_cost_cents(t.cast("t.Any", instances(rows)))


class FilterModule:
    """The filter lambdal.cloud.hourly_cost."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """Return the filter by its name."""
        return {"hourly_cost": hourly_cost}
