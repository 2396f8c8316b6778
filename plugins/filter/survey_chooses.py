# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
name: survey_chooses
version_added: 1.1.0
author: lambdal.cloud contributors (@lambdal-cloud)
short_description: Tell whether a survey means a host
description:
  - Tells by the answers to a survey of AWX whether a host of the inventory plugin is meant. The word C(all) means every one.
positional: host
options:
  _input:
    description:
      - The answers by C(targets), with a name, a host range or an id on each line, by C(fleet), the name of a fleet, and by C(on_failure).
      - At least one of the two is required. With V(replace) in C(on_failure), C(all) is refused.
    type: dict
  host:
    description: The host's variables, of which C(lambda_id), C(lambda_name) and C(lambda_tags) count.
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Group the hosts that a survey means
  ansible.builtin.group_by:
    key: "{{ 'chosen' if {'targets': 'train-1'} | lambdal.cloud.survey_chooses({'lambda_name': 'train-1'}) else 'left' }}"
"""

RETURN = r"""
_value:
  description: Whether the host is meant.
  type: bool
"""

import typing as t

from ansible_collections.lambdal.cloud.plugins.plugin_utils import _answers
from ansible_collections.lambdal.cloud.plugins.plugin_utils._filter_input import ansible_filter
from ansible_collections.lambdal.cloud.plugins.plugin_utils._values import mapping


@ansible_filter
def survey_chooses(answers: t.Any, host: t.Any) -> bool:
    """Tell whether a survey means a host."""
    return _answers.chooses(mapping(answers, "the answers to a survey"), mapping(host, "the variables of a host"))


class FilterModule:
    """The filter lambdal.cloud.survey_chooses."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """Return the filter by its name."""
        return {"survey_chooses": survey_chooses}
