# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Filter options of the info modules. If several are set, only what matches all of them is returned."""

from __future__ import annotations


class ModuleDocFragment:
    NAME = r"""
options:
  name:
    description:
      - Return only resources with one of these names. Each is a name, a host range such as V(train-[01:08]), or a glob such as
        V(train-*).
      - An empty list selects nothing. When not set, all resources are returned.
    type: list
    elements: str
"""

    ID = r"""
options:
  id:
    description: Return only resources with one of these ids. An empty list selects nothing.
    type: list
    elements: str
"""

    REGION = r"""
options:
  region:
    description: Return only resources in one of these regions. An empty list selects nothing.
    type: list
    elements: str
"""
