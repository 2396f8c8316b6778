# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
name: replacement_problem
version_added: 1.0.0
author: lambdal.cloud contributors (@lambdal-cloud)
short_description: Find out why an instance cannot be replaced
description:
  - Says why an instance must not be terminated in order to be replaced by another one like it.
  - It must be live, the API must report its type, region and SSH key, and no other live instance may have its name. With O(images),
    its image, if it is known, must still be among them.
positional: id, name, images
options:
  _input:
    description: All instances of the account, as M(lambdal.cloud.lambda_instance_info) returns them.
    type: list
    elements: dict
    required: true
  id:
    description: Id of the instance.
    type: str
    required: true
  name:
    description: Name of the replacement where the instance has none.
    type: str
    default: ""
  images:
    description: Images, as M(lambdal.cloud.lambda_image_info) returns them. When not set, the image is not checked.
    type: list
    elements: dict
seealso:
  - plugin: lambdal.cloud.replacement_options
    plugin_type: filter
"""

EXAMPLES = r"""
- name: List all instances
  lambdal.cloud.lambda_instance_info:
  register: account

- name: Show why an instance cannot be replaced
  ansible.builtin.debug:
    msg: "{{ account.instances | lambdal.cloud.replacement_problem('0920582c7ff041399e34823a0be62549') }}"
"""

RETURN = r"""
_value:
  description: The reason, to follow a colon. Empty when the instance can be replaced.
  type: str
  sample: the API does not report its region
"""

import typing as t

from ansible_collections.lambdal.cloud.plugins.module_utils._terminal import printable
from ansible_collections.lambdal.cloud.plugins.plugin_utils import _replacement
from ansible_collections.lambdal.cloud.plugins.plugin_utils._filter_input import ansible_filter, instances


@ansible_filter
def replacement_problem(account: t.Any, id: str, name: str = "", images: t.Any = None) -> str:
    """Find out why an instance cannot be replaced."""
    return printable(_replacement.replacement_problem(instances(account), id, name, images))


class FilterModule:
    """The filter lambdal.cloud.replacement_problem."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """Return the filter by its name."""
        return {"replacement_problem": replacement_problem}
