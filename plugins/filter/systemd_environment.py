# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
name: systemd_environment
version_added: 1.0.0
author: lambdal.cloud contributors (@lambdal-cloud)
short_description: Write environment variables for systemd
description: Makes the lines of an C(EnvironmentFile) of a unit. The variables have exactly the given values.
options:
  _input:
    description: Environment variables.
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Show the lines of a file
  ansible.builtin.debug:
    msg: "{{ {'TOKEN': 'a \"b\" $c'} | lambdal.cloud.systemd_environment }}"
"""

RETURN = r"""
_value:
  description: A line for each variable.
  type: list
  elements: str
  sample: ['TOKEN="secret"']
"""

import typing as t

from ansible_collections.lambdal.cloud.plugins.plugin_utils import _systemd
from ansible_collections.lambdal.cloud.plugins.plugin_utils._filter_input import ansible_filter
from ansible_collections.lambdal.cloud.plugins.plugin_utils._values import mapping


@ansible_filter
def systemd_environment(variables: t.Any) -> list[str]:
    """Write environment variables for systemd."""
    return _systemd.environment_lines(mapping(variables, "a dictionary of environment variables"))


class FilterModule:
    """The filter lambdal.cloud.systemd_environment."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """Return the filter by its name."""
        return {"systemd_environment": systemd_environment}
