# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
name: pull_problem
version_added: 1.1.0
author: lambdal.cloud contributors (@lambdal-cloud)
short_description: Check where files of a host are written on the controller
description:
  - Returns why a destination would lead out of the folder that it names, which the name of a host can do.
  - C(..) is accepted where a relative path begins.
options:
  _input:
    description: A path on the controller.
    type: str
    required: true
  names:
    description: Names of the host, which the path may contain.
    type: list
    elements: str
    default: []
"""

EXAMPLES = r"""
- name: Refuse a destination that leaves its folder
  ansible.builtin.assert:
    that: ('checkpoints/' ~ inventory_hostname) | lambdal.cloud.pull_problem([inventory_hostname]) == ''
"""

RETURN = r"""
_value:
  description: A sentence, or an empty string when the destination is fine.
  type: str
  sample: The destination out/../../evil/ leaves a folder that it names. Write it without '..'.
"""

import typing as t

from ansible_collections.lambdal.cloud.plugins.plugin_utils import _rsync
from ansible_collections.lambdal.cloud.plugins.plugin_utils._filter_input import ansible_filter
from ansible_collections.lambdal.cloud.plugins.plugin_utils._values import sequence


@ansible_filter
def pull_problem(dest: t.Any, names: t.Any = ()) -> str:
    """Check where files of a host are written on the controller."""
    return _rsync.pull_problem(str(dest), [str(name) for name in sequence(names, "a list of names")])


class FilterModule:
    """The filter lambdal.cloud.pull_problem."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """Return the filter by its name."""
        return {"pull_problem": pull_problem}
