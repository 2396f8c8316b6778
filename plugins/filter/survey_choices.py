# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
name: survey_choices
version_added: 1.1.0
author: lambdal.cloud contributors (@lambdal-cloud)
short_description: Make a survey's choices from the catalog
description:
  - Fills in the choices of the questions C(survey_instance_types), cheapest first, and C(survey_regions) of a survey of AWX.
positional: types, regions
options:
  _input:
    description: The survey, as AWX takes it.
    type: dict
  types:
    description: Instance types, as M(lambdal.cloud.lambda_instance_type_info) returns them. Without any, the survey keeps its own.
    type: list
    elements: dict
    required: true
  regions:
    description: Regions, as M(lambdal.cloud.lambda_region_info) returns them. Without any, the survey keeps its own.
    type: list
    elements: dict
    default: []
"""

EXAMPLES = r"""
- name: List the instance types
  lambdal.cloud.lambda_instance_type_info:
  register: catalog

- name: Show a survey
  ansible.builtin.debug:
    msg: "{{ survey | lambdal.cloud.survey_choices(catalog.instance_types) }}"
  vars:
    survey:
      name: Launch
      description: What to launch
      spec:
        - {variable: instance_type, question_name: Type, type: text, required: true, default: ""}
"""

RETURN = r"""
_value:
  description: The survey.
  type: dict
"""

import typing as t

from ansible_collections.lambdal.cloud.plugins.plugin_utils import _answers
from ansible_collections.lambdal.cloud.plugins.plugin_utils._filter_input import ansible_filter
from ansible_collections.lambdal.cloud.plugins.plugin_utils._values import mapping, mappings


@ansible_filter
def survey_choices(survey: t.Any, types: t.Any, regions: t.Any = ()) -> dict[str, t.Any]:
    """Make a survey's choices from the catalog."""
    return _answers.with_choices(
        mapping(survey, "a survey", "spec"),
        mappings(types, "a list of instance types", "name"),
        mappings(regions, "a list of regions", "name"),
    )


class FilterModule:
    """The filter lambdal.cloud.survey_choices."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """Return the filter by its name."""
        return {"survey_choices": survey_choices}
