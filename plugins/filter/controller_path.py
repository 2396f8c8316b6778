# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
name: controller_path
version_added: 1.0.0
author: lambdal.cloud contributors (@lambdal-cloud)
short_description: Make a path on the controller absolute
description:
  - A relative path starts from the folder that Ansible was started in, as ssh takes it. Modules that run on C(localhost) take it from the
    folder of the playbook, which for a playbook of a collection is the collection.
options:
  _input:
    description: A path, which can begin with C(~). An empty one stays empty, and so does one that begins with a token of ssh.
    type: str
    required: true
"""

EXAMPLES = r"""
- name: Show where ssh looks for a key
  ansible.builtin.debug:
    msg: "{{ 'keys/laptop' | lambdal.cloud.controller_path }}"
"""

RETURN = r"""
_value:
  description: The absolute path.
  type: str
  sample: /home/me/project/keys/laptop
"""

import os
import typing as t

from ansible_collections.lambdal.cloud.plugins.plugin_utils._filter_input import ansible_filter


@ansible_filter
def controller_path(path: t.Any) -> str:
    """Make a path on the controller absolute, from the folder that Ansible was started in."""
    text = str(path or "")
    # ssh expands its own tokens and variables.
    return os.path.abspath(os.path.expanduser(text)) if text and text[0] not in "%$" else text


class FilterModule:
    """The filter lambdal.cloud.controller_path."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """Return the filter by its name."""
        return {"controller_path": controller_path}
