# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
name: matching_types
version_added: 1.1.0
author: lambdal.cloud contributors (@lambdal-cloud)
short_description: Find the instance types that have what is needed
description: Returns the instance types that have all of what is needed, cheapest first.
positional: needs
options:
  _input:
    description: Instance types, as M(lambdal.cloud.lambda_instance_type_info) returns them.
    type: list
    elements: dict
    required: true
  needs:
    description: What is needed, as O(lambdal.cloud.lambda_instance#module:needs) takes it.
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: List the instance types
  lambdal.cloud.lambda_instance_type_info:
  register: types

- name: Show those with at least 8 GPUs
  ansible.builtin.debug:
    msg: "{{ types.instance_types | lambdal.cloud.matching_types({'gpus': 8}) | map(attribute='name') }}"
"""

RETURN = r"""
_value:
  description: The instance types. One without a price comes last.
  type: list
  elements: dict
"""

import typing as t

from ansible_collections.lambdal.cloud.plugins.module_utils._errors import InvalidInput
from ansible_collections.lambdal.cloud.plugins.module_utils._instances.needs import matching, read_needs
from ansible_collections.lambdal.cloud.plugins.plugin_utils._filter_input import ansible_filter
from ansible_collections.lambdal.cloud.plugins.plugin_utils._values import mappings


@ansible_filter
def matching_types(types: t.Any, needs: t.Any) -> list[t.Any]:
    """Find the instance types that have what is needed."""
    wanted = read_needs(needs)
    if wanted is None:
        raise InvalidInput("needs must be a dictionary, not null.")
    return matching(
        mappings(types, "a list of instance types, as lambda_instance_type_info returns it", "name"), wanted
    )


class FilterModule:
    """The filter lambdal.cloud.matching_types."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """Return the filter by its name."""
        return {"matching_types": matching_types}
