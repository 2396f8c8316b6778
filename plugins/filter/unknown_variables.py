# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
name: unknown_variables
version_added: 1.0.0
author: lambdal.cloud contributors (@lambdal-cloud)
short_description: Find misspelt variables of a role
description:
  - Returns a sentence for each variable that has the prefix of a role of this collection and is none of its, with the nearest name.
positional: role
options:
  _input:
    description: Names of variables.
    type: list
    elements: str
    required: true
  role:
    description: Name of the role, such as V(fleet).
    type: str
    required: true
"""

EXAMPLES = r"""
- name: Refuse misspelt variables
  ansible.builtin.assert:
    that: problems | length == 0
    fail_msg: "{{ problems | join(' ') }}"
  vars:
    problems: "{{ lookup('ansible.builtin.varnames', '^fleet_', wantlist=true) | lambdal.cloud.unknown_variables('fleet') }}"
"""

RETURN = r"""
_value:
  description: Sentences.
  type: list
  elements: str
  sample: ["There is no variable fleet_prun. Did you mean fleet_prune?"]
"""

import typing as t

from ansible_collections.lambdal.cloud.plugins.plugin_utils import _variables
from ansible_collections.lambdal.cloud.plugins.plugin_utils._filter_input import ansible_filter
from ansible_collections.lambdal.cloud.plugins.plugin_utils._values import name_list


@ansible_filter
def unknown_variables(names: t.Any, role: str) -> list[str]:
    """Find misspelt variables of a role."""
    return _variables.unknown_variables(name_list(names), str(role))


class FilterModule:
    """The filter lambdal.cloud.unknown_variables."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """Return the filter by its name."""
        return {"unknown_variables": unknown_variables}
