# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
name: systemd_options
version_added: 1.1.0
author: lambdal.cloud contributors (@lambdal-cloud)
short_description: Write options of a unit for systemd
description: Writes a line for each option of a section of a unit. Booleans become C(yes) and C(no), an empty value leaves the option out.
options:
  _input:
    description: Options and their values, each a boolean, a text, a number or a list of those.
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Show lines of a unit
  ansible.builtin.debug:
    msg: "{{ {'NoNewPrivileges': true, 'ReadOnlyPaths': ['/srv', '/opt']} | lambdal.cloud.systemd_options }}"
"""

RETURN = r"""
_value:
  description: The lines.
  type: list
  elements: str
  sample: [NoNewPrivileges=yes, ReadOnlyPaths=/srv, ReadOnlyPaths=/opt]
"""

import typing as t

from ansible_collections.lambdal.cloud.plugins.plugin_utils import _systemd
from ansible_collections.lambdal.cloud.plugins.plugin_utils._filter_input import ansible_filter
from ansible_collections.lambdal.cloud.plugins.plugin_utils._values import mapping


@ansible_filter
def systemd_options(options: t.Any) -> list[str]:
    """Write options of a unit for systemd."""
    return _systemd.option_lines(mapping(options, "a dictionary of options"))


class FilterModule:
    """The filter lambdal.cloud.systemd_options."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """Return the filter by its name."""
        return {"systemd_options": systemd_options}
