# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""When instances expire: durations as users write them, and the tag that holds the time. Pure functions."""

from __future__ import annotations

import calendar
import re
import time
import typing as t

from ansible_collections.lambdal.cloud.plugins.module_utils._errors import InvalidInput

# A tag with the time at which an instance is to be terminated. Tags cannot be changed after the launch.
EXPIRY_TAG = "lambdal-cloud-expires"

_SECONDS = {"d": 86400, "h": 3600, "m": 60, "s": 1}
_DURATION = re.compile(r"(?:(\d{1,5})d)?(?:(\d{1,7})h)?(?:(\d{1,8})m)?(?:(\d{1,9})s)?")
# UTC, as 2026-11-26T18:00:00Z
_FORMAT = "%Y-%m-%dT%H:%M:%SZ"
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")


def duration_seconds(text: t.Any, option: str) -> int:
    """Return the seconds of a duration such as `8h`, `90m` or `1d12h`.

    Raises:
        InvalidInput: it is no duration, or none at all.
    """
    found = _DURATION.fullmatch(str(text).strip())
    seconds = (
        sum(int(number or 0) * unit for number, unit in zip(found.groups(), _SECONDS.values(), strict=True))
        if found
        else 0
    )
    if not seconds:
        raise InvalidInput(f"{option} must be a duration such as 8h, 90m or 1d12h, not {text!r}.")
    return seconds


def time_text(seconds: float) -> str:
    """Return a time, given in seconds since 1970, as the tag holds it."""
    return time.strftime(_FORMAT, time.gmtime(seconds))


def time_seconds(text: t.Any) -> int | None:
    """Return a time that the tag holds in seconds since 1970; None where it is no time."""
    if not isinstance(text, str) or not _TIME.fullmatch(text):
        return None
    try:
        return calendar.timegm(time.strptime(text, _FORMAT))
    except ValueError:
        return None


def expires_at(row: t.Mapping[str, t.Any]) -> str | None:
    """Return the time at which an instance expires, as its tag holds it; None without one, or where it is no time."""
    for tag in row.get("tags") or ():
        if tag.get("key") == EXPIRY_TAG:
            return tag["value"] if time_seconds(tag.get("value")) is not None else None
    return None
