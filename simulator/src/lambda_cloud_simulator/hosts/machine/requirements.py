# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What this kind of host needs of the system it runs on."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

from .. import HostError
from .command import SEARCH_PATH, run

# Tool -> the Debian package it comes in.
TOOLS = {
    "apt-get": "apt",
    "ip": "iproute2",
    "mmdebstrap": "mmdebstrap",
    "mount": "mount",
    "nft": "nftables",
    "nsenter": "util-linux",
    "setpriv": "util-linux",
    "systemd-nspawn": "systemd-container",
    "unshare": "util-linux",
}


def check_layers(folder: Path) -> None:
    """Require that machines can have their writable layers in a folder.

    Raises:
        HostError: they cannot.
    """
    if run("stat", "--file-system", "--format=%T", str(folder)).strip() == "overlayfs":
        raise HostError(
            f"{folder.parent} is on an overlay file system, which cannot hold machines: mount another there."
        )


def check() -> None:
    """Require that this system can have machines.

    Raises:
        HostError: this is not Linux, not root, or a tool is missing; the message says what to do.
    """
    if sys.platform != "linux":
        raise HostError("Hosts of kind 'machine' need Linux; use --hosts local here.")
    if os.geteuid() != 0:
        raise HostError("Hosts of kind 'machine' need root; start the simulator as root or use --hosts local.")
    missing = [tool for tool in TOOLS if shutil.which(tool, path=SEARCH_PATH) is None]
    if missing:
        packages = sorted({TOOLS[tool] for tool in missing})
        raise HostError(
            f"Hosts of kind 'machine' need {', '.join(missing)}: install the Debian package"
            f"{'s' if len(packages) > 1 else ''} {' '.join(packages)}."
        )
