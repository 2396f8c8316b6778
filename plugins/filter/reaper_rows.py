# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
name: reaper_rows
version_added: 1.0.0
author: lambdal.cloud contributors (@lambdal-cloud)
short_description: List what becomes of instances as the rows of a table
description: Makes a row of headings, and one for each live instance of an account with what P(lambdal.cloud.reaper#role) did to it.
positional: candidates, observations, terminated
options:
  _input:
    description: All instances of the account, as M(lambdal.cloud.lambda_instance_info) returned them before.
    type: list
    elements: dict
    required: true
  candidates:
    description: Candidates, as P(lambdal.cloud.reaper_candidates#filter) returns them.
    type: list
    elements: dict
    required: true
  observations:
    description: What the role P(lambdal.cloud.reaper#role) observed on the hosts, by the ids of their instances.
    type: dict
    default: {}
  terminated:
    description: Instances that were terminated, as M(lambdal.cloud.lambda_instance) returns them.
    type: list
    elements: dict
    default: []
  check_mode:
    description: Whether the terminations are only predicted.
    type: bool
    default: false
seealso:
  - plugin: lambdal.cloud.table_lines
    plugin_type: filter
"""

EXAMPLES = r"""
- name: List all instances
  lambdal.cloud.lambda_instance_info:
  register: account

- name: Show which are older than a day
  ansible.builtin.debug:
    msg: "{{ account.instances | lambdal.cloud.reaper_rows(candidates) | lambdal.cloud.table_lines }}"
  vars:
    candidates: "{{ account.instances | lambdal.cloud.reaper_candidates(max_age_seconds=86400, birth_tag='lambdal-cloud-born') }}"
"""

RETURN = r"""
_value:
  description: Rows of cells. What is not known is null.
  type: list
  elements: list
"""

import typing as t

from ansible_collections.lambdal.cloud.plugins.plugin_utils import _reaper
from ansible_collections.lambdal.cloud.plugins.plugin_utils._filter_input import ansible_filter, instances
from ansible_collections.lambdal.cloud.plugins.plugin_utils._values import mappings


@ansible_filter
def reaper_rows(
    account: t.Any,
    candidates: t.Any,
    observations: t.Mapping[str, t.Any] | None = None,
    terminated: t.Any = (),
    check_mode: bool = False,
) -> list[list[t.Any]]:
    """List what becomes of instances as the rows of a table."""
    return _reaper.outcome_rows(
        instances(account),
        mappings(candidates, "a list of candidates", "own"),
        observations or {},
        instances(terminated),
        check_mode,
    )


class FilterModule:
    """The filter lambdal.cloud.reaper_rows."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """Return the filter by its name."""
        return {"reaper_rows": reaper_rows}
