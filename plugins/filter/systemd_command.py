# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
name: systemd_command
version_added: 1.0.0
author: lambdal.cloud contributors (@lambdal-cloud)
short_description: Write a command line for systemd
description: Quotes a command and its arguments for C(ExecStart) of a unit, so that systemd expands and splits nothing in them.
options:
  _input:
    description: The command and its arguments.
    type: list
    elements: raw
    required: true
"""

EXAMPLES = r"""
- name: Show a line of a unit
  ansible.builtin.debug:
    msg: "ExecStart={{ ['/bin/echo', '100 % of $HOME'] | lambdal.cloud.systemd_command }}"
"""

RETURN = r"""
_value:
  description: The command line.
  type: str
  sample: '"/bin/echo" "100 %% of $$HOME"'
"""

import typing as t

from ansible_collections.lambdal.cloud.plugins.plugin_utils import _systemd
from ansible_collections.lambdal.cloud.plugins.plugin_utils._filter_input import ansible_filter
from ansible_collections.lambdal.cloud.plugins.plugin_utils._values import sequence


@ansible_filter
def systemd_command(words: t.Any) -> str:
    """Write a command line for systemd."""
    return _systemd.command_line(sequence(words, "a command and its arguments"))


class FilterModule:
    """The filter lambdal.cloud.systemd_command."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """Return the filter by its name."""
        return {"systemd_command": systemd_command}
