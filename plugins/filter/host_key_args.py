# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
name: host_key_args
version_added: 1.0.0
author: lambdal.cloud contributors (@lambdal-cloud)
short_description: Make arguments of ssh that keep an instance's host key under its id
description:
  - An address may later belong to another instance, with another host key. With these arguments, ssh keeps the key under the
    instance's id, trusts it when it is first seen, and requires the same key from then on.
  - The inventory plugin and the role P(lambdal.cloud.fleet#role) set C(ansible_ssh_extra_args) to them.
positional: known_hosts_file
options:
  _input:
    description: Id of an instance.
    type: str
    required: true
  known_hosts_file:
    description:
      - File that the host keys are kept in.
      - If it is empty, C(lambdal.cloud/known_hosts) in E(XDG_CACHE_HOME) or C(~/.cache) is used.
    type: path
    default: ""
"""

EXAMPLES = r"""
- name: Show how the host keys of instances are kept
  ansible.builtin.debug:
    msg: "{{ '0920582c7ff041399e34823a0be62549' | lambdal.cloud.host_key_args('~/.ssh/known_hosts') }}"
"""

RETURN = r"""
_value:
  description: The arguments.
  type: str
  sample: >-
    -o StrictHostKeyChecking=accept-new -o HostKeyAlias=lambda-0920582c7ff041399e34823a0be62549
    -o 'UserKnownHostsFile="/home/me/.cache/lambdal.cloud/known_hosts"'
"""

import typing as t

from ansible_collections.lambdal.cloud.plugins.plugin_utils import _ssh
from ansible_collections.lambdal.cloud.plugins.plugin_utils._filter_input import ansible_filter


@ansible_filter
def host_key_args(instance_id: t.Any, known_hosts_file: t.Any = "") -> str:
    """Make arguments of ssh that keep an instance's host key under its id."""
    return _ssh.host_key_args(str(instance_id), str(known_hosts_file) if known_hosts_file else None)


class FilterModule:
    """The filter lambdal.cloud.host_key_args."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """Return the filter by its name."""
        return {"host_key_args": host_key_args}
