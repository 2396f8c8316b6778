# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
name: reaper_lines
version_added: 1.1.0
author: lambdal.cloud contributors (@lambdal-cloud)
short_description: Say which instances exceed a limit, and whose they are
description:
  - Writes a sentence for each candidate, with nothing in it that a terminal would obey.
options:
  _input:
    description:
      - Candidates, as P(lambdal.cloud.reaper_candidates#filter) returns them, or C(spare) of
        P(lambdal.cloud.reaper_terminations#filter).
    type: list
    elements: dict
    required: true
"""

EXAMPLES = r"""
- name: List all instances
  lambdal.cloud.lambda_instance_info:
  register: account

- name: Show those that run for more than a day
  ansible.builtin.debug:
    msg: "{{ account.instances | lambdal.cloud.reaper_candidates(max_age_seconds=86400, birth_tag='born') | lambdal.cloud.reaper_lines }}"
"""

RETURN = r"""
_value:
  description: The sentences.
  type: list
  elements: str
  sample: ["train-1 (0920582c7ff041399e34823a0be62549, yours): idle for 3600 seconds"]
"""

import typing as t

from ansible_collections.lambdal.cloud.plugins.plugin_utils import _reaper
from ansible_collections.lambdal.cloud.plugins.plugin_utils._filter_input import ansible_filter
from ansible_collections.lambdal.cloud.plugins.plugin_utils._values import mappings


@ansible_filter
def reaper_lines(candidates: t.Any) -> list[str]:
    """Say which instances exceed a limit, and whose they are."""
    return _reaper.lines(mappings(candidates, "a list of candidates", "own"))


class FilterModule:
    """The filter lambdal.cloud.reaper_lines."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """Return the filter by its name."""
        return {"reaper_lines": reaper_lines}
