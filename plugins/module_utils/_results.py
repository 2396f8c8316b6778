# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The mapping from the API's objects to what users see in results and in the inventory."""

from __future__ import annotations

import math
import typing as t

from ansible_collections.lambdal.cloud.plugins.module_utils._client.models import architecture, price_cents_per_hour
from ansible_collections.lambdal.cloud.plugins.module_utils._host_vars import host_variables

# With one of these, anybody can log in to JupyterLab on the instance.
_SECRET_FIELDS = ("jupyter_token", "jupyter_url")

# Fields that results always have, as null if the API leaves them out.
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
    """Return an instance with every documented field and whatever else the API sent, without secrets unless asked for."""
    documented = _INSTANCE_FIELDS + (_SECRET_FIELDS if show_jupyter else ())
    return {**dict.fromkeys(documented), **(row if show_jupyter else without_secrets(row))}


def without_secrets(row: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    """Return an instance without its secret fields, as it may be kept in a file."""
    return {name: value for name, value in row.items() if name not in _SECRET_FIELDS}


def instance_result(row: t.Mapping[str, t.Any], show_jupyter: bool = False) -> dict[str, t.Any]:
    """Return an instance as modules return it: its fields, and in `host` its variables in the inventory."""
    fields = instance_fields(row, show_jupyter)
    return {**fields, "host": host_variables(instance_fields(row))}


def ssh_key_result(row: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    """Return an SSH key without its private key, whatever the API sent."""
    return {name: value for name, value in row.items() if name != "private_key"}


def instance_type_results(offers: t.Mapping[str, t.Mapping[str, t.Any]]) -> list[dict[str, t.Any]]:
    """Return instance types as modules return them: cheapest first, with the names of the regions that have capacity."""
    rows = [
        {
            **offer["instance_type"],
            "architecture": architecture(offer["instance_type"]),
            "price_cents_per_hour": price_cents_per_hour(offer),
            "regions_with_capacity_available": [region["name"] for region in offer["regions_with_capacity_available"]],
        }
        for offer in offers.values()
    ]
    return sorted(rows, key=lambda row: (price_or_infinity(row), row["name"]))


def price_or_infinity(instance_type: t.Mapping[str, t.Any]) -> float:
    """Return the price of an instance type to sort and compare by; one that is not known is above all others."""
    price = instance_type.get("price_cents_per_hour")
    return math.inf if price is None else int(price)
