# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What every module promises of check mode and diff mode."""

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
