# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Masking of secrets in what a module prints, as the running ansible-core does it."""

from __future__ import annotations

import re
import typing as t
from urllib.parse import parse_qsl, urlsplit

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.common import parameters

try:
    # Since 2.22 a module hands its secrets to the controller, which masks them in all that is shown.
    from ansible.module_utils import secrets
except ImportError:
    secrets = None


_PRIVATE_KEY = re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----")
# As the service makes its API keys
_API_KEY = re.compile(r"secret_\S+")
_SHORTEST_LINE = 16


class CautiousModule(AnsibleModule):  # type: ignore[misc]
    """A module that hides what looks like a secret before it judges its options, whichever option it was given as."""

    def _load_params(self) -> None:
        super()._load_params()
        for secret in find_secrets(self.params):
            register_secret(self, secret)


def find_secrets(value: t.Any) -> t.Iterator[str]:
    """Yield what looks like a secret in options: private keys, API keys, and passwords and tokens in URLs."""
    if isinstance(value, dict):
        for each in value.values():
            yield from find_secrets(each)
    elif isinstance(value, (list, tuple)):
        for each in value:
            yield from find_secrets(each)
    elif isinstance(value, str):
        if _PRIVATE_KEY.search(value):
            # A message may quote a part of it.
            yield from (value, *(line for line in value.splitlines() if len(line) >= _SHORTEST_LINE))
        yield from _API_KEY.findall(value)
        yield from _secrets_of_url(value)


def _secrets_of_url(text: str) -> t.Iterator[str]:
    if "://" not in text:
        return
    try:
        parts = urlsplit(text.strip())
    except ValueError:
        return
    if parts.password:
        yield parts.password
    yield from (each for name, each in parse_qsl(parts.query) if "token" in name.lower() or "key" in name.lower())


def register_secret(module: AnsibleModule, secret: str) -> None:
    """Mask a secret that the module received in everything that it prints."""
    module.no_log_values.add(secret)
    if secrets:
        secrets.register_secret(secret)


def mask(text: str, no_log_values: t.Collection[str]) -> str:
    """Return a text without the secrets that are known, which are those given where ansible-core keeps no list of its own."""
    return str(secrets.mask_secrets(text) if secrets else parameters.remove_values(text, no_log_values))
