# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What runs in an account, whose it is and what it costs, as data and as a table. Pure functions."""

from __future__ import annotations

import re
import time
import typing as t

from ansible_collections.lambdal.cloud.plugins.module_utils._client.models import (
    Row,
    instance_type_name,
    is_reserved,
    price_cents_per_hour,
    region_name,
    tags_of,
)
from ansible_collections.lambdal.cloud.plugins.module_utils._errors import InvalidInput
from ansible_collections.lambdal.cloud.plugins.module_utils._expiry import expires_at
from ansible_collections.lambdal.cloud.plugins.module_utils._instances.report import hourly_cost_cents
from ansible_collections.lambdal.cloud.plugins.module_utils._instances.spec import FLEET_TAG
from ansible_collections.lambdal.cloud.plugins.plugin_utils._fleet import counted, dollars, price_cell
from ansible_collections.lambdal.cloud.plugins.plugin_utils._tables import table_lines

FORMATS = ("table", "json")
_HEADINGS = ["NAME", "TYPE", "REGION", "ADDRESS", "STATUS", "OWNER", "AGE", "USD/HOUR", "EXPIRES"]


def account_status(
    instances: t.Iterable[Row], form: str, owner_tag: str, birth_tag: str, now: float | None = None
) -> list[str] | dict[str, t.Any]:
    """Return the lines of a table of instances with the sum of what they cost, or the same as data.

    Args:
        form: of `FORMATS`.
        owner_tag: key of the tag that names an instance's owner.
        birth_tag: key of the tag with the time of a launch, in seconds since 1970.
        now: seconds since 1970; by default the time on this host.

    Raises:
        InvalidInput: there is no such format.
    """
    if form not in FORMATS:
        raise InvalidInput(f"The format is {' or '.join(FORMATS)}, not {form!r}.")
    instances = sorted(instances, key=lambda row: (str(row.get("name") or ""), str(row["id"])))
    now = time.time() if now is None else now
    ages = [_age(row, birth_tag, now) for row in instances]
    total = hourly_cost_cents(t.cast("t.Any", instances))
    if form == "json":
        return {
            "instances": [_fields(row, owner_tag, age) for row, age in zip(instances, ages, strict=True)],
            "hourly_cost_cents": total,
        }
    rows = [_cells(row, owner_tag, age) for row, age in zip(instances, ages, strict=True)]
    return table_lines([_HEADINGS, *rows, [counted(len(rows), "instance"), *["="] * 6, dollars(total), "="]])


def _fields(row: Row, owner_tag: str, age: int | None) -> dict[str, t.Any]:
    tags = tags_of(row)
    return {
        "id": row["id"],
        "name": row.get("name"),
        "instance_type": instance_type_name(row),
        "region": region_name(row),
        "ip": row.get("ip"),
        "status": row.get("status"),
        "owner": tags.get(owner_tag),
        "fleet": tags.get(FLEET_TAG),
        "age_seconds": age,
        "price_cents_per_hour": price_cents_per_hour(row),
        "reserved": is_reserved(row),
        "expires_at": expires_at(row),
    }


def _cells(row: Row, owner_tag: str, age: int | None) -> list[t.Any]:
    fields = _fields(row, owner_tag, age)
    return [
        fields["name"] or fields["id"],
        *(fields[name] for name in ("instance_type", "region", "ip", "status", "owner")),
        None if age is None else age_text(age),
        price_cell(row),
        fields["expires_at"],
    ]


def _age(row: Row, birth_tag: str, now: float) -> int | None:
    birth = str(tags_of(row).get(birth_tag, ""))
    return max(int(now) - int(birth), 0) if re.fullmatch(r"[0-9]{1,12}", birth) else None


def age_text(seconds: int) -> str:
    """Write an age in its two largest units: `3d4h`, `5h12m`, `12m`."""
    minutes = seconds // 60
    hours, days = minutes // 60, minutes // 1440
    if days:
        return f"{days}d{hours % 24}h"
    return f"{hours}h{minutes % 60}m" if hours else f"{minutes}m"
