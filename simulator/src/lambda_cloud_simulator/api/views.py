# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An account's resources as the API shows them, version by version."""

from __future__ import annotations

import typing as t

from ..account.account import Account
from ..account.images import Image
from ..account.resources import FileSystem, FirewallRule, Instance, Ruleset, SshKey

Json = dict[str, t.Any]

_OWNER = {"id": "3da5a70a57a7422ea8a7203f98b2198b", "email": "simulator@lambda-cloud.example", "status": "active"}
# What the service was seen to respond with although no description names it.
_WORKSPACE = "c1f2a3b4d5e64f708192a3b4c5d6e7f8"


class Views:
    """The views of 1.5.3, where what an instance does not have is null, and what later versions share with it."""

    empty_fields: t.Literal["null", "missing"] = "null"
    with_architecture = False

    def __init__(self, account: Account) -> None:
        self.account = account

    def region(self, name: str) -> Json:
        return self.account.catalogue.regions_as_api.get(name) or {"name": name, "description": name}

    def instance(self, row: Instance) -> Json:
        shown = self._instance(row)
        if (self.account.quirks.empty_fields or self.empty_fields) == "missing":
            return {field: value for field, value in shown.items() if value is not None}
        return shown

    def _instance(self, row: Instance) -> Json:
        token = row.jupyter_token if row.ip else None
        return {
            "id": row.id,
            "name": row.name,
            "ip": row.ip,
            "status": row.status,
            "ssh_key_names": [key.name for key in row.ssh_keys],
            "file_system_names": [each.name for each in row.file_systems],
            "region": self.region(row.region),
            "instance_type": self.instance_type(row.type.as_api),
            "hostname": row.hostname,
            "jupyter_token": token,
            "jupyter_url": f"https://jupyter-{row.id}.lambdaspaces.example/?token={token}" if token else None,
            "workspace_id": _WORKSPACE,
            "is_reserved": row.is_reserved,
            **row.extra,
        }

    def instance_type(self, shown: Json) -> Json:
        if not self.with_architecture or self.account.quirks.without_architecture:
            shown = {field: value for field, value in shown.items() if field != "architecture"}
        if self.account.quirks.prices_as_strings:
            return {**shown, "price_cents_per_hour": str(shown["price_cents_per_hour"])}
        return shown

    def instance_types(self) -> Json:
        return {
            name: {
                "instance_type": self.instance_type(type_.as_api),
                "regions_with_capacity_available": [
                    self.region(region) for region in self.account.capacity.regions(name)
                ],
            }
            for name, type_ in self.account.catalogue.types.items()
        }

    @staticmethod
    def ssh_key(row: SshKey, private_key: str | None = None) -> Json:
        key: Json = {"id": row.id, "name": row.name, "public_key": row.public_key}
        return {**key, "private_key": private_key} if private_key else key

    def file_systems(self, rows: t.Iterable[FileSystem]) -> list[Json]:
        in_use = self.account.file_systems.in_use()
        return [
            {
                "id": row.id,
                "name": row.name,
                "created": self._date(row.created),
                "created_by": _OWNER,
                "mount_point": self.account.file_systems.default_mount_point(row.name),
                "region": self.region(row.region),
                "is_in_use": row.id in in_use,
                "bytes_used": row.bytes_used,
            }
            for row in rows
        ]

    def _date(self, time: float) -> str:
        return self.account.clock.date(time).isoformat(timespec="seconds")


class Views1100(Views):
    """The views of 1.10.0, where what an instance does not have is missing."""

    empty_fields = "missing"
    with_architecture = True

    def _instance(self, row: Instance) -> Json:
        return {
            **super()._instance(row),
            "private_ip": row.private_ip,
            "file_system_mounts": [
                {"mount_point": mount.mount_point, "file_system_id": mount.file_system_id} for mount in row.mounts
            ]
            or None,
            "tags": None if self.account.quirks.without_tags else _tags(row),
            "firewall_rulesets": [{"id": ruleset} for ruleset in row.rulesets],
            "actions": _actions(row, self.account.instances.is_terminable(row)),
        }

    def regions(self) -> list[Json]:
        return list(self.account.catalogue.regions_as_api.values())

    def image(self, row: Image) -> Json:
        return {
            "id": row.id,
            "created_time": row.created,
            "updated_time": row.created,
            "name": row.name,
            "description": row.description,
            "family": row.family,
            "version": row.version,
            "architecture": row.architecture,
            "region": self.region(row.region),
        }

    @staticmethod
    def rules(rows: t.Iterable[FirewallRule]) -> list[Json]:
        return [
            {
                "protocol": row.protocol,
                **({"port_range": list(row.port_range)} if row.port_range else {}),
                "source_network": row.source_network,
                "description": row.description,
            }
            for row in rows
        ]

    def ruleset(self, row: Ruleset) -> Json:
        return {
            "id": row.id,
            "name": row.name,
            "region": self.region(row.region),
            "rules": self.rules(row.rules),
            "created": self._date(row.created),
            "instance_ids": self.account.firewall.instances_of(row.id),
        }

    def global_ruleset(self) -> Json:
        return {"id": "global", "name": "Global", "rules": self.rules(self.account.firewall.rules)}


def _state(reason: str | None, description: str = "") -> Json:
    return (
        {"available": False, "reason_code": reason, "reason_description": description}
        if reason
        else {"available": True}
    )


_OFFERED = _state(None)
_NOT_OFFERED = _state("vm-is-too-old", "The simulator does not offer this.")
_BOOTING = _state("vm-has-not-launched", "The instance has not booted yet.")
_GOING = _state("vm-is-terminating", "The instance is being terminated.")


def _tags(row: Instance) -> list[Json]:
    return [{"key": key, "value": value} for key, value in row.tags]


def _actions(row: Instance, is_terminable: bool) -> Json:
    state = _GOING if not row.live else _BOOTING if row.status == "booting" else _OFFERED
    return {
        "migrate": _NOT_OFFERED,
        "rebuild": _NOT_OFFERED,
        "restart": state,
        "cold_reboot": state,
        "terminate": (_OFFERED if is_terminable else _BOOTING) if row.live else state,
    }
