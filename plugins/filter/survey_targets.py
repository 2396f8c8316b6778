# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
name: survey_targets
version_added: 1.1.0
author: lambdal.cloud contributors (@lambdal-cloud)
short_description: Tell names and ids in an answer to a survey
description:
  - Splits an answer to a survey of AWX, with a name, a host range or an id of an instance on each line, into names and ids.
  - What has the form of an id, 32 hexadecimal digits, is an id.
options:
  _input:
    description: The answer, as text or a list. Null and empty text are no line.
    type: raw
  required:
    description: Whether there has to be at least one.
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: Terminate what the survey names
  lambdal.cloud.lambda_instance:
    name: "{{ ('train-1' | lambdal.cloud.survey_targets).names }}"
    state: absent
"""

RETURN = r"""
_value:
  description: Lists of C(names) and of C(ids), in which each is once.
  type: dict
  sample: {names: ["train-[01:02]"], ids: [0920582c7ff041399e34823a0be62549]}
"""

import typing as t

from ansible_collections.lambdal.cloud.plugins.plugin_utils import _answers
from ansible_collections.lambdal.cloud.plugins.plugin_utils._filter_input import ansible_filter


@ansible_filter
def survey_targets(answer: t.Any, required: bool = False) -> dict[str, list[str]]:
    """Tell names and ids in an answer to a survey."""
    return _answers.targets(answer, required)


class FilterModule:
    """The filter lambdal.cloud.survey_targets."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """Return the filter by its name."""
        return {"survey_targets": survey_targets}
