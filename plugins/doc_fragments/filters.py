# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Options by which info modules choose what they return; several together return what all of them let through."""

from __future__ import annotations


class ModuleDocFragment:
    NAME = r"""
options:
  name:
    description:
      - Return only what has one of these names. Each is a name, a host range such as V(train-[01:08]), or a glob such as V(train-*).
    type: list
    elements: str
"""

    ID = r"""
options:
  id:
    description: Return only what has one of these ids.
    type: list
    elements: str
"""

    REGION = r"""
options:
  region:
    description: Return only what is in one of these regions.
    type: list
    elements: str
"""
