# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The one mapping from the API's objects to what users see, in results and in the inventory."""

from __future__ import annotations

import typing as t

from ansible_collections.lambdal.cloud.plugins.module_utils._hosts import host_variables

# Anybody who holds these is logged in to the machine.
_SECRET_FIELDS = ("jupyter_token", "jupyter_url")

# Fields that a user may rely on; the API leaves out what it does not know.
_INSTANCE_FIELDS = (
    "id",
    "name",
    "status",
    "ip",
    "private_ip",
    "hostname",
    "region",
    "instance_type",
    "ssh_key_names",
    "file_system_names",
)


def instance_fields(row: t.Mapping[str, t.Any], show_jupyter: bool = False) -> dict[str, t.Any]:
    """An instance with every documented field, whatever else the API sent, and no secret unless asked for."""
    documented = _INSTANCE_FIELDS + (_SECRET_FIELDS if show_jupyter else ())
    return {**dict.fromkeys(documented), **(row if show_jupyter else without_secrets(row))}


def without_secrets(row: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    """An instance as it may be kept in a file."""
    return {name: value for name, value in row.items() if name not in _SECRET_FIELDS}


def instance_result(row: t.Mapping[str, t.Any], show_jupyter: bool = False) -> dict[str, t.Any]:
    """An instance as modules return it: its fields, and in `host` the variables that the inventory would give it."""
    fields = instance_fields(row, show_jupyter)
    return {**fields, "host": host_variables(instance_fields(row))}


def price_cents_per_hour(row: t.Mapping[str, t.Any]) -> int | None:
    """The instance's price in whole US cents per hour; None where the API does not tell it."""
    price = _object(row, "instance_type").get("price_cents_per_hour")
    # One example in the API description shows the price as a string.
    return None if price is None else int(price)


def region_name(row: t.Mapping[str, t.Any]) -> str | None:
    """The short name of the region of an instance or a file system."""
    return _object(row, "region").get("name")


def instance_type_name(row: t.Mapping[str, t.Any]) -> str | None:
    """The name of an instance's type."""
    return _object(row, "instance_type").get("name")


def tags_of(row: t.Mapping[str, t.Any]) -> dict[str, str]:
    """The tags of an instance, by their keys."""
    return {tag["key"]: tag["value"] for tag in row.get("tags") or ()}


def _object(row: t.Mapping[str, t.Any], field: str) -> t.Mapping[str, t.Any]:
    value = row.get(field)
    return value if isinstance(value, dict) else {}


def ssh_key_result(row: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    """An SSH key without its private half, whatever the API sent."""
    return {name: value for name, value in row.items() if name != "private_key"}


def instance_type_results(offers: t.Mapping[str, t.Mapping[str, t.Any]]) -> list[dict[str, t.Any]]:
    """Instance types as modules return them, cheapest first, with the short names of the regions that have capacity."""
    rows = [
        {
            **offer["instance_type"],
            "price_cents_per_hour": int(offer["instance_type"]["price_cents_per_hour"]),
            "regions_with_capacity_available": [region["name"] for region in offer["regions_with_capacity_available"]],
        }
        for offer in offers.values()
    ]
    return sorted(rows, key=lambda row: (row["price_cents_per_hour"], row["name"]))
