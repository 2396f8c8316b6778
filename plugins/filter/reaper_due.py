# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
name: reaper_due
version_added: 1.1.0
author: lambdal.cloud contributors (@lambdal-cloud)
short_description: Choose the candidates that are to be terminated
description: Chooses those of the owner, and those that are expired, from the candidates of P(lambdal.cloud.reaper_candidates#filter).
positional: terminate, terminate_expired
options:
  _input:
    description: Candidates, as P(lambdal.cloud.reaper_candidates#filter) returns them.
    type: list
    elements: dict
    required: true
  terminate:
    description: Whether the candidates of the owner are to be terminated.
    type: bool
    default: false
  terminate_expired:
    description: Whether expired candidates are to be terminated, whoever's they are.
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: List all instances
  lambdal.cloud.lambda_instance_info:
  register: account

- name: Show which are expired
  ansible.builtin.debug:
    msg: "{{ account.instances | lambdal.cloud.reaper_candidates | lambdal.cloud.reaper_due(terminate_expired=true) }}"
"""

RETURN = r"""
_value:
  description: The candidates, each with C(due).
  type: list
  elements: dict
"""

import typing as t

from ansible.module_utils.parsing.convert_bool import boolean
from ansible_collections.lambdal.cloud.plugins.plugin_utils import _reaper
from ansible_collections.lambdal.cloud.plugins.plugin_utils._filter_input import ansible_filter
from ansible_collections.lambdal.cloud.plugins.plugin_utils._values import mappings


@ansible_filter
def reaper_due(candidates: t.Any, terminate: t.Any = False, terminate_expired: t.Any = False) -> list[dict[str, t.Any]]:
    """Choose the candidates that are to be terminated."""
    found = mappings(candidates, "a list of candidates", "own")
    return _reaper.due(found, bool(boolean(terminate or False)), bool(boolean(terminate_expired or False)))


class FilterModule:
    """The filter lambdal.cloud.reaper_due."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """Return the filter by its name."""
        return {"reaper_due": reaper_due}
