# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
name: ray_job_plan
version_added: 1.1.0
author: lambdal.cloud contributors (@lambdal-cloud)
short_description: Plan what has to be done for a job of a Ray cluster
description:
  - Returns which submission of a job is the desired one, and whether it has to be made.
  - Submissions are called C(NAME-HASH-NUMBER). The hash is of the command, its folder, its environment and the triggers, so another version
    of the job is another submission. The number counts how often that version was run. It is not run again while it runs or when it has
    succeeded.
options:
  _input:
    description: Jobs that the cluster knows, each a dictionary of C(submission_id) and C(status).
    type: list
    elements: dict
    required: true
  name:
    description: Name of the job.
    type: str
    required: true
  command:
    description: The command and its arguments.
    type: list
    elements: str
    required: true
  folder:
    description: Folder in which it starts.
    type: str
    required: true
  environment:
    description: Its environment variables.
    type: dict
    default: {}
  triggers:
    description: Whatever else tells one version of the job from another.
    type: list
    elements: raw
    default: []
  state:
    description: Whether the job is to be V(started), V(restarted) or V(stopped).
    type: str
    choices: [started, restarted, stopped]
    default: started
"""

EXAMPLES = r"""
- name: Show what would be done
  ansible.builtin.debug:
    msg: "{{ [] | lambdal.cloud.ray_job_plan('count', ['python', 'count.py'], '/home/ubuntu/project') }}"
"""

RETURN = r"""
_value:
  description: The plan.
  type: dict
  contains:
    id:
      description: The submission.
      type: str
    action:
      description: C(submit) it, C(follow) it while it runs, or C(keep) it as it is.
      type: str
    stop:
      description: Other submissions of the job that run, and are to be stopped.
      type: list
      elements: str
    entrypoint:
      description: The line of a shell that runs the job.
      type: str
  sample:
    id: count-5f70bf18a086-1
    action: submit
    stop: []
    entrypoint: cd /home/ubuntu/project && exec python count.py
"""

import typing as t

from ansible_collections.lambdal.cloud.plugins.plugin_utils import _ray
from ansible_collections.lambdal.cloud.plugins.plugin_utils._filter_input import ansible_filter
from ansible_collections.lambdal.cloud.plugins.plugin_utils._values import mapping, mappings, sequence


@ansible_filter
def ray_job_plan(
    jobs: t.Any,
    name: t.Any,
    command: t.Any,
    folder: t.Any,
    environment: t.Any = None,
    triggers: t.Any = (),
    state: t.Any = "started",
) -> dict[str, t.Any]:
    """Plan what has to be done for a job of a Ray cluster."""
    words = sequence(command, "a command and its arguments")
    variables = dict(mapping(environment or {}, "environment variables"))
    inputs = [words, str(folder or ""), variables, sequence(triggers, "a list of triggers")]
    plan = _ray.job_plan(mappings(jobs, "a list of jobs", "status"), str(name), inputs, str(state))
    return {**plan._asdict(), "entrypoint": _ray.entrypoint(words, str(folder or ""))}


class FilterModule:
    """The filter lambdal.cloud.ray_job_plan."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """Return the filter by its name."""
        return {"ray_job_plan": ray_job_plan}
