# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Attributes of the modules: check mode, diff mode, and where they run."""

from __future__ import annotations


class ModuleDocFragment:
    # A module that changes something.
    RESOURCE = r"""
attributes:
  check_mode:
    support: full
    description: Predicts the changes with the same plan as a normal run, and changes nothing.
  diff_mode:
    support: full
    description: Shows the resources before and after the changes.
"""

    # A module that only reads.
    INFO = r"""
attributes:
  check_mode:
    support: full
    description: Works as in a normal run, since the module only reads.
  diff_mode:
    support: none
    description: The module changes nothing, so there is nothing to show.
"""

    # Where a module runs.
    ACTION = r"""
attributes:
  action:
    support: full
    description:
      - Runs the module in the controller's own process if the connection is local and neither C(async) nor C(become) is used.
        This takes a few milliseconds instead of half a second, and needs C(requests) only in the controller's Python.
      - Otherwise the module runs like any other. To always run it so, set the variable C(lambda_cloud_direct) or the environment
        variable E(LAMBDA_CLOUD_DIRECT) to V(false). The variable C(lambda_cloud_direct) takes precedence.
  async:
    support: full
    description: With C(async), the module runs in a process of its own like any other module.
"""
