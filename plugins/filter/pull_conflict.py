# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
name: pull_conflict
version_added: 1.1.0
author: lambdal.cloud contributors (@lambdal-cloud)
short_description: Find hosts whose files would overwrite each other's on the controller
description: Returns which two hosts would be pulled to one place on the controller, or would have it deleted by another one's pull.
options:
  _input:
    description: For each host a dictionary of C(folder), where relative paths begin, and C(pulls), as the role sync takes them.
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Refuse one place for two hosts
  ansible.builtin.assert:
    that: pulls | lambdal.cloud.pull_conflict == ''
  vars:
    pulls:
      train-01: {folder: /home/me, pulls: [{src: /home/ubuntu/out/, dest: out/train-01/}]}
      train-02: {folder: /home/me, pulls: [{src: /home/ubuntu/out/, dest: out/train-02/}]}
"""

RETURN = r"""
_value:
  description: Sentences, or an empty string when there is no conflict.
  type: str
  sample: ""
"""

import typing as t

from ansible_collections.lambdal.cloud.plugins.plugin_utils import _rsync
from ansible_collections.lambdal.cloud.plugins.plugin_utils._filter_input import ansible_filter
from ansible_collections.lambdal.cloud.plugins.plugin_utils._values import mapping, mappings


@ansible_filter
def pull_conflict(hosts: t.Any) -> str:
    """Find hosts whose files would overwrite each other's on the controller."""
    what = "a dictionary with folder and pulls for each host"
    rows = {str(host): mapping(row, what, "pulls") for host, row in mapping(hosts, what).items()}
    return _rsync.conflict(
        [
            _rsync.pulls(host, str(row["folder"]), mappings(row["pulls"], "a list of pulls", "dest"))
            for host, row in rows.items()
        ]
    )


class FilterModule:
    """The filter lambdal.cloud.pull_conflict."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """Return the filter by its name."""
        return {"pull_conflict": pull_conflict}
