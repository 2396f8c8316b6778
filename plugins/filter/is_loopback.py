# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
name: is_loopback
version_added: 1.1.0
author: lambdal.cloud contributors (@lambdal-cloud)
short_description: Check whether an address is loopback
description: Tells whether only the host itself reaches an address. Of names, only C(localhost) is accepted.
options:
  _input:
    description: An address, or a name.
    type: str
    required: true
"""

EXAMPLES = r"""
- name: Refuse an address that others reach
  ansible.builtin.assert:
    that: "'127.0.0.1' | lambdal.cloud.is_loopback"
"""

RETURN = r"""
_value:
  description: Whether it is loopback.
  type: bool
  sample: true
"""

import typing as t

from ansible_collections.lambdal.cloud.plugins.module_utils._client import loopback
from ansible_collections.lambdal.cloud.plugins.plugin_utils._filter_input import ansible_filter


@ansible_filter
def is_loopback(address: t.Any) -> bool:
    """Check whether an address is loopback."""
    return loopback.is_loopback(str(address))


class FilterModule:
    """The filter lambdal.cloud.is_loopback."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """Return the filter by its name."""
        return {"is_loopback": is_loopback}
