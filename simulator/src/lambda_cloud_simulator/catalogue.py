# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the simulated service offers: instance types, regions and images."""

from __future__ import annotations

import functools
import re
import typing as t
from dataclasses import dataclass

from pydantic import ConfigDict

from .images import Image


@dataclass(frozen=True)
class InstanceType:
    """An instance type. The price is in US cents per hour, sizes in GiB, `boot` in simulated seconds.

    `file_systems` tells whether its machines can mount any.
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
        """The type as the API shows it."""
        return {
            "name": self.name,
            "description": self.description,
            "gpu_description": self.gpu_description,
            "price_cents_per_hour": self.price_cents_per_hour,
            "specs": {
                "vcpus": self.vcpus,
                "memory_gib": self.memory_gib,
                "storage_gib": self.storage_gib,
                "gpus": self.gpus,
            },
        }

    @property
    def gpu_memory_mib(self) -> int:
        """Memory of one GPU in MiB, which the description tells in GB."""
        match = re.search(r"\((\d+) GB", self.gpu_description)
        return int(match[1]) * 1024 if match else 0

    @property
    def gpu_model(self) -> str:
        """The model as nvidia-smi names it."""
        return "NVIDIA " + re.sub(r" \(.*", "", self.gpu_description)


@dataclass(frozen=True)
class Catalogue:
    """What can be had. `regions` maps names to descriptions."""

    regions: dict[str, str]
    types: dict[str, InstanceType]
    images: tuple[Image, ...]

    @functools.cached_property
    def regions_as_api(self) -> dict[str, dict[str, str]]:
        """Each region as the API shows it."""
        return {name: {"name": name, "description": description} for name, description in self.regions.items()}
