# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Request bodies of version 1.5.3. Fields that it does not know are passed over."""

from __future__ import annotations

import typing as t

from pydantic import Field

from ...account.launch_request import LaunchRequest
from ..requests import Body, optional

SshKeyName = t.Annotated[str, Field(max_length=64)]


class Launch(Body):
    """Instance_createInstances."""

    region_name: str
    instance_type_name: str
    ssh_key_names: t.Annotated[list[SshKeyName], Field(min_length=1, max_length=1)]
    file_system_names: t.Annotated[list[str], Field(max_length=1)] = []
    quantity: t.Annotated[int, Field(ge=1, le=1)] = 1
    name: t.Annotated[str, Field(min_length=1, max_length=64)] | None = None

    def request(self) -> LaunchRequest:
        return LaunchRequest(
            region=self.region_name,
            instance_type=self.instance_type_name,
            ssh_key_names=tuple(self.ssh_key_names),
            file_system_names=tuple(self.file_system_names),
            name=self.name,
        )


class AddSshKey(Body):
    """Key_addSshKey."""

    name: SshKeyName
    public_key: str = optional(max_length=4096)
