# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
name: ray_job_problem
version_added: 1.1.0
author: lambdal.cloud contributors (@lambdal-cloud)
short_description: Find why a job of a Ray cluster failed
description: Returns the line of a job's log that says why it failed, and those around it. An error of a worker comes before the driver's.
options:
  _input:
    description: Lines that the job has printed.
    type: list
    elements: str
    required: true
"""

EXAMPLES = r"""
- name: Show why a job failed
  ansible.builtin.debug:
    msg: "{{ ['Traceback (most recent call last):', 'ValueError: no data'] | lambdal.cloud.ray_job_problem }}"
"""

RETURN = r"""
_value:
  description: The problem.
  type: dict
  contains:
    error:
      description: The line that says why.
      type: str
    lines:
      description: The lines around it, 60 at most.
      type: list
      elements: str
  sample:
    error: "ValueError: no data"
    lines: ["Traceback (most recent call last):", "ValueError: no data"]
"""

import typing as t

from ansible_collections.lambdal.cloud.plugins.plugin_utils import _ray
from ansible_collections.lambdal.cloud.plugins.plugin_utils._filter_input import ansible_filter
from ansible_collections.lambdal.cloud.plugins.plugin_utils._values import sequence


@ansible_filter
def ray_job_problem(log: t.Any) -> dict[str, t.Any]:
    """Find why a job of a Ray cluster failed."""
    problem = _ray.job_problem([str(line) for line in sequence(log, "lines of a log")])
    return {"error": problem.error, "lines": list(problem.lines)}


class FilterModule:
    """The filter lambdal.cloud.ray_job_problem."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """Return the filter by its name."""
        return {"ray_job_problem": ray_job_problem}
