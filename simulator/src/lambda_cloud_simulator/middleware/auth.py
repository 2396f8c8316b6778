# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Authorization: the account's keys, as Bearer or Basic."""

from __future__ import annotations

import base64
import binascii
import hmac
import typing as t

from ..account.errors import ServiceError, invalid_api_key, no_api_key


def refusal(header: str | None, keys: t.Iterable[str]) -> ServiceError | None:
    """Return why an Authorization header is refused; None where it holds one of the keys, in a form that is taken."""
    given = _key_of(header or "")
    if not given:
        return no_api_key()
    if any(hmac.compare_digest(given.encode(), key.encode()) for key in keys):
        return None
    return invalid_api_key()


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
