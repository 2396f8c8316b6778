# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
name: doctor_checks
version_added: 1.1.0
author: lambdal.cloud contributors (@lambdal-cloud)
short_description: Check a set-up
description: Returns a check for each part of a set-up, with what to do. The playbook C(lambdal.cloud.doctor) gathers what it takes.
options:
  _input:
    description: What was gathered.
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: List the instance types
  lambdal.cloud.lambda_instance_type_info:
  register: types

- name: Check whether the API accepts the key
  ansible.builtin.debug:
    msg: "{{ {'core': ansible_version.full, 'types': types} | lambdal.cloud.doctor_checks | selectattr('name', 'equalto', 'api') }}"
"""

RETURN = r"""
_value:
  description: The checks, each with C(name), C(ok), C(text), and C(line), which is all of it for people to read.
  type: list
  elements: dict
"""

import typing as t

from ansible_collections.lambdal.cloud.plugins.plugin_utils import _doctor
from ansible_collections.lambdal.cloud.plugins.plugin_utils._filter_input import ansible_filter
from ansible_collections.lambdal.cloud.plugins.plugin_utils._values import mapping


@ansible_filter
def doctor_checks(facts: t.Any) -> list[dict[str, t.Any]]:
    """Check a set-up."""
    found = _doctor.checks(mapping(facts, "what was gathered of a set-up"))
    return [{**row, "line": line} for row, line in zip(found, _doctor.lines(found), strict=True)]


class FilterModule:
    """The filter lambdal.cloud.doctor_checks."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """Return the filter by its name."""
        return {"doctor_checks": doctor_checks}
