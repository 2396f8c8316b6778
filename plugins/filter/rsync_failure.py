# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
name: rsync_failure
version_added: 1.1.0
author: lambdal.cloud contributors (@lambdal-cloud)
short_description: Say why rsync failed
description: Returns in one line why a command that runs rsync failed.
options:
  _input:
    description: The result of the command.
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Show why the transfer failed
  ansible.builtin.debug:
    msg: "{{ {'rc': 10, 'stderr': 'ssh: connect to host 10.0.0.7 port 22: No route to host'} | lambdal.cloud.rsync_failure }}"
"""

RETURN = r"""
_value:
  description: A sentence without its full stop, or an empty string when it did not fail.
  type: str
  sample: "rsync ended with 10: ssh: connect to host 10.0.0.7 port 22: No route to host"
"""

import typing as t

from ansible_collections.lambdal.cloud.plugins.plugin_utils import _rsync
from ansible_collections.lambdal.cloud.plugins.plugin_utils._filter_input import ansible_filter
from ansible_collections.lambdal.cloud.plugins.plugin_utils._values import mapping, whole_number


@ansible_filter
def rsync_failure(result: t.Any) -> str:
    """Say why rsync failed."""
    row = mapping(result, "the result of a command")
    if "rc" not in row:
        return str(row.get("msg") or "")
    return _rsync.failure(whole_number(row["rc"], "rc"), str(row.get("stderr") or ""))


class FilterModule:
    """The filter lambdal.cloud.rsync_failure."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """Return the filter by its name."""
        return {"rsync_failure": rsync_failure}
