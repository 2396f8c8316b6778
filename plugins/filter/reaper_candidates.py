# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
name: reaper_candidates
version_added: 1.0.0
author: lambdal.cloud contributors (@lambdal-cloud)
short_description: Find instances that are idle, too old, too expensive or expired
description:
  - An instance is expired when the time in its tag C(lambdal-cloud-expires) is over, see
    O(lambdal.cloud.lambda_instance#module:expires_after).
  - Returns the live instances that exceed a limit, with the reasons and with whether they belong to the owner.
  - An instance without an observation is not idle, and is only as old as its tag says. Neither is one that was seen to be busy.
  - One with the tag C(lambdal-cloud-keep) never belongs to the owner, unless the tag's value is V(false), V(no) or V(0).
options:
  _input:
    description: All instances of the account, as M(lambdal.cloud.lambda_instance_info) returns them.
    type: list
    elements: dict
    required: true
  observations:
    description: What the role P(lambdal.cloud.reaper#role) observed on the hosts, by the ids of their instances.
    type: dict
    default: {}
  idle_seconds:
    description: How long an instance has to be idle. V(0) is no limit.
    type: int
    default: 0
  max_age_seconds:
    description: How old an instance has to be. V(0) is no limit.
    type: int
    default: 0
  budget_cents:
    description: How many US cents an instance has to have cost, which is its age times its price. V(0) is no limit.
    type: int
    default: 0
  birth_tag:
    description: Name of a tag that holds the time at which an instance was launched, in seconds since 1970.
    type: str
    default: ""
  extensions:
    description:
      - By ids or names of instances that expire, how much longer each stays, as V(4h), or until when, as V(2026-11-26T18:00:00Z).
    type: dict
    default: {}
  owner_tags:
    description: Instances with all of these tags belong to the owner.
    type: dict
    default: {}
  owner_names:
    description: Instances with one of these exact names belong to the owner as well. A list, or text with commas between the names.
    type: list
    elements: str
    default: []
  owner_ids:
    description: Instances with one of these ids belong to the owner as well.
    type: list
    elements: str
    default: []
    version_added: 1.1.0
  now:
    description: The time in seconds since 1970. By default that of this host.
    type: float
"""

EXAMPLES = r"""
- name: List all instances
  lambdal.cloud.lambda_instance_info:
  register: account

- name: Show my instances that are older than a day
  ansible.builtin.debug:
    msg: "{{ candidates | selectattr('own') | map(attribute='name') }}"
  vars:
    candidates: >-
      {{ account.instances
         | lambdal.cloud.reaper_candidates(max_age_seconds=86400, birth_tag='lambdal-cloud-born', owner_tags={'owner': 'me'}) }}
"""

RETURN = r"""
_value:
  description: The candidates.
  type: list
  elements: dict
  contains:
    id:
      description: Id of the instance.
      type: str
    name:
      description: Its name.
      type: str
    ip:
      description: Its public address.
      type: str
    own:
      description: Whether it belongs to the owner and may be terminated, which a reserved or a kept instance never may.
      type: bool
    reserved:
      description: Whether it is reserved. Terminating it would save nothing, and it may not be available again.
      type: bool
    kept:
      description: Whether its tag C(lambdal-cloud-keep) says that it stays.
      type: bool
    reasons:
      description: Which limits it exceeds.
      type: list
      elements: str
      sample: ["idle for 3700 seconds"]
    expired:
      description: Whether it is past the time in its tag, or that of its extension.
      type: bool
    idle_seconds:
      description: How long it has been idle. Null when that is not known.
      type: int
    age_seconds:
      description: How old it is at least.
      type: int
    cost_cents:
      description: What it has cost in US cents.
      type: int
    price_cents_per_hour:
      description: What it costs in US cents per hour, and 0 when that is not known.
      type: int
"""

import typing as t

from ansible_collections.lambdal.cloud.plugins.plugin_utils import _reaper
from ansible_collections.lambdal.cloud.plugins.plugin_utils._filter_input import ansible_filter, instances
from ansible_collections.lambdal.cloud.plugins.plugin_utils._values import name_list, whole_number


@ansible_filter
def reaper_candidates(
    account: t.Any,
    observations: t.Mapping[str, t.Any] | None = None,
    idle_seconds: t.Any = 0,
    max_age_seconds: t.Any = 0,
    budget_cents: t.Any = 0,
    birth_tag: str = "",
    owner_tags: t.Mapping[str, t.Any] | None = None,
    owner_names: t.Any = (),
    now: float | None = None,
    extensions: t.Mapping[str, t.Any] | None = None,
    owner_ids: t.Any = (),
) -> list[dict[str, t.Any]]:
    """Find instances that are idle, too old or too expensive."""
    # No answer is no limit.
    limits = _reaper.Limits(
        whole_number(idle_seconds or 0, "idle_seconds"),
        whole_number(max_age_seconds or 0, "max_age_seconds"),
        whole_number(budget_cents or 0, "budget_cents"),
        birth_tag or "",
        extensions or {},
    )
    owner = _reaper.Owner(owner_tags or {}, name_list(owner_names), name_list(owner_ids))
    return _reaper.candidates(instances(account), observations or {}, limits, owner, now)


class FilterModule:
    """The filter lambdal.cloud.reaper_candidates."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """Return the filter by its name."""
        return {"reaper_candidates": reaper_candidates}
