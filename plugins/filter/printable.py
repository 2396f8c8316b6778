# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
name: printable
version_added: 1.1.0
author: lambdal.cloud contributors (@lambdal-cloud)
short_description: Escape what a terminal would obey
description:
  - Escapes control characters, escape sequences, and characters that turn the direction of text in what the API or a host says, so that
    it can be shown to people. Without them a text stays as it is.
  - It is for messages alone. What is compared or handed on must stay what it is.
positional: lines
options:
  _input:
    description: A text, or a list of them. Null is an empty text.
    type: raw
    required: true
  lines:
    description: Whether line breaks and tabs stay, as in the end of a log.
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: List all instances
  lambdal.cloud.lambda_instance_info:
  register: account

- name: Show what they are called
  ansible.builtin.debug:
    msg: "{{ account.instances | map(attribute='name') | list | lambdal.cloud.printable | join(', ') }}"
"""

RETURN = r"""
_value:
  description: The text, or the list.
  type: raw
  sample: '\x1b[31mred'
"""

import typing as t

from ansible_collections.lambdal.cloud.plugins.module_utils import _terminal
from ansible_collections.lambdal.cloud.plugins.plugin_utils._filter_input import ansible_filter


@ansible_filter
def printable(text: t.Any, lines: bool = False) -> t.Any:
    """Escape what a terminal would obey."""
    if isinstance(text, (list, tuple)):
        return [printable(each, lines) for each in text]
    return "" if text is None else _terminal.printable(str(text), "\n\t" if lines else "")


class FilterModule:
    """The filter lambdal.cloud.printable."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """Return the filter by its name."""
        return {"printable": printable}
