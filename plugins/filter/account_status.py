# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
name: account_status
version_added: 1.0.0
author: lambdal.cloud contributors (@lambdal-cloud)
short_description: Show what runs in an account, whose it is and what it costs
description:
  - Makes one table of instances with name, type, region, address, status, owner, age, price and expiry, sorted by name, with the sum of
    the prices in its last line. An instance without a name is shown by its id.
  - The API does not report owners and ages, so that they come from tags.
  - The playbook C(lambdal.cloud.status) shows it.
options:
  _input:
    description: Instances, as M(lambdal.cloud.lambda_instance_info) returns them.
    type: list
    elements: dict
    required: true
  format:
    description: V(table) returns the lines of a table, and V(json) the same as data.
    type: str
    choices: [table, json]
    default: table
  owner_tag:
    description: Key of the tag that names the owner.
    type: str
    default: owner
  birth_tag:
    description: Key of the tag with the time of the launch, in seconds since 1970.
    type: str
    default: lambdal-cloud-born
"""

EXAMPLES = r"""
- name: List all instances
  lambdal.cloud.lambda_instance_info:
  register: account

- name: Show them
  ansible.builtin.debug:
    msg: "{{ account.instances | lambdal.cloud.account_status }}"
"""

RETURN = r"""
_value:
  description:
    - The lines of the table, or a dictionary with C(instances) and C(hourly_cost_cents). The sum leaves out instances that are
      terminating, and is null if a price is not known.
  type: raw
  sample:
    - NAME        TYPE        REGION     ADDRESS    STATUS  OWNER  AGE   USD/HOUR  EXPIRES
    - train-1     gpu_1x_a10  us-east-1  192.0.2.1  active  me     3d4h  0.75      -
    - 1 instance  =           =          =          =       =      =     0.75      =
"""

import typing as t

from ansible_collections.lambdal.cloud.plugins.plugin_utils import _status
from ansible_collections.lambdal.cloud.plugins.plugin_utils._filter_input import ansible_filter, instances


@ansible_filter
def account_status(
    rows: t.Any, format: str = "table", owner_tag: str = "owner", birth_tag: str = "lambdal-cloud-born"
) -> list[str] | dict[str, t.Any]:
    """Show what runs in an account, whose it is and what it costs."""
    return _status.account_status(instances(rows), str(format), str(owner_tag), str(birth_tag))


class FilterModule:
    """The filter lambdal.cloud.account_status."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """Return the filter by its name."""
        return {"account_status": account_status}
