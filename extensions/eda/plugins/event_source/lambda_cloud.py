# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
---
short_description: Events of a Lambda Cloud account
version_added: 1.0.0
author:
  - lambdal.cloud contributors (@lambdal-cloud)
description:
  - Looks at the account once in O(interval) and tells what changed since the last look.
  - A poll sends one request for the instance types if V(capacity) is watched, and one for the instances if V(instances) or V(cost)
    is, in turn with all other requests of this user to the account.
  - The first look tells everything that is there, with C(first_look=true) in the event.
  - What was seen is kept in a file, so that after a restart only what changed meanwhile is told. An event may be told twice if the
    source is killed just then, and is never lost.
  - A list that could not be read is an event C(api_failed). Nothing is ever told to be gone because of it.
  - The README of this folder lists the events and their fields.
options:
  api_key:
    description:
      - The key of the Lambda Cloud account.
      - Read from the environment variable E(LAMBDA_API_KEY) when not set, which keeps it out of logs.
    type: str
  api_url:
    description:
      - Base address of the API.
      - Read from the environment variable E(LAMBDA_API_URL) when not set.
    type: str
    default: https://cloud.lambda.ai/api/v1
  watch:
    description: What is told of.
    type: list
    elements: str
    choices: [capacity, instances, cost]
    default: [capacity, instances, cost]
  interval:
    description: Seconds between two polls.
    type: float
    default: 60
  names:
    description: Tell only of instances of these names. Each is a name, a host range such as V(train-[01:08]), or a glob such as V(train-*).
    type: list
    elements: str
  instance_types:
    description: Tell only of capacity for and instances of these types.
    type: list
    elements: str
  regions:
    description: Tell only of capacity and instances in these regions.
    type: list
    elements: str
  tags:
    description: Tell only of instances with all of these tags, by key and value. A value of V(*) takes any.
    type: dict
  cost_threshold_cents:
    description:
      - Tell when all the account's machines together cost more than so many US cents per hour, and when they no longer do.
      - The lists above do not count for the cost.
    type: int
  state_path:
    description:
      - The file that keeps what was seen. Sources that run at the same time need one each.
      - When not set, a file in E(XDG_STATE_HOME) or C(~/.local/state), named by a hash of account, address and what is told of.
    type: path
  validate_certs:
    description: Whether the server's certificate must be valid.
    type: bool
    default: true
  ca_path:
    description: A file or folder of certificate authorities to trust instead of the default ones.
    type: path
  request_timeout:
    description: Seconds without an answer after which a request counts as lost.
    type: float
    default: 60
  retry_timeout:
    description: Seconds for which a request is repeated after a temporary failure, before the next poll does so anyhow.
    type: float
    default: 0
  request_interval:
    description:
      - Seconds between two requests of this account by all processes of this user on this machine. V(0) turns pacing off.
      - Read from the environment variable E(LAMBDA_REQUEST_INTERVAL) when not set.
    type: float
    default: 1
requirements:
  - python >= 3.11
  - requests >= 2.32
  - urllib3 >= 2.0
"""

EXAMPLES = r"""
- name: Everything, once a minute, with the key from LAMBDA_API_KEY
  lambdal.cloud.lambda_cloud:

- name: Capacity for two types, every ten seconds
  lambdal.cloud.lambda_cloud:
    watch: [capacity]
    instance_types: [gpu_8x_h100_sxm5, gpu_8x_a100]
    interval: 10

- name: What becomes of the training machines, and whether the account costs more than 50 dollars an hour
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
    """Let this file import its collection, which lies around it but which ansible-rulebook does not look for modules in."""
    try:
        importlib.import_module(f"{_PACKAGE}.plugins.module_utils._event_watch")
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
    # Its own, whatever other version of the collection there may be.
    package.__path__ = [folder]


_let_collection_be_imported()

from ansible_collections.lambdal.cloud.plugins.module_utils._client import DEFAULT_API_URL, open_api
from ansible_collections.lambdal.cloud.plugins.module_utils._errors import InvalidInput
from ansible_collections.lambdal.cloud.plugins.module_utils._event_state import StateFile, default_path, digest_of
from ansible_collections.lambdal.cloud.plugins.module_utils._event_watch import WATCHED, Watch
from ansible_collections.lambdal.cloud.plugins.module_utils._events import Selection
from ansible_collections.lambdal.cloud.plugins.module_utils._transport import REQUESTS_IMPORT_ERROR

Options = dict[str, t.Any]


def _number(value: t.Any) -> float:
    number = float(value)
    if not 0 <= number < float("inf"):
        raise ValueError
    return number


def _boolean(value: t.Any) -> bool:
    texts = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
    return texts[str(value).lower()]


def _texts(value: t.Any) -> list[str]:
    """A list, or a text with commas, as a rulebook's variable may be."""
    if isinstance(value, str):
        value = [part.strip() for part in value.split(",")]
    if not isinstance(value, (list, tuple)):
        raise TypeError
    return [str(each) for each in value if each != ""]


def _watched(value: t.Any) -> list[str]:
    watched = _texts(value)
    if not watched or not set(watched) <= set(WATCHED):
        raise ValueError
    return sorted(set(watched))


def _tags(value: t.Any) -> dict[str, str]:
    return {str(key): str(each) for key, each in value.items()}


# How each argument is read, and its default.
_ARGUMENTS: dict[str, tuple[t.Callable[[t.Any], t.Any], t.Any]] = {
    "api_key": (str, None),
    "api_url": (str, DEFAULT_API_URL),
    "watch": (_watched, sorted(WATCHED)),
    "interval": (_number, 60.0),
    "names": (_texts, []),
    "instance_types": (_texts, []),
    "regions": (_texts, []),
    "tags": (_tags, {}),
    "cost_threshold_cents": (int, None),
    "state_path": (str, None),
    "validate_certs": (_boolean, True),
    "ca_path": (str, None),
    "request_timeout": (_number, 60.0),
    "retry_timeout": (_number, 0.0),
    "request_interval": (_number, 1.0),
}
_ENVIRONMENT = {"api_key": "LAMBDA_API_KEY", "api_url": "LAMBDA_API_URL", "request_interval": "LAMBDA_REQUEST_INTERVAL"}


def read_arguments(args: t.Mapping[str, t.Any]) -> Options:
    """The arguments with their types, their defaults and what the environment says.

    Raises:
        InvalidInput: one is unknown or of another form; its value is not told, since it may be the key.
    """
    # ansible-rulebook adds its own.
    given = {name: value for name, value in args.items() if name != "eda_feedback_queue" and value is not None}
    if unknown := sorted(set(given) - set(_ARGUMENTS)):
        raise InvalidInput(f"lambdal.cloud.lambda_cloud has no argument {', '.join(unknown)}.")
    options: Options = {}
    for name, (read, default) in _ARGUMENTS.items():
        value = given.get(name, os.environ.get(_ENVIRONMENT.get(name, "")) or None)
        try:
            options[name] = default if value is None else read(value)
        except (AttributeError, KeyError, TypeError, ValueError):
            raise InvalidInput(
                f"The argument {name} of lambdal.cloud.lambda_cloud has a form that it cannot have."
            ) from None
    return options


async def main(queue: asyncio.Queue[t.Any], args: dict[str, t.Any]) -> None:
    """Tell what changes in the account, until cancelled.

    Raises:
        InvalidInput: an argument cannot be meant, or no state can be kept.
    """
    if REQUESTS_IMPORT_ERROR:
        raise InvalidInput("The event source lambdal.cloud.lambda_cloud needs the Python library requests.")
    options = read_arguments(args)
    selection = Selection(options["names"], options["instance_types"], options["regions"], options["tags"])
    selection.of_instances([])  # a broken range must not wait for the first instance
    # It never launches, so it has no turn to wait for there.
    api = open_api({**options, "launch_interval": 0.0}, warn=LOGGER.warning, log=LOGGER.info)
    digest = digest_of((options["api_key"] or "").strip(), options["api_url"], options["watch"], selection)
    with StateFile(options["state_path"] or default_path(digest), digest, LOGGER.warning).opened() as state:
        watch = Watch(api, options["watch"], selection, options["cost_threshold_cents"], state.read())
        while True:
            # In a thread, so that neither a slow answer nor the wait for a turn holds up the rulebook.
            for event in await asyncio.to_thread(watch.poll):
                await queue.put(event)
            await asyncio.to_thread(state.write, watch.looks)
            await asyncio.sleep(max(options["interval"], watch.pause))
