# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
name: ray_command
version_added: 1.1.0
author: lambdal.cloud contributors (@lambdal-cloud)
short_description: Write the command that runs Ray
description:
  - Returns the command that runs Ray on a host of P(lambdal.cloud.ray_cluster#role). It ends when Ray does.
  - Fails where ports overlap.
options:
  _input:
    description: Address of the host.
    type: str
    required: true
  head_address:
    description: Address of the head.
    type: str
    required: true
  python:
    description: Python that has Ray.
    type: str
    required: true
  ports:
    description: The ports of the cluster, C(gcs), C(dashboard), C(base), and C(workers), which is the first and the last of them.
    type: dict
    required: true
  arguments:
    description: More arguments of C(ray start).
    type: list
    elements: str
    default: []
"""

EXAMPLES = r"""
- name: Show the command of a worker
  ansible.builtin.debug:
    msg: "{{ '10.0.0.2' | lambdal.cloud.ray_command('10.0.0.1', '/home/ubuntu/ray/bin/python', ports) }}"
  vars:
    ports: {gcs: 6379, dashboard: 8265, base: 6380, workers: [10002, 10999]}
"""

RETURN = r"""
_value:
  description: The command and its arguments.
  type: list
  elements: str
  sample: [/home/ubuntu/ray/bin/python, -m, ray.scripts.scripts, start, --block]
"""

import typing as t

from ansible_collections.lambdal.cloud.plugins.plugin_utils import _ray
from ansible_collections.lambdal.cloud.plugins.plugin_utils._filter_input import ansible_filter
from ansible_collections.lambdal.cloud.plugins.plugin_utils._values import mapping, sequence


@ansible_filter
def ray_command(address: t.Any, head_address: t.Any, python: t.Any, ports: t.Any, arguments: t.Any = ()) -> list[str]:
    """Write the command that runs Ray."""
    read = _ray.Ports.read(mapping(ports, "the ports of a Ray cluster", "workers"))
    return _ray.start_command(
        str(python), str(address), str(head_address), read, sequence(arguments, "arguments of 'ray start'")
    )


class FilterModule:
    """The filter lambdal.cloud.ray_command."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """Return the filter by its name."""
        return {"ray_command": ray_command}
