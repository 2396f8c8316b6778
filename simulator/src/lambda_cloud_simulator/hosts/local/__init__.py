# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Hosts on loopback addresses, with no isolation and no need for root."""

from __future__ import annotations

from .hosts import LocalHosts, clean

__all__ = ["LocalHosts", "clean"]
