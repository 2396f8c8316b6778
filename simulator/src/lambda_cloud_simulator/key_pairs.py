# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""SSH key pairs, made and checked by asyncssh."""

from __future__ import annotations

import asyncssh

from .errors import invalid_parameters


def generate(comment: str) -> tuple[str, str]:
    """A new pair: the private key in OpenSSH's form, and the public one on a line."""
    key = asyncssh.generate_private_key("ssh-ed25519", comment=comment)
    return key.export_private_key().decode(), key.export_public_key().decode().strip()


def check_public_key(text: str) -> str:
    """The public key on one line.

    Raises:
        ServiceError: it is none.
    """
    try:
        return asyncssh.import_public_key(text).export_public_key().decode().strip()
    except (asyncssh.KeyImportError, ValueError, UnicodeError):
        raise invalid_parameters("public_key", "This is not a public key in a form that is known here.") from None
