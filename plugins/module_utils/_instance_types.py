# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Choosing among instance types, in the form in which modules return them. Pure functions."""

from __future__ import annotations

import re
import typing as t

Row = t.Mapping[str, t.Any]


def gpu_memory_gb(row: Row) -> int | None:
    """The memory of one GPU in GB, which only the description tells, as in `A100 (40 GB SXM4)`."""
    found = re.search(r"(\d+)\s*GB", str(row.get("gpu_description")))
    return int(found[1]) if found and row["specs"]["gpus"] else None


def matches(row: Row, options: t.Mapping[str, t.Any]) -> bool:
    """Whether a type is one that the options ask for."""
    regions, gpus = row["regions_with_capacity_available"], row["specs"]["gpus"]
    models = options["gpu_model"]
    return all(
        (
            not options["region"] or not set(regions).isdisjoint(options["region"]),
            options["available"] is None or bool(regions) == options["available"],
            options["min_gpus"] is None or gpus >= options["min_gpus"],
            options["max_gpus"] is None or gpus <= options["max_gpus"],
            not models or any(_has_word(str(row.get("gpu_description")), model) for model in models),
            options["min_gpu_memory_gb"] is None or (gpu_memory_gb(row) or 0) >= options["min_gpu_memory_gb"],
            options["max_price_cents_per_hour"] is None
            or row["price_cents_per_hour"] <= options["max_price_cents_per_hour"],
        )
    )


def _has_word(text: str, word: str) -> bool:
    # An A10 is no A100.
    return re.search(rf"(?<![0-9a-z]){re.escape(word.lower())}(?![0-9a-z])", text.lower()) is not None


def cheapest_first(rows: t.Iterable[t.Any], sort: str) -> list[t.Any]:
    """The types by price, or by the price of one GPU."""
    return sorted(rows, key=lambda row: (_price_per_gpu(row) if sort == "price_per_gpu" else 0.0, _price(row)))


def _price(row: Row) -> int:
    return int(row["price_cents_per_hour"])


def _price_per_gpu(row: Row) -> float:
    gpus = row["specs"]["gpus"]
    return _price(row) / gpus if gpus else float("inf")
