# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""`--hosts machine`: every active instance is a systemd-nspawn machine with Debian 12 (root on Linux only).

Each machine has a writable layer over one cached root file system and its own address on a bridge that belongs to
this simulator. Its mounts and its network namespace exist only inside its own processes, so they end with them.
"""

from __future__ import annotations

from .hosts import MachineHosts
from .sweep import clean

__all__ = ["MachineHosts", "clean"]
