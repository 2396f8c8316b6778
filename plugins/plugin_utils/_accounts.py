# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The accounts that one inventory lists: each with one request, side by side, and errors by account."""

from __future__ import annotations

import hashlib
import typing as t
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

from ansible_collections.lambdal.cloud.plugins.module_utils._client.api import open_api
from ansible_collections.lambdal.cloud.plugins.module_utils._client.models import Row
from ansible_collections.lambdal.cloud.plugins.module_utils._client.options import (
    READ_ONLY_OPTIONS,
    OptionRule,
    Options,
    check_number,
    read_value,
)
from ansible_collections.lambdal.cloud.plugins.module_utils._errors import InvalidInput, LambdaCloudError

_MOST_AT_ONCE = 8
_FIELDS = frozenset({"api_key", "name", "api_url"})


class Account(t.NamedTuple):
    """An account to list.

    Args:
        name: its name, if it is one of several.
        connection: the options of its connection.
    """

    name: str | None
    connection: dict[str, t.Any]

    @property
    def digest(self) -> str:
        """Return what identifies the account in a cache without revealing the key."""
        return hashlib.sha256(f"{self.connection['api_url']}\0{self.connection['api_key']}".encode()).hexdigest()

    def said(self, text: str) -> str:
        """Return a text with the account's name before it, if it has one."""
        return text if self.name is None else f"Account {self.name}: {text}"


def read_accounts(options: Options) -> list[Account]:
    """Return the accounts of an inventory's options: those in `accounts`, else the one of `api_key`.

    Raises:
        InvalidInput: an account has no name or key of its own, a field is unknown, or a number cannot be meant.
    """
    connection = {name: options[name] for name in READ_ONLY_OPTIONS}
    for name, option in READ_ONLY_OPTIONS.items():
        if option.type == "float":
            check_number(name, connection[name])
    if options.get("accounts") is None:
        return [Account(None, connection)]
    accounts = [
        _read_account(f"accounts[{number}]", fields, connection) for number, fields in enumerate(options["accounts"])
    ]
    for each, count in Counter(account.name for account in accounts).items():
        if count > 1:
            raise InvalidInput(f"accounts: the name '{each}' is given {count} times.")
    return accounts


def _read_account(place: str, fields: t.Any, connection: Options) -> Account:
    fields = read_value(place, fields, OptionRule("dict"))
    if unknown := sorted(map(str, set(fields) - _FIELDS)):
        raise InvalidInput(f"{place} has no field '{unknown[0]}'; it has {', '.join(sorted(_FIELDS))}.")
    texts: dict[str, str] = {
        name: read_value(f"{place}.{name}", fields.get(name) or "", OptionRule("str")) for name in fields
    }
    for name in ("name", "api_key"):
        if not texts.get(name):
            raise InvalidInput(f"{place} needs {name}.")
    own: dict[str, t.Any] = {"api_key": texts["api_key"], "api_url": texts.get("api_url") or connection["api_url"]}
    return Account(texts["name"], {**connection, **own})


def list_accounts(
    accounts: t.Sequence[Account], warn: t.Callable[[str], None], log: t.Callable[[str], None]
) -> list[list[Row] | LambdaCloudError]:
    """List the instances of each account with one request, at the same time; return instances or an error for each."""

    def list_one(account: Account) -> list[Row] | LambdaCloudError:
        try:
            # The inventory never launches, so it needs no limit for launches.
            options = {**account.connection, "launch_interval": 0.0}
            api = open_api(
                options,
                warn=lambda text: warn(account.said(text)),
                log=lambda text: log(account.said(text)),
                tell=lambda text: warn(account.said(text)),
            )
            return t.cast("list[Row]", api.list_instances())
        except LambdaCloudError as error:
            return error

    if len(accounts) == 1:
        return [list_one(accounts[0])]
    with ThreadPoolExecutor(max_workers=_MOST_AT_ONCE) as pool:
        return list(pool.map(list_one, accounts))
