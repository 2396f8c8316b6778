# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
name: account_plan
version_added: 1.1.0
author: lambdal.cloud contributors (@lambdal-cloud)
short_description: Decide which accounts a host gets and which go
description:
  - Compares C(node_users) of the role C(lambdal.cloud.node) with the accounts of a host, with the rules for sudo that the role wrote there,
    and with its record of the accounts that it made.
options:
  _input:
    description: Accounts, as C(node_users) lists them.
    type: list
    elements: dict
    required: true
  login:
    description: Name of the user that Ansible logs in as.
    type: str
    required: true
  passwd:
    description: What C(getent passwd) prints on the host.
    type: str
    required: true
  rules:
    description: Lines of the role's files for sudo, each behind the path of its file and a colon.
    type: str
    default: ""
  record:
    description: The role's record of the accounts that it made, a list of names in JSON.
    type: str
    default: ""
  exclusive:
    description: Whether accounts that the role made and that are not listed are removed.
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: Show who would be removed
  ansible.builtin.debug:
    msg: "{{ plan.absent }}"
  vars:
    passwd: "ubuntu:x:1000:1000::/home/ubuntu:/bin/bash\nada:x:1001:1001::/home/ada:/bin/bash"
    plan: "{{ [{'name': 'ada', 'state': 'absent'}] | lambdal.cloud.account_plan('ubuntu', passwd) }}"
"""

RETURN = r"""
_value:
  description: What is to be done.
  type: dict
  contains:
    problems:
      description: Why nothing can be done, in sentences. Empty when all is well.
      type: list
      elements: str
    present:
      description: Accounts to ensure.
      type: list
      elements: dict
    absent:
      description: Accounts to remove, with C(name) and C(uid).
      type: list
      elements: dict
    rules_absent:
      description: Paths of rules for sudo to remove.
      type: list
      elements: str
    record_before:
      description: Names to record before anything is changed, so that an interrupted run has recorded what it made.
      type: list
      elements: str
    record_after:
      description: Names to record in the end.
      type: list
      elements: str
    left:
      description: Sentences about access that the role once gave and that nobody lists any more.
      type: list
      elements: str
"""

import typing as t

from ansible.module_utils.parsing.convert_bool import boolean
from ansible_collections.lambdal.cloud.plugins.plugin_utils import _user_accounts
from ansible_collections.lambdal.cloud.plugins.plugin_utils._filter_input import ansible_filter
from ansible_collections.lambdal.cloud.plugins.plugin_utils._values import mappings


@ansible_filter
def account_plan(
    users: t.Any, login: t.Any, passwd: t.Any, rules: t.Any = "", record: t.Any = "", exclusive: t.Any = False
) -> dict[str, t.Any]:
    """Decide which accounts a host gets and which go."""
    rows = mappings(users, "a list of accounts, as node_users lists them", "name")
    return _user_accounts.plan(rows, str(login), str(passwd), str(rules), str(record), bool(boolean(exclusive)))


class FilterModule:
    """The filter lambdal.cloud.account_plan."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """Return the filter by its name."""
        return {"account_plan": account_plan}
