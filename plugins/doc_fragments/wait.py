# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Options of modules that wait."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  wait:
    description: Whether to wait until the instances are ready, or gone.
    type: bool
    default: true
  wait_timeout:
    description:
      - Seconds that the task may take in all while it waits.
      - Eight H100 GPUs take over 20 minutes to boot; every launch takes a turn of 12 seconds on top.
    type: float
    default: 1800
  wait_interval:
    description: Seconds between two looks at the list of instances. One request serves all instances.
    type: float
    default: 10
  outcome_timeout:
    description:
      - Seconds to look for an instance whose launch got no usable answer, before the launch is sent again.
      - Set it longer than the service may take to list a new instance, or an instance may be launched twice.
    type: float
    default: 30
"""
