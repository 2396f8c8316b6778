# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Images. One id may stand in several regions, and a family and name may have several ids."""

from __future__ import annotations

import typing as t
import uuid
from dataclasses import dataclass

from .errors import does_not_exist, invalid_parameters

_NAMESPACE = uuid.UUID("0f6cf2a9-52e4-4c43-8f0e-6c3d1f7f2d11")


@dataclass(frozen=True)
class Image:
    """An image in a region; `created` as the API writes it."""

    id: str
    family: str
    version: str
    description: str
    architecture: str
    region: str
    created: str

    @property
    def name(self) -> str:
        """Return the name that the API shows."""
        return f"{self.family}-{self.version}"


def in_regions(rows: t.Sequence[t.Mapping[str, t.Any]], regions: t.Sequence[str]) -> tuple[Image, ...]:
    """Return the images that rows of a scenario describe, once for each region and architecture.

    Args:
        rows: mappings with `family`, `version`, `description`, `created`, `architectures`, `regions` and `ids`.
        regions: the names of all regions.
    """
    return tuple(
        Image(
            id=image_id,
            family=row["family"],
            version=row["version"],
            description=row["description"],
            architecture=architecture,
            region=region,
            created=row["created"],
        )
        for row in rows
        for architecture in row["architectures"]
        for region, image_id in _ids(row, architecture, row["regions"] or regions).items()
    )


def _ids(row: t.Mapping[str, t.Any], architecture: str, regions: t.Sequence[str]) -> dict[str, str]:
    """Return the image's id in each region: neighbours share one where there are fewer ids than regions."""
    count = min(row["ids"] or len(regions), len(regions))
    # The first region of those that share an id makes it.
    first: dict[int, str] = {}
    groups = [number * count // len(regions) for number in range(len(regions))]
    makers = [first.setdefault(group, region) for group, region in zip(groups, regions, strict=True)]
    return {
        region: str(uuid.uuid5(_NAMESPACE, f"{maker}/{row['family']}/{row['version']}/{architecture}"))
        for region, maker in zip(regions, makers, strict=True)
    }


def choose(
    images: t.Iterable[Image],
    region: str,
    architecture: str,
    image_id: str | None,
    family: str | None,
    default_family: str | None,
) -> Image | None:
    """Return the image of a launch, which names it by its id or its family or else gets the region's default.

    A family stands for its newest image. None is returned where the default is not for this architecture.

    Raises:
        ServiceError: there is none, not in this region, or not for this architecture.
    """
    here = [image for image in images if image.region == region and image.architecture == architecture]
    if image_id is None and family is None:
        return max((image for image in here if image.family == default_family), key=_age, default=None)
    named = [image for image in images if image_id in (None, image.id) and family in (None, image.family)]
    if not named:
        raise does_not_exist(f"The image {image_id or family}")
    if region not in {image.region for image in named}:
        places = ", ".join(sorted({image.region for image in named}))
        raise invalid_parameters("image", f"The image is in {places}, not in {region}.")
    fitting = [image for image in here if image in named]
    if not fitting:
        raise invalid_parameters(
            "image", f"The image is not for {architecture}, the architecture of the instance type."
        )
    return max(fitting, key=_age)


def _age(image: Image) -> str:
    return image.created
