# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who may ask: the account's keys, as Bearer or Basic."""

from __future__ import annotations

import base64
import binascii
import hmac
import typing as t


def is_authorized(header: str | None, keys: t.Iterable[str]) -> bool:
    """Whether an Authorization header holds one of the keys, in a form that the service takes."""
    given = _key_of(header or "")
    return given is not None and any(hmac.compare_digest(given.encode(), key.encode()) for key in keys)


def _key_of(header: str) -> str | None:
    scheme, _, value = header.partition(" ")
    value = value.strip()
    if scheme.lower() == "bearer":
        return value
    if scheme.lower() == "basic":
        try:
            decoded = base64.b64decode(value, validate=True).decode()
        except (binascii.Error, UnicodeDecodeError):
            # The description allows the key itself in place of its encoding.
            return value.removesuffix(":")
        user, _, password = decoded.partition(":")
        return user if not password else None
    return None
