# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An account's things as the API shows them, version by version."""

from __future__ import annotations

import typing as t

from .account import Account
from .resources import FileSystem, Instance, SshKey

Json = dict[str, t.Any]

_OWNER = {"id": "3da5a70a57a7422ea8a7203f98b2198b", "email": "simulator@lambda-cloud.example", "status": "active"}


class Views:
    """What both versions show alike, and how 1.5.3 shows the rest: what is not known is null."""

    def __init__(self, account: Account) -> None:
        self.account = account

    def region(self, name: str) -> Json:
        return {"name": name, "description": self.account.catalogue.regions.get(name, name)}

    def instance(self, row: Instance) -> Json:
        return {
            "id": row.id,
            "name": row.name,
            "ip": row.ip,
            "status": row.status,
            "ssh_key_names": [key.name for key in row.ssh_keys],
            "file_system_names": [each.name for each in row.file_systems],
            "region": self.region(row.region),
            "instance_type": row.type.as_api(),
            "hostname": row.hostname,
            "jupyter_token": row.jupyter_token,
            "jupyter_url": self._jupyter_url(row),
        }

    @staticmethod
    def _jupyter_url(row: Instance) -> str | None:
        if row.jupyter_token is None:
            return None
        return f"https://jupyter-{row.id}.lambdaspaces.example/?token={row.jupyter_token}"

    def instance_types(self) -> Json:
        return {
            name: {
                "instance_type": type_.as_api(),
                "regions_with_capacity_available": [
                    self.region(region) for region in self.account.available_regions(name)
                ],
            }
            for name, type_ in self.account.catalogue.types.items()
        }

    @staticmethod
    def ssh_key(row: SshKey, private_key: str | None = None) -> Json:
        key: Json = {"id": row.id, "name": row.name, "public_key": row.public_key}
        return {**key, "private_key": private_key} if private_key else key

    def file_system(self, row: FileSystem) -> Json:
        return {
            "id": row.id,
            "name": row.name,
            "created": self.account.clock.date(row.created).isoformat(timespec="seconds"),
            "created_by": _OWNER,
            "mount_point": self.account.default_mount_point(row.name),
            "region": self.region(row.region),
            "is_in_use": self.account.file_system_in_use(row),
            "bytes_used": row.bytes_used,
        }


class Views1100(Views):
    """As 1.10.0 shows them: what is not known is left out."""

    def instance(self, row: Instance) -> Json:
        shown = {**super().instance(row), "private_ip": row.private_ip}
        shown["file_system_mounts"] = [
            {"mount_point": mount.mount_point, "file_system_id": mount.file_system_id} for mount in row.mounts
        ] or None
        shown["tags"] = [{"key": key, "value": value} for key, value in row.tags]
        shown["firewall_rulesets"] = [{"id": ruleset} for ruleset in row.rulesets]
        shown["actions"] = self._actions(row)
        return {field: value for field, value in shown.items() if value is not None}

    @staticmethod
    def _actions(row: Instance) -> Json:
        if row.status == "booting":
            reason = {"reason_code": "vm-has-not-launched", "reason_description": "The instance has not booted yet."}
        elif not row.live:
            reason = {"reason_code": "vm-is-terminating", "reason_description": "The instance is being terminated."}
        else:
            reason = {}
        state: Json = {"available": not reason, **reason}
        blocked = {"available": False, "reason_code": "vm-is-too-old", "reason_description": "Not offered here."}
        return {
            "migrate": blocked,
            "rebuild": blocked,
            "restart": state,
            "cold_reboot": state,
            "terminate": {"available": True} if row.live else state,
        }
