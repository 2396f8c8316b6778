# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
name: storage_plan
version_added: 1.1.0
author: lambdal.cloud contributors (@lambdal-cloud)
short_description: Plan the folders of a file system that outlives the instance
description:
  - Returns folders of a file system, and files by which programs find them while it is mounted, and only then.
positional: folders, environment
options:
  _input:
    description: Where the file system is mounted.
    type: str
    required: true
  folders:
    description: Folders below it.
    type: list
    elements: str
    required: true
  environment:
    description: Folders below it, by the environment variables that name them.
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Show what a login does
  ansible.builtin.debug:
    msg: "{{ ('/lambda/nfs/work' | lambdal.cloud.storage_plan(['logs'], {'HF_HOME': 'caches/huggingface'})).profile }}"
"""

RETURN = r"""
_value:
  description: The plan.
  type: dict
  contains:
    name:
      description: Name of the link in a home.
      type: str
      sample: work
    folders:
      description: Paths of the folders.
      type: list
      elements: str
    profile:
      description: Lines for a login shell.
      type: str
    generator:
      description: A program that prints the variables for the user's units.
      type: str
    unit:
      description: Lines of a systemd unit that works on the file system.
      type: str
"""

import typing as t

from ansible_collections.lambdal.cloud.plugins.plugin_utils import _storage
from ansible_collections.lambdal.cloud.plugins.plugin_utils._filter_input import ansible_filter
from ansible_collections.lambdal.cloud.plugins.plugin_utils._values import mapping, name_list


@ansible_filter
def storage_plan(path: str, folders: t.Any, environment: t.Any) -> dict[str, t.Any]:
    """Plan the folders of a file system that outlives the instance."""
    variables = mapping(environment, "a dictionary of variables and folders")
    plan = _storage.storage_plan(path, name_list(folders), {str(name): str(value) for name, value in variables.items()})
    return plan._asdict()


class FilterModule:
    """The filter lambdal.cloud.storage_plan."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """Return the filter by its name."""
        return {"storage_plan": storage_plan}
