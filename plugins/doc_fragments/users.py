# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Options of modules for what instances use, and what cannot be deleted meanwhile."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  assume_terminated:
    description:
      - Ids of instances that do not count as users in check mode, because an earlier task would have terminated them.
      - Outside of check mode this has no effect.
    type: list
    elements: str
    default: []
"""
