# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
name: rsync_difference
version_added: 1.1.0
author: lambdal.cloud contributors (@lambdal-cloud)
short_description: Say what differs on both sides of a transfer
description: Returns in one line what a dry run of rsync with C(--out-format=changed=%n) would still transfer.
options:
  _input:
    description: The result of the command.
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Show what differs
  ansible.builtin.debug:
    msg: "{{ {'rc': 0, 'stdout': 'changed=model.pt'} | lambdal.cloud.rsync_difference }}"
"""

RETURN = r"""
_value:
  description: A sentence without its full stop, or an empty string when nothing differs.
  type: str
  sample: "it differs from what the host has: model.pt"
"""

import typing as t

from ansible_collections.lambdal.cloud.plugins.plugin_utils import _rsync
from ansible_collections.lambdal.cloud.plugins.plugin_utils._filter_input import ansible_filter
from ansible_collections.lambdal.cloud.plugins.plugin_utils._values import mapping, whole_number


@ansible_filter
def rsync_difference(result: t.Any) -> str:
    """Say what differs on both sides of a transfer."""
    row = mapping(result, "the result of a command", "rc")
    return _rsync.difference(whole_number(row["rc"], "rc"), str(row.get("stdout") or ""), str(row.get("stderr") or ""))


class FilterModule:
    """The filter lambdal.cloud.rsync_difference."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """Return the filter by its name."""
        return {"rsync_difference": rsync_difference}
