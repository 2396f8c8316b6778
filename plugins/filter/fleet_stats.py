# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
name: fleet_stats
version_added: 1.1.0
author: lambdal.cloud contributors (@lambdal-cloud)
short_description: Tell workflows what a task launched and terminated
description: Makes the data of C(ansible.builtin.set_stats) from a result of M(lambdal.cloud.lambda_instance), also of one that failed.
options:
  _input:
    description: The result.
    type: dict
"""

EXAMPLES = r"""
- name: Launch an instance
  lambdal.cloud.lambda_instance:
    name: [notebook]
    instance_type: [gpu_1x_a10]
    ssh_key: laptop
  register: launch

- name: Tell the next job of the workflow
  ansible.builtin.set_stats:
    data: "{{ launch | lambdal.cloud.fleet_stats }}"
    aggregate: false
"""

RETURN = r"""
_value:
  description:
    - C(lambda_launched_ids) and C(lambda_terminated_ids), the ids; C(lambda_instances), C(name), C(id) and C(ip) of each instance; and
      C(lambda_hourly_cost_cents), what these cost in US cents per hour, or null if it is not known.
  type: dict
"""

import typing as t

from ansible_collections.lambdal.cloud.plugins.plugin_utils import _fleet
from ansible_collections.lambdal.cloud.plugins.plugin_utils._filter_input import ansible_filter
from ansible_collections.lambdal.cloud.plugins.plugin_utils._values import mapping


@ansible_filter
def fleet_stats(result: t.Any) -> dict[str, t.Any]:
    """Tell workflows what a task launched and terminated."""
    return _fleet.stats(mapping(result, "a result of lambda_instance"))


class FilterModule:
    """The filter lambdal.cloud.fleet_stats."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """Return the filter by its name."""
        return {"fleet_stats": fleet_stats}
