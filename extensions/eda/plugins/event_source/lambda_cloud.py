# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
---
short_description: Send events for changes in a Lambda Cloud account
version_added: 1.0.0
author:
  - lambdal.cloud contributors (@lambdal-cloud)
description:
  - Polls the account every O(interval) seconds and sends an event for each change since the last poll.
  - A poll sends one request for the instance types if V(capacity) is watched, and one for the instances if V(instances) or V(cost)
    is watched. These requests count for the rate limiter that all of this user's processes share.
  - The first poll sends an event for everything that exists, with C(first_look=true).
  - The last state is kept in a file, so that after a restart only changes are sent. No event is lost, but an event can be sent twice
    if the source is killed while it sends it.
  - If a list cannot be read, an event C(api_failed) is sent. A failed request never produces an event that something is gone.
  - The README of the folder C(extensions/eda) lists the events and their fields.
options:
  api_key:
    description:
      - API key of the Lambda Cloud account.
      - When not set, the value of the environment variable E(LAMBDA_API_KEY) is used. This keeps the key out of logs.
    type: str
  api_url:
    description:
      - Base URL of the API.
      - When not set, the value of the environment variable E(LAMBDA_API_URL) is used.
    type: str
    default: https://cloud.lambda.ai/api/v1
  watch:
    description: What to send events for.
    type: list
    elements: str
    choices: [capacity, instances, cost]
    default: [capacity, instances, cost]
  interval:
    description:
      - Seconds between two polls.
      - Capacity that comes and goes again between two polls causes no event. Windows of 84 seconds were seen.
    type: float
    default: 10
  names:
    description:
      - Send events only for instances with one of these names. Each is a name, a host range such as V(train-[01:08]), or a glob such
        as V(train-*).
    type: list
    elements: str
  instance_types:
    description: Send events only for capacity and instances of these types.
    type: list
    elements: str
  regions:
    description: Send events only for capacity and instances in these regions.
    type: list
    elements: str
  tags:
    description:
      - Send events only for instances with all of these tags, as keys and values. The value V(*) matches any value.
    type: dict
  cost_threshold_cents:
    description:
      - Send an event when all instances of the account together cost more than this many US cents per hour, and when they no longer do.
      - The filters above do not apply to the cost.
    type: int
  state_path:
    description:
      - File to keep the last state in. Each source that runs at the same time needs its own.
      - When not set, a file in E(XDG_STATE_HOME) or C(~/.local/state) is used, whose name has a hash of the account, the API's address,
        O(watch) and the filters.
    type: path
  validate_certs:
    description: Whether to validate the server's certificate.
    type: bool
    default: true
  ca_path:
    description: File or folder with the certificate authorities to trust instead of the default ones.
    type: path
  request_timeout:
    description: Seconds to wait for a response before the request counts as lost.
    type: float
    default: 60
  retry_timeout:
    description: Seconds for which to retry a request after a temporary failure. With V(0), the next poll tries again.
    type: float
    default: 0
  request_interval:
    description:
      - Minimum number of seconds between two requests to this account from all processes of this user on this host. V(0) switches
        the rate limiter off.
      - When not set, the value of the environment variable E(LAMBDA_REQUEST_INTERVAL) is used.
    type: float
    default: 1
requirements:
  - python >= 3.11
  - requests >= 2.32
  - urllib3 >= 2.0
"""

EXAMPLES = r"""
- name: Watch everything every ten seconds, with the key from LAMBDA_API_KEY
  lambdal.cloud.lambda_cloud:

- name: Watch capacity for two types, with one request every ten seconds
  lambdal.cloud.lambda_cloud:
    watch: [capacity]
    instance_types: [gpu_8x_h100_sxm5, gpu_8x_a100]

- name: Watch the cost once a minute
  lambdal.cloud.lambda_cloud:
    watch: [cost]
    interval: 60

- name: Watch the training instances, and whether the account costs more than 50 dollars an hour
  lambdal.cloud.lambda_cloud:
    watch: [instances, cost]
    names: [train-*]
    cost_threshold_cents: 5000
"""

import asyncio
import importlib
import logging
import os
import sys
import types
import typing as t

LOGGER = logging.getLogger(__name__)
_PACKAGE = "ansible_collections.lambdal.cloud"


def _let_collection_be_imported() -> None:
    """Make the surrounding collection importable, which ansible-rulebook does not do."""
    try:
        importlib.import_module(f"{_PACKAGE}.plugins.module_utils._events.watcher")
        return
    except ModuleNotFoundError as error:
        if not (error.name or "").startswith("ansible_collections"):
            raise
    folder = os.path.abspath(__file__)
    for _each in range(5):
        folder = os.path.dirname(folder)
    parts = _PACKAGE.split(".")
    for number in range(1, len(parts) + 1):
        name = ".".join(parts[:number])
        try:
            package = importlib.import_module(name)
        except ModuleNotFoundError:
            package = sys.modules[name] = types.ModuleType(name)
            package.__path__ = []
    # This file's own collection, whatever other versions are installed.
    package.__path__ = [folder]


_let_collection_be_imported()

from ansible_collections.lambdal.cloud.plugins.module_utils._client.api import open_api
from ansible_collections.lambdal.cloud.plugins.module_utils._client.libraries import library_problem
from ansible_collections.lambdal.cloud.plugins.module_utils._client.options import (
    READ_ONLY_OPTIONS,
    OptionRule,
    check_number,
    from_environment,
    read_tags,
    read_value,
)
from ansible_collections.lambdal.cloud.plugins.module_utils._errors import InvalidInput
from ansible_collections.lambdal.cloud.plugins.module_utils._events.changes import Selection
from ansible_collections.lambdal.cloud.plugins.module_utils._events.state_file import StateFile, default_path, digest_of
from ansible_collections.lambdal.cloud.plugins.module_utils._events.watcher import WATCHED, AccountWatcher
from ansible_collections.lambdal.cloud.plugins.module_utils._terminal import printable

Options = dict[str, t.Any]


# How each argument is read, and its default.
_ARGUMENTS: dict[str, tuple[OptionRule, t.Any]] = {
    **{name: (OptionRule(option.type), option.default) for name, option in READ_ONLY_OPTIONS.items()},
    # The next poll comes soon enough.
    "retry_timeout": (OptionRule("float"), 0.0),
    "watch": (OptionRule("list", choices=sorted(WATCHED)), sorted(WATCHED)),
    "interval": (OptionRule("float"), 10.0),
    "names": (OptionRule("list"), None),
    "instance_types": (OptionRule("list"), None),
    "regions": (OptionRule("list"), None),
    "tags": (OptionRule("dict"), {}),
    "cost_threshold_cents": (OptionRule("int"), None),
    "state_path": (OptionRule("path"), None),
}
_ENVIRONMENT = {name: option.environment for name, option in READ_ONLY_OPTIONS.items()}
# An empty one, such as an empty variable makes, would select nothing without a word.
_NEVER_EMPTY = {
    "watch": "is empty; name what to send events for, or leave it out to watch everything",
    **dict.fromkeys(
        ("names", "instance_types", "regions"),
        "is empty, which selects nothing; leave it out to select everything",
    ),
    "tags": "is empty; name the tags that have to match, or leave it out to watch all instances",
}


def read_arguments(args: t.Mapping[str, t.Any]) -> Options:
    """Return the arguments with their types, and with values from the environment and defaults where they are not set.

    Raises:
        InvalidInput: an argument is unknown or has an invalid value. The error never shows the key.
    """
    # ansible-rulebook adds an argument of its own.
    given = {name: value for name, value in args.items() if name != "eda_feedback_queue" and value is not None}
    if unknown := sorted(set(given) - set(_ARGUMENTS)):
        raise InvalidInput(f"lambdal.cloud.lambda_cloud has no argument {', '.join(unknown)}.")
    options: Options = {}
    for name, (rule, default) in _ARGUMENTS.items():
        value = given.get(name, from_environment(_ENVIRONMENT.get(name)))
        try:
            options[name] = default if value is None else _read(name, value, rule)
        except InvalidInput as error:
            raise InvalidInput(f"lambdal.cloud.lambda_cloud: the argument {error}") from None
    return options


def _read(name: str, value: t.Any, rule: OptionRule) -> t.Any:
    read = read_tags(name, value) if name == "tags" else read_value(name, value, rule)
    if isinstance(read, list):
        read = [each for each in read if each]
    if name in _NEVER_EMPTY and not read:
        raise InvalidInput(f"{name} {_NEVER_EMPTY[name]}.")
    if rule.type in ("int", "float"):
        check_number(name, read)
    return sorted(set(read)) if name == "watch" else read


def _warn(text: str) -> None:
    LOGGER.warning("%s", printable(text))


def _log(text: str) -> None:
    LOGGER.info("%s", printable(text))


async def main(queue: asyncio.Queue[t.Any], args: dict[str, t.Any]) -> None:
    """Poll the account and put events into the queue, until cancelled.

    Raises:
        InvalidInput: an argument is invalid, a library is missing or too old, or the state file cannot be written.
    """
    if problem := library_problem():
        raise InvalidInput(problem)
    options = read_arguments(args)
    selection = Selection(options["names"], options["instance_types"], options["regions"], options["tags"])
    selection.of_instances([])  # raises now for an invalid range, not at the first instance
    # The source never launches, so it needs no limit for launches.
    api = open_api({**options, "launch_interval": 0.0}, warn=_warn, log=_log)
    digest = digest_of((options["api_key"] or "").strip(), options["api_url"], options["watch"], selection)
    with StateFile(options["state_path"] or default_path(digest), digest, _warn).opened() as state:
        watch = AccountWatcher(api, options["watch"], selection, options["cost_threshold_cents"], state.read())
        while True:
            # In a thread, so that neither a slow response nor the rate limiter blocks the rulebook.
            for event in await asyncio.to_thread(watch.poll):
                await queue.put(event)
            await asyncio.to_thread(state.write, watch.snapshots)
            await asyncio.sleep(max(options["interval"], watch.pause))
