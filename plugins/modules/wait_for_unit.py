#!/usr/bin/python
# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: wait_for_unit
version_added: 1.1.0
author: lambdal.cloud contributors (@lambdal-cloud)
short_description: Wait until a systemd unit of a host has ended
description:
  - Looks at a unit over the connection of the host, in short commands, until it has ended or O(timeout) is over.
  - A host that cannot be reached for a while is no error. It is given up when it has not answered for O(unreachable_timeout), and the
    result says so, so that the other hosts' results can still be used.
  - Prints nothing while it waits, or the new lines of a log.
  - Nothing is changed, and nothing is installed on the host.
options:
  name:
    description: Name of the unit, such as V(torchrun-train.service).
    type: str
    required: true
  timeout:
    description: Seconds to wait.
    type: float
    default: 86400
  interval:
    description: Seconds between two looks.
    type: float
    default: 10
  unreachable_timeout:
    description: Seconds without an answer after which the host is given up. No look takes longer than that, or than a minute.
    type: float
    default: 300
  follow:
    description: File on the host whose new lines are printed while it is waited for.
    type: str
  follow_user:
    description: User who reads the file. Needs C(become).
    type: str
  follow_from:
    description: Byte of the file at which to begin. By default only what is written from now on is printed.
    type: int
attributes:
  check_mode:
    description: Can run in check mode, where it looks once.
    support: full
  diff_mode:
    description: Has nothing to show as a difference, as it changes nothing.
    support: none
"""

EXAMPLES = r"""
- name: Wait for a job
  lambdal.cloud.wait_for_unit:
    name: torchrun-train.service
    timeout: 3600
  register: waited

- name: Show how it ended
  ansible.builtin.debug:
    msg: "{{ waited.properties.Result if waited.ended else waited.reason | default('It still runs.', true) }}"
"""

RETURN = r"""
ended:
  description: Whether the unit has ended. A unit that systemd does not know has ended too.
  returned: success
  type: bool
  sample: true
reachable:
  description: Whether the host answered at last.
  returned: success
  type: bool
  sample: true
reason:
  description: Why it did not. Empty when it did.
  returned: success
  type: str
  sample: ""
properties:
  description: C(ActiveState), C(SubState), C(Result), C(ExecMainStatus) and C(NRestarts) of systemd, as they were seen last.
  returned: success
  type: dict
  sample:
    ActiveState: active
    ExecMainStatus: "0"
    NRestarts: "0"
    Result: success
    SubState: exited
"""
