# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Options of modules that wait."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  wait:
    description: Whether to wait until the instances are ready or gone.
    type: bool
    default: true
  wait_timeout:
    description:
      - Seconds that the task may take in total if it waits.
      - An instance with eight H100 GPUs takes over 20 minutes to boot, and each launch takes 12 more seconds because of the rate
        limit.
    type: float
    default: 1800
  wait_interval:
    description: Seconds between two polls of the list of instances. Each poll is one request for all instances.
    type: float
    default: 10
  outcome_timeout:
    description:
      - Seconds to look for a new instance after the response to its launch was lost, before the launch is sent again.
      - Set it to more than the service takes to list a new instance. Otherwise an instance could be launched twice.
    type: float
    default: 30
"""
