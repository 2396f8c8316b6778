# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which name servers the machines ask."""

from __future__ import annotations

import ipaddress
from pathlib import Path

# systemd-resolved keeps the servers behind its loopback stub in the second.
_FILES = (Path("/etc/resolv.conf"), Path("/run/systemd/resolve/resolv.conf"))


def nameservers() -> list[str]:
    """Return this system's name servers that a machine can reach, which those on loopback are not."""
    for file in _FILES:
        servers = [server for server in _servers(file) if not _is_loopback(server)]
        if servers:
            return servers
    return []


def resolv_conf() -> str:
    """Return what to write to a machine's `/etc/resolv.conf`."""
    return "".join(f"nameserver {server}\n" for server in nameservers())


def _servers(file: Path) -> list[str]:
    if not file.is_file():
        return []
    lines = (line.split() for line in file.read_text().splitlines())
    return [words[1] for words in lines if len(words) > 1 and words[0] == "nameserver"]


def _is_loopback(server: str) -> bool:
    try:
        return ipaddress.ip_address(server.partition("%")[0]).is_loopback
    except ValueError:
        return True
