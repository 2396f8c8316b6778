# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
name: ssh_problem
version_added: 1.0.0
author: lambdal.cloud contributors (@lambdal-cloud)
short_description: Tell a login that may succeed later from one that never will
description: Reads the message of a login over SSH that failed, as C(ansible.builtin.wait_for_connection) returns it.
options:
  _input:
    description: The message, or null after a login that succeeded.
    type: str
    required: true
"""

EXAMPLES = r"""
- name: Wait a moment for SSH
  ansible.builtin.wait_for_connection:
    timeout: 5
  register: ssh
  failed_when: (ssh.msg | default(none) | lambdal.cloud.ssh_problem).lasting | length > 0
"""

RETURN = r"""
_value:
  description: What the message means.
  type: dict
  contains:
    failed:
      description: Whether the login failed.
      type: bool
    key_refused:
      description: Whether the SSH key was refused. An instance that is booting does so for a moment.
      type: bool
    lasting:
      description: What no waiting mends, and what to do about it, as a sentence; empty if waiting may help.
      type: str
"""

import typing as t

from ansible_collections.lambdal.cloud.plugins.plugin_utils import _ssh
from ansible_collections.lambdal.cloud.plugins.plugin_utils._filter_input import ansible_filter


@ansible_filter
def ssh_problem(error: t.Any) -> dict[str, t.Any]:
    """Tell a login that may succeed later from one that never will."""
    return _ssh.ssh_problem(None if error is None else str(error))


class FilterModule:
    """The filter lambdal.cloud.ssh_problem."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """Return the filter by its name."""
        return {"ssh_problem": ssh_problem}
