# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
name: reserved_note
version_added: 1.0.0
author: lambdal.cloud contributors (@lambdal-cloud)
short_description: Name the reserved instances beside a cost
description:
  - Returns a sentence that names the instances which are reserved, to stand behind a sentence about what instances cost.
  - Terminating a reserved instance saves nothing, and it may not be available again.
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
    msg: >-
      {{ account.instances | lambdal.cloud.hourly_cost | lambdal.cloud.dollars }} US dollars per hour.
      {{ account.instances | lambdal.cloud.reserved_note }}
"""

RETURN = r"""
_value:
  description: The sentence. Empty when none is reserved.
  type: str
  sample: "Reserved, and paid for whether it runs or not: train-1 (id 0920582c7ff041399e34823a0be62549, 1.29, reserved)."
"""

import typing as t

from ansible_collections.lambdal.cloud.plugins.plugin_utils import _fleet
from ansible_collections.lambdal.cloud.plugins.plugin_utils._filter_input import ansible_filter, instances


@ansible_filter
def reserved_note(rows: t.Any) -> str:
    """Name the reserved instances beside a cost."""
    return _fleet.reserved_note(instances(rows))


class FilterModule:
    """The filter lambdal.cloud.reserved_note."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """Return the filter by its name."""
        return {"reserved_note": reserved_note}
