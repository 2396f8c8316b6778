# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
name: fleet_notes
version_added: 1.0.0
author: lambdal.cloud contributors (@lambdal-cloud)
short_description: Say what else bills in an account, and what a fleet without a name means
description:
  - Names instances that a fleet uses without its tag, those of the fleet that are no longer desired, and what else bills.
  - Returns the sentences that the role P(lambdal.cloud.fleet#role) shows beside what its instances cost, so that nothing is left behind
    unseen.
positional: is_named, count, fleet, prune
options:
  _input:
    description: What P(lambdal.cloud.fleet_status#filter) returns.
    type: dict
    required: true
  is_named:
    description: Whether the fleet has a name, or names of its own where the API has no tags.
    type: bool
    default: false
  count:
    description: How many instances the fleet has. Nothing is said of a fleet without a name where the account has no instance at all.
    type: int
    default: 0
  fleet:
    description: Name of the fleet.
    type: str
    default: ""
  prune:
    description: Whether the instances beyond the desired set are terminated, so that nothing has to be said of them.
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: List all instances
  lambdal.cloud.lambda_instance_info:
  register: account

- name: Show what bills beside the fleet vision
  ansible.builtin.debug:
    msg: "{{ account.instances | lambdal.cloud.fleet_status('vision') | lambdal.cloud.fleet_notes(true) }}"
"""

RETURN = r"""
_value:
  description: Sentences.
  type: list
  elements: str
  sample: ["Beside these, 1 instance of the account bills 1.29 US dollars per hour: old (id 0920582c7ff041399e34823a0be62549, 1.29)."]
"""

import typing as t

from ansible_collections.lambdal.cloud.plugins.plugin_utils import _fleet
from ansible_collections.lambdal.cloud.plugins.plugin_utils._filter_input import ansible_filter, instances
from ansible_collections.lambdal.cloud.plugins.plugin_utils._values import mapping


@ansible_filter
def fleet_notes(
    status: t.Any, is_named: bool = False, count: int = 0, fleet: str = "", prune: bool = False
) -> list[str]:
    """Say what else bills in an account, and what a fleet without a name means."""
    status = mapping(status, "what the filter fleet_status returns", "others")
    rows = {field: instances(status.get(field, [])) for field in ("others", "adopted", "surplus")}
    return _fleet.fleet_notes(rows, bool(is_named), int(count), str(fleet or ""), bool(prune))


class FilterModule:
    """The filter lambdal.cloud.fleet_notes."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """Return the filter by its name."""
        return {"fleet_notes": fleet_notes}
