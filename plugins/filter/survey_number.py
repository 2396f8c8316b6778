# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
name: survey_number
version_added: 1.1.0
author: lambdal.cloud contributors (@lambdal-cloud)
short_description: Read a number from an answer to a survey
description:
  - Makes a whole number of an answer to a survey of AWX, which may be text or left out.
positional: default
options:
  _input:
    description: The answer. Null and empty text are no answer.
    type: raw
  default:
    description: What to return if there is no answer.
    type: int
"""

EXAMPLES = r"""
- name: Show the seconds of an hour
  ansible.builtin.debug:
    msg: "{{ survey_idle_minutes | default(none) | lambdal.cloud.survey_number(60) * 60 }}"
"""

RETURN = r"""
_value:
  description: The number, or the default.
  type: int
  sample: 60
"""

import typing as t

from ansible_collections.lambdal.cloud.plugins.plugin_utils import _answers
from ansible_collections.lambdal.cloud.plugins.plugin_utils._filter_input import ansible_filter


@ansible_filter
def survey_number(answer: t.Any, default: int | None = None) -> int | None:
    """Read a number from an answer to a survey."""
    return _answers.number(answer, default)


class FilterModule:
    """The filter lambdal.cloud.survey_number."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """Return the filter by its name."""
        return {"survey_number": survey_number}
