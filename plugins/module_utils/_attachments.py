# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a launch takes from the account: file systems, firewall rulesets and an image. All of them pin the region."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field

from ansible_collections.lambdal.cloud.plugins.module_utils._errors import InvalidInput
from ansible_collections.lambdal.cloud.plugins.module_utils._types import Image, LaunchRequest
from ansible_collections.lambdal.cloud.plugins.module_utils._view import region_name
from ansible_collections.lambdal.cloud.plugins.module_utils._wanted import Wanted

# The id that something has in each region, by the region's name.
Homes = t.Mapping[str, str]


@dataclass(frozen=True)
class Attachments:
    """What one machine is launched with, found in the account.

    `file_systems` and `firewall_rulesets` by the name or id that the user gave; `image_places` are the pairs of region and
    architecture that have the image, None where none was asked for.
    """

    file_systems: t.Mapping[str, Homes] = field(default_factory=dict)
    firewall_rulesets: t.Mapping[str, Homes] = field(default_factory=dict)
    image: t.Mapping[str, str] | None = None
    image_places: frozenset[tuple[str, str]] | None = None

    def regions(self) -> frozenset[str] | None:
        """The regions that have everything; None where any would do."""
        sets = [frozenset(homes) for homes in (*self.file_systems.values(), *self.firewall_rulesets.values())]
        if self.image_places is not None:
            sets.append(frozenset(region for region, _architecture in self.image_places))
        return frozenset.intersection(*sets) if sets else None

    def fits(self, instance_type: str, region: str) -> bool:
        """Whether the image exists in the region for the type's architecture."""
        return self.image_places is None or (region, architecture(instance_type)) in self.image_places

    def complete(self, request: LaunchRequest, wanted: Wanted) -> None:
        """Add the fields of a launch that name what is attached."""
        region = request["region_name"]
        if wanted.file_systems:
            request["file_system_names"] = list(wanted.file_systems)
        if wanted.mounts:
            request["file_system_mounts"] = [
                {"mount_point": mount.mount_point, "file_system_id": self.file_systems[mount.file_system][region]}
                for mount in wanted.mounts
            ]
        if wanted.firewall_rulesets:
            request["firewall_rulesets"] = [
                {"id": self.firewall_rulesets[name][region]} for name in wanted.firewall_rulesets
            ]
        if self.image:
            request["image"] = dict(self.image)


def architecture(instance_type: str) -> str:
    """The CPU architecture of an instance type, which the API does not tell: Grace is arm64."""
    return "arm64" if "_gh200" in instance_type or "_gb" in instance_type else "x86_64"


def homes(rows: t.Iterable[t.Mapping[str, t.Any]], name: str, by_id: bool = True) -> dict[str, str]:
    """The id, by region, of the file system or ruleset with this name or id. Two regions may each have one of a name."""
    return {
        region_name(row) or "": row["id"] for row in rows if name == row.get("name") or (by_id and name == row["id"])
    }


class DoesNotExist(InvalidInput):
    """A machine asks for a file system or a ruleset that is not there."""

    def __init__(self, wanted: Wanted, kind: str, name: str, rows: t.Iterable[t.Mapping[str, t.Any]]) -> None:
        known = ", ".join(sorted({str(row.get("name")) for row in rows})) or "none"
        super().__init__(
            f"'{wanted.name}' asks for the {kind} '{name}', which does not exist in this account. There are: {known}."
        )


def find_image(wanted: Wanted, images: t.Sequence[Image]) -> tuple[dict[str, str], frozenset[tuple[str, str]]]:
    """How a launch names the image, and where it exists: pairs of region and architecture.

    Raises:
        InvalidInput: no image has this id or family.
    """
    for key in ("id", "family"):
        rows = [row for row in images if row.get(key) == wanted.image]
        if rows:
            return {key: str(wanted.image)}, frozenset(
                (region_name(row) or "", str(row.get("architecture"))) for row in rows
            )
    families = ", ".join(sorted({str(row.get("family")) for row in images})) or "none"
    raise InvalidInput(
        f"'{wanted.name}' asks for the image '{wanted.image}', which is neither an id nor a family. Families: {families}."
    )
