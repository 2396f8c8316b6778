#!/usr/bin/python
# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: lambda_audit_event_info
short_description: List audit events of a Lambda Cloud account
version_added: 1.0.0
author:
  - lambdal.cloud contributors (@lambdal-cloud)
description:
  - Lists what was done in the account, by whom and when. Sends one request for each page of events.
  - Needs version 1.10.0 of the API.
extends_documentation_fragment:
  - lambdal.cloud.connection
  - lambdal.cloud.attributes.info
  - lambdal.cloud.attributes.action
options:
  start:
    description: Return only events from this time on, in ISO 8601 format, such as V(2026-02-01T00:00:00Z).
    type: str
  end:
    description: Return only events up to this time, in ISO 8601 format.
    type: str
  resource_type:
    description: Return only events of this type of resource, such as V(cloud.ssh_key).
    type: str
  max_events:
    description: Return at most this many events. RV(truncated) shows whether there are more.
    type: int
    default: 1000
seealso:
  - module: lambdal.cloud.lambda_instance_info
"""

EXAMPLES = r"""
- name: List what happened to instances since the beginning of the year
  lambdal.cloud.lambda_audit_event_info:
    start: "2026-01-01T00:00:00Z"
    resource_type: cloud.instance
  register: audit

- name: Show how many events there are
  ansible.builtin.debug:
    msg: "{{ audit.events | length }} events{{ ' and more' if audit.truncated else '' }}"
"""

RETURN = r"""
events:
  description: The events, in the order of the API.
  returned: success
  type: list
  elements: dict
  contains:
    event_id:
      description: Unique id.
      type: str
    event_time:
      description: Time of the event.
      type: str
    service_name:
      description: Service, such as V(cloud).
      type: str
    resource_name:
      description: Type of resource, such as V(instance).
      type: str
    action:
      description: What was done.
      type: str
    actor_lrn:
      description: Who did it, by the service's resource name (LRN).
      type: str
    resource_lrns:
      description: Resources that it was done to, by the service's resource names (LRNs).
      type: list
      elements: str
truncated:
  description: Whether there are more events than O(max_events).
  returned: success
  type: bool
  sample: false
failure:
  description: The error as data, with C(code), C(message), C(suggestion), C(status) and C(field_errors). A value that is not known is null.
  returned: on failure
  type: dict
"""

import typing as t

from ansible_collections.lambdal.cloud.plugins.module_utils._client.pagination import read_events
from ansible_collections.lambdal.cloud.plugins.module_utils._module.task import Task, run_module

ARGUMENT_SPEC: dict[str, t.Any] = {
    "start": {"type": "str"},
    "end": {"type": "str"},
    "resource_type": {"type": "str"},
    "max_events": {"type": "int", "default": 1000},
}


def execute(task: Task) -> None:
    options = task.options
    query = {name: options[name] for name in ("start", "end", "resource_type") if options[name]}
    events, truncated = read_events(task.open_api(), query, options["max_events"])
    task.result = lambda: {"changed": False, "events": events, "truncated": truncated}


def main() -> None:
    run_module(execute, ARGUMENT_SPEC)


if __name__ == "__main__":
    main()
