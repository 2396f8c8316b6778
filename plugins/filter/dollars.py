# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
name: dollars
version_added: 1.0.0
author: lambdal.cloud contributors (@lambdal-cloud)
short_description: Write US cents as US dollars
description: Writes an amount in US dollars with two decimal places.
positional: unknown
options:
  _input:
    description: Amount in US cents. Null for one that is not known.
    type: float
  unknown:
    description: What to write for an amount that is not known.
    type: str
    default: unknown
"""

EXAMPLES = r"""
- name: Show a price
  ansible.builtin.debug:
    msg: "{{ 129 | lambdal.cloud.dollars }} US dollars per hour"
"""

RETURN = r"""
_value:
  description: The amount.
  type: str
  sample: "1.29"
"""

import typing as t

from ansible_collections.lambdal.cloud.plugins.plugin_utils import _fleet
from ansible_collections.lambdal.cloud.plugins.plugin_utils._filter_input import ansible_filter


@ansible_filter
def dollars(cents: t.Any, unknown: str = "unknown") -> str:
    """Write US cents as US dollars."""
    return _fleet.dollars(cents, unknown)


class FilterModule:
    """The filter lambdal.cloud.dollars."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """Return the filter by its name."""
        return {"dollars": dollars}
