# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
name: safe_hostname
version_added: 1.0.0
author: lambdal.cloud contributors (@lambdal-cloud)
short_description: Turn a name into a host name
description: Makes a name that a host may have, of at most 63 lower-case letters, digits and dashes.
options:
  _input:
    description: A name, such as that of an instance.
    type: str
    required: true
"""

EXAMPLES = r"""
- name: Show a host name
  ansible.builtin.debug:
    msg: "{{ 'Lab_1' | lambdal.cloud.safe_hostname }}"
"""

RETURN = r"""
_value:
  description: The host name. Empty when no letter and digit is left.
  type: str
  sample: lab-1
"""

import typing as t

from ansible_collections.lambdal.cloud.plugins.plugin_utils import _host_names
from ansible_collections.lambdal.cloud.plugins.plugin_utils._filter_input import ansible_filter


@ansible_filter
def safe_hostname(name: t.Any) -> str:
    """Turn a name into a host name."""
    return _host_names.safe_hostname(str(name))


class FilterModule:
    """The filter lambdal.cloud.safe_hostname."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """Return the filter by its name."""
        return {"safe_hostname": safe_hostname}
