# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
name: quiet_interpreter
version_added: 1.0.0
author: lambdal.cloud contributors (@lambdal-cloud)
short_description: Choose the Python interpreter of a host without a warning for each host
description:
  - Where nothing else is set, Ansible discovers the interpreter of each host and warns that another one may be installed later. With
    V(auto_silent) it discovers the same one and does not warn.
options:
  _input:
    description: The host's own C(ansible_python_interpreter). Where it is empty, the setting C(interpreter_python) of Ansible counts.
    type: str
    required: true
"""

EXAMPLES = r"""
- name: Show the interpreter of a host that has none set
  ansible.builtin.debug:
    msg: "{{ '' | lambdal.cloud.quiet_interpreter }}"
"""

RETURN = r"""
_value:
  description: A value for C(ansible_python_interpreter).
  type: str
  sample: auto_silent
"""

import typing as t

from ansible import constants
from ansible_collections.lambdal.cloud.plugins.plugin_utils._filter_input import ansible_filter


@ansible_filter
def quiet_interpreter(interpreter: t.Any) -> str:
    """Choose the Python interpreter of a host without a warning for each host."""
    # Without variables, among which may be the one that this decides on
    chosen = str(interpreter or constants.config.get_config_value("INTERPRETER_PYTHON"))
    return "auto_silent" if chosen == "auto" else chosen


class FilterModule:
    """The filter lambdal.cloud.quiet_interpreter."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """Return the filter by its name."""
        return {"quiet_interpreter": quiet_interpreter}
