# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
name: rsync_stats
version_added: 1.0.0
author: lambdal.cloud contributors (@lambdal-cloud)
short_description: Read how much rsync transferred
description: Reads the statistics of C(rsync --stats --no-human-readable).
options:
  _input:
    description: What rsync printed.
    type: str
    required: true
"""

EXAMPLES = r"""
- name: Show how many files there were
  ansible.builtin.debug:
    msg: "{{ (output | lambdal.cloud.rsync_stats).files }}"
  vars:
    output: |
      Number of regular files transferred: 3
      Total transferred file size: 4096 bytes
"""

RETURN = r"""
_value:
  description: The numbers, 0 for what rsync did not print.
  type: dict
  contains:
    files:
      description: Files transferred.
      type: int
    bytes:
      description: The sum of their sizes.
      type: int
  sample: {"files": 3, "bytes": 4096}
"""

import typing as t

from ansible_collections.lambdal.cloud.plugins.plugin_utils import _rsync
from ansible_collections.lambdal.cloud.plugins.plugin_utils._filter_input import ansible_filter


@ansible_filter
def rsync_stats(output: t.Any) -> dict[str, int]:
    """Read how much rsync transferred."""
    return _rsync.transferred(str(output))


class FilterModule:
    """The filter lambdal.cloud.rsync_stats."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """Return the filter by its name."""
        return {"rsync_stats": rsync_stats}
