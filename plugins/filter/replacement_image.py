# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
name: replacement_image
version_added: 1.0.0
author: lambdal.cloud contributors (@lambdal-cloud)
short_description: Find out the image of an instance
description:
  - Returns the image that a replacement of an instance is launched with, to be like it.
  - The API does not report the image of an instance. It is known where M(lambdal.cloud.lambda_instance) launched the instance with
    O(lambdal.cloud.lambda_instance#module:image), which it keeps in the tag C(lambdal-cloud-image). An image that was named by its family
    is returned as the family, whose newest image may be another one by now.
  - An instance that was launched without an image has the default of its region, which differs from region to region and changes.
options:
  _input:
    description: An instance, as M(lambdal.cloud.lambda_instance_info) returns it.
    type: dict
    required: true
seealso:
  - plugin: lambdal.cloud.replacement_options
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Look up an instance
  lambdal.cloud.lambda_instance_info:
    name: train-1
  register: found

- name: Show its image
  ansible.builtin.debug:
    msg: "{{ found.instances | map('lambdal.cloud.replacement_image') | first | default('unknown', true) }}"
"""

RETURN = r"""
_value:
  description: Id or family of the image. Empty when it is not known.
  type: str
  sample: lambda-stack-22-04
"""

import typing as t

from ansible_collections.lambdal.cloud.plugins.plugin_utils import _replacement
from ansible_collections.lambdal.cloud.plugins.plugin_utils._filter_input import ansible_filter, instance


@ansible_filter
def replacement_image(row: t.Any) -> str:
    """Find out the image of an instance."""
    return _replacement.replacement_image(instance(row))


class FilterModule:
    """The filter lambdal.cloud.replacement_image."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """Return the filter by its name."""
        return {"replacement_image": replacement_image}
