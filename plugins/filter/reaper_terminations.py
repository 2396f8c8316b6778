# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
name: reaper_terminations
version_added: 1.0.0
author: lambdal.cloud contributors (@lambdal-cloud)
short_description: Choose the candidates that are terminated
description:
  - Chooses the candidates of P(lambdal.cloud.reaper_candidates#filter) that belong to the owner.
  - Where a hook ran for each of them, those are spared whose hook did not end with 0.
positional: hooks
options:
  _input:
    description: Candidates, as P(lambdal.cloud.reaper_candidates#filter) returns them.
    type: list
    elements: dict
    required: true
  hooks:
    description: Results of a loop over the candidates that ran the hook for each. Null without a hook.
    type: list
    elements: dict
"""

EXAMPLES = r"""
- name: List all instances
  lambdal.cloud.lambda_instance_info:
  register: account

- name: Terminate my instances that are older than a day
  lambdal.cloud.lambda_instance:
    id: "{{ (candidates | lambdal.cloud.reaper_terminations).terminate | map(attribute='id') }}"
    state: absent
  vars:
    candidates: >-
      {{ account.instances
         | lambdal.cloud.reaper_candidates(max_age_seconds=86400, birth_tag='lambdal-cloud-born', owner_tags={'owner': 'me'}) }}
"""

RETURN = r"""
_value:
  description: The owner's candidates in two lists.
  type: dict
  contains:
    terminate:
      description: Candidates that are to be terminated.
      type: list
      elements: dict
    spare:
      description: Candidates that stay because of their hook, with C(failure), which says why.
      type: list
      elements: dict
"""

import typing as t

from ansible_collections.lambdal.cloud.plugins.plugin_utils import _reaper
from ansible_collections.lambdal.cloud.plugins.plugin_utils._filter_input import ansible_filter
from ansible_collections.lambdal.cloud.plugins.plugin_utils._values import mappings


@ansible_filter
def reaper_terminations(candidates: t.Any, hooks: t.Any = None) -> dict[str, t.Any]:
    """Choose the candidates that are terminated."""
    results = None if hooks is None else mappings(hooks, "the results of a loop")
    return _reaper.terminations(mappings(candidates, "a list of candidates", "own"), results)


class FilterModule:
    """The filter lambdal.cloud.reaper_terminations."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """Return the filter by its name."""
        return {"reaper_terminations": reaper_terminations}
