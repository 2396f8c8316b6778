# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the simulated service offers: instance types, regions and file systems."""

from __future__ import annotations

import re
import typing as t
from dataclasses import dataclass
from importlib import resources

import yaml


@dataclass(frozen=True)
class InstanceType:
    """An instance type. The price is in US cents per hour, sizes in GiB, `boot` in simulated seconds."""

    name: str
    description: str
    gpu_description: str
    price_cents_per_hour: int
    vcpus: int
    memory_gib: int
    storage_gib: int
    gpus: int
    boot: float
    architecture: str

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
    """All that an account starts with."""

    regions: dict[str, str]
    types: dict[str, InstanceType]
    capacity: dict[str, dict[str, int]]
    file_systems: list[dict[str, t.Any]]


def load(data: dict[str, t.Any] | None = None) -> Catalogue:
    """The built-in catalogue, or one of the same form."""
    if data is None:
        data = yaml.safe_load((resources.files(__package__) / "data" / "catalogue.yaml").read_text("utf-8"))
    assert data is not None
    types = {name: InstanceType(name=name, **fields) for name, fields in data["instance_types"].items()}
    return Catalogue(
        regions=data["regions"],
        types=types,
        capacity={name: dict(data["capacity"].get(name) or {}) for name in types},
        file_systems=data["file_systems"],
    )
