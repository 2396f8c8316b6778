# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a launch asks for, whichever version of the API it came by."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field


@dataclass(frozen=True)
class LaunchRequest:
    """A launch. `mounts` maps the id of a file system to its mount point."""

    region: str
    instance_type: str
    ssh_key_names: tuple[str, ...]
    file_system_names: tuple[str, ...] = ()
    name: str | None = None
    hostname: str | None = None
    user_data: str | None = None
    tags: tuple[tuple[str, str], ...] = ()
    mounts: t.Mapping[str, str] = field(default_factory=dict)
    rulesets: tuple[str, ...] = ()
    image_id: str | None = None
    image_family: str | None = None
