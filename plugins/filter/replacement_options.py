# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
name: replacement_options
version_added: 1.0.0
author: lambdal.cloud contributors (@lambdal-cloud)
short_description: Describe a replacement of an instance
description:
  - Turns an instance into an entry of the option O(lambdal.cloud.lambda_instance#module:machines) that launches another one like it, with
    the same name, type, region, SSH key, file systems with their mount points, firewall rulesets and tags.
  - The image is the same where it is known, see P(lambdal.cloud.replacement_image#filter). User data and host name are left out, since the
    API does not report them. The new instance gets the defaults of the service.
positional: name
options:
  _input:
    description: An instance, as M(lambdal.cloud.lambda_instance_info) returns it.
    type: dict
    required: true
  name:
    description: Name of the replacement where the instance has none.
    type: str
    default: ""
seealso:
  - plugin: lambdal.cloud.replacement_image
    plugin_type: filter
  - plugin: lambdal.cloud.replacement_problem
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Look up an instance
  lambdal.cloud.lambda_instance_info:
    name: train-1
  register: found

- name: Ensure that there is one like it
  lambdal.cloud.lambda_instance:
    machines: "{{ found.instances | map('lambdal.cloud.replacement_options') }}"
    on_drift: ignore
"""

RETURN = r"""
_value:
  description: Options of M(lambdal.cloud.lambda_instance).
  type: dict
  sample: {"name": ["train-1"], "instance_type": ["gpu_1x_a10"], "region": ["us-east-1"], "ssh_key": "laptop", "file_systems": []}
"""

import typing as t

from ansible_collections.lambdal.cloud.plugins.plugin_utils import _replacement
from ansible_collections.lambdal.cloud.plugins.plugin_utils._filter_input import ansible_filter, instance


@ansible_filter
def replacement_options(row: t.Any, name: str = "") -> dict[str, t.Any]:
    """Describe a replacement of an instance."""
    return _replacement.replacement_options(instance(row), name)


class FilterModule:
    """The filter lambdal.cloud.replacement_options."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """Return the filter by its name."""
        return {"replacement_options": replacement_options}
