# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Machine images: one id per region, family, version and architecture."""

from __future__ import annotations

import typing as t
import uuid
from dataclasses import dataclass

from .errors import does_not_exist, invalid_parameters

_NAMESPACE = uuid.UUID("0f6cf2a9-52e4-4c43-8f0e-6c3d1f7f2d11")


@dataclass(frozen=True)
class Image:
    """An image in a region; times as the API writes them."""

    id: str
    family: str
    version: str
    description: str
    architecture: str
    region: str
    created: str

    @property
    def name(self) -> str:
        return f"{self.family}-{self.version}"


def of_regions(rows: t.Sequence[t.Mapping[str, t.Any]], regions: t.Iterable[str]) -> tuple[Image, ...]:
    """The images of a catalogue, whose rows say `family`, `version`, `description`, `created` and `architectures`."""
    return tuple(
        Image(
            id=str(uuid.uuid5(_NAMESPACE, f"{region}/{row['family']}/{row['version']}/{architecture}")),
            family=row["family"],
            version=row["version"],
            description=row["description"],
            architecture=architecture,
            region=region,
            created=row["created"],
        )
        for region in regions
        for row in rows
        for architecture in row["architectures"]
    )


def check(images: t.Iterable[Image], region: str, architecture: str, image_id: str | None, family: str | None) -> None:
    """Whether a launch may use an image, by its id or family.

    Raises:
        ServiceError: there is none, not in this region, or not for this architecture.
    """
    if image_id is None and family is None:
        return
    named = [image for image in images if image_id in (None, image.id) and family in (None, image.family)]
    if not named:
        raise does_not_exist(f"The image {image_id or family}")
    here = [image for image in named if image.region == region]
    if not here:
        raise invalid_parameters("image", f"The image is in {named[0].region}, not in {region}.")
    if not any(image.architecture == architecture for image in here):
        raise invalid_parameters(
            "image", f"The image is not for {architecture}, the architecture of the instance type."
        )
