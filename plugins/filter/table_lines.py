# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
name: table_lines
version_added: 1.0.0
author: lambdal.cloud contributors (@lambdal-cloud)
short_description: Align rows of cells in columns
description: Pads the cells of rows with spaces. A cell that is null or empty is written as a dash.
options:
  _input:
    description: Rows of cells, all with the same number of cells.
    type: list
    elements: list
    required: true
"""

EXAMPLES = r"""
- name: Show a table
  ansible.builtin.debug:
    msg: "{{ [['NAME', 'STATUS'], ['train-1', 'active']] | lambdal.cloud.table_lines }}"
"""

RETURN = r"""
_value:
  description: A line of text for each row.
  type: list
  elements: str
  sample: ["NAME     STATUS", "train-1  active"]
"""

import typing as t

from ansible_collections.lambdal.cloud.plugins.plugin_utils import _tables
from ansible_collections.lambdal.cloud.plugins.plugin_utils._filter_input import ansible_filter


@ansible_filter
def table_lines(rows: t.Any) -> list[str]:
    """Align rows of cells in columns."""
    return _tables.table_lines(rows)


class FilterModule:
    """The filter lambdal.cloud.table_lines."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """Return the filter by its name."""
        return {"table_lines": table_lines}
