# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
name: match_rows
version_added: 1.1.0
author: lambdal.cloud contributors (@lambdal-cloud)
short_description: List the types that have what instances need as the rows of a table
description: Makes a row of headings, and one for each type that has what instances need, with its price and where it has capacity.
options:
  _input:
    description: What M(lambdal.cloud.lambda_instance) returns as RV(lambdal.cloud.lambda_instance#module:matches).
    type: list
    elements: dict
    required: true
seealso:
  - plugin: lambdal.cloud.table_lines
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Predict a launch
  lambdal.cloud.lambda_instance:
    name: eval
    needs: {gpus: 1, gpu_memory_gib: 40}
    ssh_key: laptop
  check_mode: true
  register: result

- name: Show which types would do
  ansible.builtin.debug:
    msg: "{{ result.matches | lambdal.cloud.match_rows | lambdal.cloud.table_lines }}"
"""

RETURN = r"""
_value:
  description: Rows of cells.
  type: list
  elements: list
"""

import typing as t

from ansible_collections.lambdal.cloud.plugins.plugin_utils import _tables
from ansible_collections.lambdal.cloud.plugins.plugin_utils._filter_input import ansible_filter
from ansible_collections.lambdal.cloud.plugins.plugin_utils._values import mappings


@ansible_filter
def match_rows(matches: t.Any) -> list[list[t.Any]]:
    """List the types that have what instances need as the rows of a table."""
    return _tables.match_rows(mappings(matches, "what lambda_instance returns as matches", "types"))


class FilterModule:
    """The filter lambdal.cloud.match_rows."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """Return the filter by its name."""
        return {"match_rows": match_rows}
