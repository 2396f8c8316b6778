# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
name: instance_rows
version_added: 1.0.0
author: lambdal.cloud contributors (@lambdal-cloud)
short_description: List instances as the rows of a table
description: Makes a row of headings, and one with name, id, type, region, address, status and price for each instance.
options:
  _input:
    description: Instances, as M(lambdal.cloud.lambda_instance_info) returns them.
    type: list
    elements: dict
    required: true
seealso:
  - plugin: lambdal.cloud.table_lines
    plugin_type: filter
"""

EXAMPLES = r"""
- name: List all instances
  lambdal.cloud.lambda_instance_info:
  register: account

- name: Show them
  ansible.builtin.debug:
    msg: "{{ account.instances | lambdal.cloud.instance_rows | lambdal.cloud.table_lines }}"
"""

RETURN = r"""
_value:
  description: Rows of cells. What the API does not report is null.
  type: list
  elements: list
"""

import typing as t

from ansible_collections.lambdal.cloud.plugins.plugin_utils import _tables
from ansible_collections.lambdal.cloud.plugins.plugin_utils._filter_input import ansible_filter, instances


@ansible_filter
def instance_rows(rows: t.Any) -> list[list[t.Any]]:
    """List instances as the rows of a table."""
    return _tables.instance_rows(instances(rows))


class FilterModule:
    """The filter lambdal.cloud.instance_rows."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """Return the filter by its name."""
        return {"instance_rows": instance_rows}
