# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Drift: where an existing instance differs from its spec. Pure functions."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from ansible_collections.lambdal.cloud.plugins.module_utils._client.models import (
    Instance,
    instance_type_name,
    region_name,
    tags_of,
)
from ansible_collections.lambdal.cloud.plugins.module_utils._instances.spec import FLEET_TAG, InstanceSpec


@dataclass(frozen=True)
class Difference:
    """A field that is not as asked for; `choice` where any one of the asked values would have done."""

    field: str
    has: t.Any
    asked: t.Any
    choice: bool = False

    def __str__(self) -> str:
        return f"{self.field} is {_listed(self.has)}, not {_listed(self.asked, ' or ' if self.choice else ', ')}"


def differences(row: Instance, spec: InstanceSpec, ruleset_ids: t.Collection[str] | None = None) -> list[Difference]:
    """Return every difference that the API shows. What it does not show is not compared, nor what was not asked for.

    Args:
        ruleset_ids: the IDs of the wanted firewall rulesets, where they are known.
    """
    return [
        *_one_of("instance_type", instance_type_name(row), spec.instance_types),
        *_needs(row, spec),
        *_one_of("region", region_name(row), spec.regions),
        *_ssh_key(row, spec),
        *_file_systems(row, spec),
        *_one_of("hostname", row.get("hostname"), (spec.hostname,) if spec.hostname else ()),
        *_image(row, spec),
        *_tags(row, spec),
        *_rulesets(row, ruleset_ids),
    ]


def other_fleet(row: Instance, spec: InstanceSpec) -> str | None:
    """Return the fleet that an instance belongs to, where that is not the one of the spec. One of no fleet is as asked for."""
    asked = (spec.tags or {}).get(FLEET_TAG)
    has = tags_of(row).get(FLEET_TAG)
    return has if asked is not None and has is not None and has != asked else None


def _one_of(field: str, has: str | None, asked: tuple[str, ...]) -> t.Iterator[Difference]:
    if has and asked and has not in asked:
        yield Difference(field, has, list(asked), choice=True)


def _needs(row: Instance, spec: InstanceSpec) -> t.Iterator[Difference]:
    """Compare what the type of an instance has with what is needed; what it does not show is not compared."""
    has_type = row.get("instance_type")
    if spec.needs is not None and has_type:
        for field, has, needed in spec.needs.mismatches(has_type):
            if has is not None:
                yield Difference(f"needs.{field}", has, needed)


def _ssh_key(row: Instance, spec: InstanceSpec) -> t.Iterator[Difference]:
    has = row.get("ssh_key_names")
    if has and spec.ssh_key and spec.ssh_key not in has:
        yield Difference("ssh_key", list(has), spec.ssh_key)


def _file_systems(row: Instance, spec: InstanceSpec) -> t.Iterator[Difference]:
    has, asked, mounts = row.get("file_system_names"), spec.attached(), row.get("file_system_mounts")
    if has is not None and (spec.file_systems is not None or spec.mounts):
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
            for mount in spec.mounts
        ):
            yield Difference("file_system_mounts", sorted(at), sorted(mount.mount_point for mount in spec.mounts))


def _image(row: Instance, spec: InstanceSpec) -> t.Iterator[Difference]:
    has = row.get("image")
    if spec.image and isinstance(has, dict) and has and spec.image not in has.values():
        yield Difference("image", has.get("family") or has.get("id"), spec.image)


def _tags(row: Instance, spec: InstanceSpec) -> t.Iterator[Difference]:
    if row.get("tags") is None or not spec.tags:
        return
    has = tags_of(row)
    asked = {key: value for key, value in spec.tags.items() if key != FLEET_TAG}
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
