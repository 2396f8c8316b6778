# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
name: ssh_config
version_added: 1.1.0
author: lambdal.cloud contributors (@lambdal-cloud)
short_description: Write ssh's configuration of instances
description:
  - Returns a file with a C(Host) for each instance, so that people, editors, rsync and scp reach it by its name.
  - Host keys are kept under the instances' ids, as P(lambdal.cloud.host_key_args#filter) does.
  - A name that could be a pattern or another host's gets its safe form, or the id of the instance appended.
positional: present
options:
  _input:
    description: What the file holds now. Empty if there is none.
    type: str
    required: true
  present:
    description: Instances that are to be reached, as M(lambdal.cloud.lambda_instance) returns them. One without an address is left out.
    type: list
    elements: dict
    required: true
  absent:
    description: Instances that were terminated. Other instances that the file has stay in it.
    type: list
    elements: dict
    default: []
  absent_names:
    description: Names and host ranges of instances that are not there any more, whoever terminated them.
    type: list
    elements: str
    default: []
  file:
    description: Path of the file, for the line that includes it.
    type: path
    required: true
  main_text:
    description: The user's own configuration. Its hosts keep their names.
    type: str
    default: ""
  user:
    description: User to log in as.
    type: str
    default: ubuntu
  port:
    description: Port, if it is not ssh's own.
    type: str
    default: ""
  identity_file:
    description: Private key, if ssh does not find it by itself.
    type: path
    default: ""
  known_hosts_file:
    description:
      - File that the host keys are kept in.
      - If it is empty, C(lambdal.cloud/known_hosts) in E(XDG_CACHE_HOME) or C(~/.cache) is used.
    type: path
    default: ""
  tunnels:
    description: Which ports of the instances are forwarded to this system.
    type: list
    elements: str
    default: []
  tunnel_ports:
    description: Those ports by their names. Several instances have the same port, so it may be a higher one here.
    type: dict
    default: {}
"""

EXAMPLES = r"""
- name: List all instances
  lambdal.cloud.lambda_instance_info:
  register: account

- name: Show how ssh would find them
  ansible.builtin.debug:
    msg: "{{ ('' | lambdal.cloud.ssh_config(account.instances, file='~/.ssh/config.d/mine.conf')).text }}"
"""

RETURN = r"""
_value:
  description: The file and how to use it.
  type: dict
  contains:
    text:
      description: Its new contents. Empty if it has no instance.
      type: str
    include:
      description: Line that the user's own configuration lacks, to come before all others. Empty if it has one.
      type: str
      sample: Include "/home/me/.ssh/config.d/mine.conf"
    logins:
      description: How to log in to those present, and where their tunnels begin.
      type: list
      elements: str
      sample: [ssh train-1, "jupyter at http://127.0.0.1:8888, while ssh train-1 runs"]
"""

import os
import typing as t

from ansible_collections.lambdal.cloud.plugins.plugin_utils import _ssh_config
from ansible_collections.lambdal.cloud.plugins.plugin_utils._filter_input import ansible_filter, instances
from ansible_collections.lambdal.cloud.plugins.plugin_utils._values import name_list, whole_number


@ansible_filter
def ssh_config(
    text: str,
    present: t.Any,
    absent: t.Any = (),
    *,
    file: str,
    absent_names: t.Any = (),
    main_text: str = "",
    user: str = "ubuntu",
    port: t.Any = "",
    identity_file: str = "",
    known_hosts_file: str = "",
    tunnels: t.Any = (),
    tunnel_ports: t.Mapping[str, t.Any] | None = None,
) -> dict[str, t.Any]:
    """Write ssh's configuration of instances."""
    file = os.path.abspath(os.path.expanduser(file))
    login = _ssh_config.Login(
        user,
        whole_number(port, "port") if port else None,
        identity_file,
        known_hosts_file,
        _ssh_config.tunnel_ports(name_list(tunnels), tunnel_ports or {}),
    )
    config = _ssh_config.ssh_config(
        text, instances(present), instances(absent), login, main_text, name_list(absent_names)
    )
    include = "" if _ssh_config.includes(main_text, file) else _ssh_config.include_line(file)
    return {"text": config.text, "include": include, "logins": config.logins}


class FilterModule:
    """The filter lambdal.cloud.ssh_config."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """Return the filter by its name."""
        return {"ssh_config": ssh_config}
