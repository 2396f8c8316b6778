# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
name: survey_machines
version_added: 1.1.0
author: lambdal.cloud contributors (@lambdal-cloud)
short_description: Describe instances by the answers to a survey
description:
  - Makes the value of O(lambdal.cloud.lambda_instance#module:machines) from the answers to a survey of AWX. Answers that are missing,
    null or empty are left out.
options:
  _input:
    description:
      - The answers by C(names), C(instance_types), C(other_instance_types), C(needs_gpus), C(needs_gpu), C(needs_gpu_memory_gib),
        C(regions), C(max_price_cents), C(file_systems), C(image) and C(expires_after).
      - Names are required, and either types or needs.
    type: dict
"""

EXAMPLES = r"""
- name: Launch what the survey asks for
  lambdal.cloud.lambda_instance:
    machines: "{{ answers | lambdal.cloud.survey_machines }}"
    ssh_key: laptop
  vars:
    answers:
      names: train-[01:02]
      instance_types: [gpu_1x_a10]
      max_price_cents: "400"
"""

RETURN = r"""
_value:
  description: A list of one entry.
  type: list
  elements: dict
  sample: [{name: ["train-[01:02]"], instance_type: [gpu_1x_a10], max_price_cents_per_hour: 400}]
"""

import typing as t

from ansible_collections.lambdal.cloud.plugins.plugin_utils import _answers
from ansible_collections.lambdal.cloud.plugins.plugin_utils._filter_input import ansible_filter
from ansible_collections.lambdal.cloud.plugins.plugin_utils._values import mapping


@ansible_filter
def survey_machines(answers: t.Any) -> list[dict[str, t.Any]]:
    """Describe instances by the answers to a survey."""
    return _answers.machines(mapping(answers, "the answers to a survey"))


class FilterModule:
    """The filter lambdal.cloud.survey_machines."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """Return the filter by its name."""
        return {"survey_machines": survey_machines}
