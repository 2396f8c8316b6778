# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
name: survey_lines
version_added: 1.1.0
author: lambdal.cloud contributors (@lambdal-cloud)
short_description: Split an answer to a survey into lines
description:
  - Makes a list of an answer to a survey of AWX, with one item for each line. A name may so have blanks in it.
  - A comma is refused, since it is not known whether several are meant.
options:
  _input:
    description: The answer, as text or a list. Null and empty text are no line.
    type: raw
"""

EXAMPLES = r"""
- name: Show two names
  ansible.builtin.debug:
    msg: "{{ survey_names | lambdal.cloud.survey_lines }}"
  vars:
    survey_names: |
      train-1
      my notebook
"""

RETURN = r"""
_value:
  description: The lines, without blanks around them. Empty ones are dropped.
  type: list
  elements: str
  sample: [train-1, my notebook]
"""

import typing as t

from ansible_collections.lambdal.cloud.plugins.plugin_utils import _answers
from ansible_collections.lambdal.cloud.plugins.plugin_utils._filter_input import ansible_filter


@ansible_filter
def survey_lines(answer: t.Any) -> list[str]:
    """Split an answer to a survey into lines."""
    return _answers.lines(answer)


class FilterModule:
    """The filter lambdal.cloud.survey_lines."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """Return the filter by its name."""
        return {"survey_lines": survey_lines}
