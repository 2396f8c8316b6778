# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
name: fleet_entries
version_added: 1.0.0
author: lambdal.cloud contributors (@lambdal-cloud)
short_description: Expand the counts of a fleet's entries
description:
  - Turns entries that may have a C(count) into entries of the option O(lambdal.cloud.lambda_instance#module:machines).
  - The tag C(lambdal-cloud-fleet) names the fleet that an instance belongs to.
positional: fleet
options:
  _input:
    description:
      - Entries of O(lambdal.cloud.lambda_instance#module:machines), in which C(count) may stand beside one plain C(name).
      - A C(name) of V(train) with a C(count) of V(3) is the range C(train-[1:3]). An entry with a C(count) of V(0) is dropped.
    type: list
    elements: dict
    required: true
  fleet:
    description: Name of the fleet, which becomes a tag of each entry. Empty for no tag.
    type: str
    default: ""
"""

EXAMPLES = r"""
- name: Launch the instances train-1, train-2 and train-3
  lambdal.cloud.lambda_instance:
    machines: "{{ machines | lambdal.cloud.fleet_entries('vision') }}"
    ssh_key: laptop
  vars:
    machines:
      - name: train
        count: 3
        instance_type: gpu_1x_a10
        region: us-east-1
"""

RETURN = r"""
_value:
  description: The entries, without C(count).
  type: list
  elements: dict
  sample: [{"name": ["train-[1:3]"], "instance_type": "gpu_1x_a10", "tags": {"lambdal-cloud-fleet": "vision"}}]
"""

import typing as t

from ansible_collections.lambdal.cloud.plugins.plugin_utils import _fleet
from ansible_collections.lambdal.cloud.plugins.plugin_utils._filter_input import ansible_filter
from ansible_collections.lambdal.cloud.plugins.plugin_utils._values import mappings


@ansible_filter
def fleet_entries(machines: t.Any, fleet: str = "") -> list[dict[str, t.Any]]:
    """Expand the counts of a fleet's entries."""
    return _fleet.fleet_entries(mappings(machines, "a list of entries of the option machines"), fleet)


class FilterModule:
    """The filter lambdal.cloud.fleet_entries."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """Return the filter by its name."""
        return {"fleet_entries": fleet_entries}
