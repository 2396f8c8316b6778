# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Making the client from the connection options, alike for modules, inventory and event source. Knows nothing of Ansible."""

from __future__ import annotations

import typing as t

from ansible_collections.lambdal.cloud.plugins.module_utils._account_file import AccountFile
from ansible_collections.lambdal.cloud.plugins.module_utils._api import Api
from ansible_collections.lambdal.cloud.plugins.module_utils._pacer import open_pacer
from ansible_collections.lambdal.cloud.plugins.module_utils._transport import Connection, Transport

DEFAULT_API_URL = "https://cloud.lambda.ai/api/v1"

Options = t.Mapping[str, t.Any]


def open_api(
    options: Options,
    *,
    warn: t.Callable[[str], None] = lambda text: None,
    log: t.Callable[[str], None] = lambda text: None,
) -> Api:
    """The API that the connection options lead to.

    Raises:
        InvalidInput: the key is missing or the address is none.
    """
    connection = Connection(
        api_key=_api_key(options),
        api_url=options["api_url"],
        read_timeout=options["request_timeout"],
        retry_timeout=options["retry_timeout"],
        validate_certs=options["validate_certs"],
        ca_path=options["ca_path"],
    )
    if connection.is_exposed:
        warn(f"The API key goes unencrypted to {connection.api_url}: use https.")
    pacer = open_pacer(
        account_file("pace", options),
        request_interval=options["request_interval"],
        launch_interval=options["launch_interval"],
        warn=warn,
    )
    return Api(Transport(connection, pacer, log=log))


def account_file(purpose: str, options: Options) -> AccountFile:
    """A file shared by all who have these connection options."""
    return AccountFile(purpose, _api_key(options), options["api_url"])


def _api_key(options: Options) -> str:
    return (options["api_key"] or "").strip()
