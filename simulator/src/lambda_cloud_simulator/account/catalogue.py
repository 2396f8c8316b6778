# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What can be had: regions, instance types and images."""

from __future__ import annotations

import functools
import re
import typing as t
from dataclasses import dataclass

from pydantic import ConfigDict

from .images import Image


@dataclass(frozen=True)
class InstanceType:
    """An instance type.

    Attributes:
        price_cents_per_hour: in US cents.
        memory_gib: in GiB, as is `storage_gib`.
        boot: how long a boot takes, in simulated seconds.
        file_systems: whether its instances can mount any.
    """

    __pydantic_config__: t.ClassVar[ConfigDict] = ConfigDict(extra="forbid")

    name: str
    description: str
    gpu_description: str
    price_cents_per_hour: int
    vcpus: int
    memory_gib: int
    storage_gib: int
    gpus: int
    boot: float
    architecture: t.Literal["x86_64", "arm64"] = "x86_64"
    file_systems: bool = True

    @functools.cached_property
    def as_api(self) -> dict[str, t.Any]:
        """Return the type as the API shows it."""
        return {
            "name": self.name,
            "description": self.description,
            "gpu_description": self.gpu_description,
            "price_cents_per_hour": self.price_cents_per_hour,
            "architecture": self.architecture,
            "specs": {
                "vcpus": self.vcpus,
                "memory_gib": self.memory_gib,
                "storage_gib": self.storage_gib,
                "gpus": self.gpus,
            },
        }

    @property
    def gpu_memory_mib(self) -> int:
        """Return the memory of one GPU in MiB, which the description gives in GB."""
        match = re.search(r"\((\d+) GB", self.gpu_description)
        return int(match[1]) * 1024 if match else 0

    @property
    def gpu_model(self) -> str:
        """Return the model as nvidia-smi names it."""
        return "NVIDIA " + re.sub(r" \(.*", "", self.gpu_description)


@dataclass(frozen=True)
class Catalogue:
    """What can be had.

    Attributes:
        regions: names -> descriptions.
        default_images: regions -> the family of the image that a launch there gets which names none.
    """

    regions: dict[str, str]
    types: dict[str, InstanceType]
    images: tuple[Image, ...]
    default_images: dict[str, str]

    @functools.cached_property
    def regions_as_api(self) -> dict[str, dict[str, str]]:
        """Return each region as the API shows it."""
        return {name: {"name": name, "description": description} for name, description in self.regions.items()}
