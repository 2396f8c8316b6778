# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where a running machine differs from what is asked for. Pure functions."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from ansible_collections.lambdal.cloud.plugins.module_utils._types import Instance
from ansible_collections.lambdal.cloud.plugins.module_utils._view import instance_type_name, region_name, tags_of
from ansible_collections.lambdal.cloud.plugins.module_utils._wanted import FLEET_TAG, Wanted


@dataclass(frozen=True)
class Difference:
    """A field of a machine that is not as asked for; `choice` where any one of what was asked would have done."""

    field: str
    has: t.Any
    asked: t.Any
    choice: bool = False

    def __str__(self) -> str:
        return f"{self.field} is {_listed(self.has)}, not {_listed(self.asked, ' or ' if self.choice else ', ')}"


def differences(row: Instance, wanted: Wanted, ruleset_ids: t.Collection[str] | None = None) -> list[Difference]:
    """Every difference that the API tells of. What it does not tell is not compared, nor what was not asked for.

    Args:
        ruleset_ids: the ids of the wanted firewall rulesets, where they are known.
    """
    return [
        *_one_of("instance_type", instance_type_name(row), wanted.instance_types),
        *_one_of("region", region_name(row), wanted.regions),
        *_ssh_key(row, wanted),
        *_file_systems(row, wanted),
        *_one_of("hostname", row.get("hostname"), (wanted.hostname,) if wanted.hostname else ()),
        *_image(row, wanted),
        *_tags(row, wanted),
        *_rulesets(row, ruleset_ids),
    ]


def fleet_of_others(row: Instance, wanted: Wanted) -> str | None:
    """The fleet that a machine is of, where that is another than the one for which it is asked. One of no fleet is as asked for."""
    asked = (wanted.tags or {}).get(FLEET_TAG)
    has = tags_of(row).get(FLEET_TAG)
    return has if asked is not None and has is not None and has != asked else None


def _one_of(field: str, has: str | None, asked: tuple[str, ...]) -> t.Iterator[Difference]:
    if has and asked and has not in asked:
        yield Difference(field, has, list(asked), choice=True)


def _ssh_key(row: Instance, wanted: Wanted) -> t.Iterator[Difference]:
    has = row.get("ssh_key_names")
    if has and wanted.ssh_key and wanted.ssh_key not in has:
        yield Difference("ssh_key", list(has), wanted.ssh_key)


def _file_systems(row: Instance, wanted: Wanted) -> t.Iterator[Difference]:
    has, asked, mounts = row.get("file_system_names"), wanted.attached(), row.get("file_system_mounts")
    if has is not None and (wanted.file_systems is not None or wanted.mounts):
        # Whoever asks by an id finds it among the mounts.
        known = {*has, *(mount.get("file_system_id") for mount in mounts or ())}
        if len(has) != len(asked) or not known.issuperset(asked):
            yield Difference("file_systems", sorted(has), sorted(asked))
    if mounts is not None:
        at = {mount["mount_point"]: mount.get("file_system_id") for mount in mounts}
        # A name is not told beside a mount; where an id is given, it has to be at its place.
        if any(
            mount.mount_point not in at
            or (mount.file_system in at.values() and at[mount.mount_point] != mount.file_system)
            for mount in wanted.mounts
        ):
            yield Difference("file_system_mounts", sorted(at), sorted(mount.mount_point for mount in wanted.mounts))


def _image(row: Instance, wanted: Wanted) -> t.Iterator[Difference]:
    has = row.get("image")
    if wanted.image and isinstance(has, dict) and has and wanted.image not in has.values():
        yield Difference("image", has.get("family") or has.get("id"), wanted.image)


def _tags(row: Instance, wanted: Wanted) -> t.Iterator[Difference]:
    if row.get("tags") is None or not wanted.tags:
        return
    has = tags_of(row)
    asked = {key: value for key, value in wanted.tags.items() if key != FLEET_TAG}
    lacking = {key: value for key, value in asked.items() if has.get(key) != value}
    if lacking:
        yield Difference("tags", {key: has[key] for key in lacking if key in has}, lacking)


def _rulesets(row: Instance, ruleset_ids: t.Collection[str] | None) -> t.Iterator[Difference]:
    has = row.get("firewall_rulesets")
    if has is not None and ruleset_ids is not None and {entry["id"] for entry in has} != set(ruleset_ids):
        yield Difference("firewall_rulesets", sorted(entry["id"] for entry in has), sorted(ruleset_ids))


def _listed(value: t.Any, separator: str = ", ") -> str:
    if isinstance(value, dict):
        value = [f"{key}={each}" for key, each in value.items()]
    if isinstance(value, list):
        return separator.join(map(str, value)) if value else "none"
    return str(value)
