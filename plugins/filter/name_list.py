# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
name: name_list
version_added: 1.0.0
author: lambdal.cloud contributors (@lambdal-cloud)
short_description: Split names
description:
  - Makes a list of names given as a list, or as text with commas between them, which is how C(-e) gives them, or with one on each line, as
    surveys of AWX do. A name may have blanks in it.
options:
  _input:
    description: A list of names, or text. Null is no name, neither alone nor in a list.
    type: raw
"""

EXAMPLES = r"""
- name: Show two names
  ansible.builtin.debug:
    msg: "{{ 'train-1, train-2' | lambdal.cloud.name_list }}"
"""

RETURN = r"""
_value:
  description: The names. Empty ones are dropped.
  type: list
  elements: str
  sample: [train-1, train-2]
"""

import typing as t

from ansible_collections.lambdal.cloud.plugins.plugin_utils import _values
from ansible_collections.lambdal.cloud.plugins.plugin_utils._filter_input import ansible_filter


@ansible_filter
def name_list(names: t.Any) -> list[str]:
    """Split names."""
    return _values.name_list(names)


class FilterModule:
    """The filter lambdal.cloud.name_list."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """Return the filter by its name."""
        return {"name_list": name_list}
