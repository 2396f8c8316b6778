# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
name: instance_labels
version_added: 1.0.0
author: lambdal.cloud contributors (@lambdal-cloud)
short_description: Name instances in a sentence
description: Writes the name and the id of each instance, as they stand in a sentence, and whether it is reserved.
positional: prices
options:
  _input:
    description: Instances, as M(lambdal.cloud.lambda_instance_info) returns them.
    type: list
    elements: dict
    required: true
  prices:
    description: Whether to add what each costs in US dollars per hour.
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: List all instances
  lambdal.cloud.lambda_instance_info:
  register: account

- name: Show them
  ansible.builtin.debug:
    msg: "{{ account.instances | lambdal.cloud.instance_labels(prices=true) | join(', ') }}"
"""

RETURN = r"""
_value:
  description: A text for each instance.
  type: list
  elements: str
  sample: ["train-1 (id 0920582c7ff041399e34823a0be62549, 1.29)"]
"""

import typing as t

from ansible_collections.lambdal.cloud.plugins.plugin_utils import _fleet
from ansible_collections.lambdal.cloud.plugins.plugin_utils._filter_input import ansible_filter, instances


@ansible_filter
def instance_labels(rows: t.Any, prices: bool = False) -> list[str]:
    """Name instances in a sentence."""
    return _fleet.instance_labels(instances(rows), prices)


class FilterModule:
    """The filter lambdal.cloud.instance_labels."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """Return the filter by its name."""
        return {"instance_labels": instance_labels}
