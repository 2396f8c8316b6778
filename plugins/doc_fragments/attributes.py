# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What every module promises of check mode and diff mode, and where it runs."""

from __future__ import annotations


class ModuleDocFragment:
    # A module that changes something.
    RESOURCE = r"""
attributes:
  check_mode:
    support: full
    description: Predicts what a real run would do, by the same plan, and changes nothing.
  diff_mode:
    support: full
    description: Shows the resources before and after.
"""

    # A module that only reads.
    INFO = r"""
attributes:
  check_mode:
    support: full
    description: Reads as ever; nothing is changed in either mode.
  diff_mode:
    support: none
    description: There is no change to show.
"""

    # Where a module runs.
    ACTION = r"""
attributes:
  action:
    support: full
    description:
      - Runs in the controller's own process where the connection is local and neither C(async) nor C(become) is used.
        That takes a few milliseconds instead of half a second, and needs C(requests) in the controller's Python alone.
      - Elsewhere it runs as any module. The variable C(lambda_cloud_direct), or else E(LAMBDA_CLOUD_DIRECT) in the
        environment, has it always run so when it is V(false).
  async:
    support: full
    description: Runs as any module then, in a process of its own.
"""
