# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The edge between Ansible and the layers below: options, masking, check and diff mode, and how a task fails."""

from __future__ import annotations

import contextlib
import traceback
import typing as t

from ansible.module_utils.basic import AnsibleModule, env_fallback, missing_required_lib
from ansible.module_utils.common.parameters import remove_values
from ansible_collections.lambdal.cloud.plugins.module_utils._api import Api
from ansible_collections.lambdal.cloud.plugins.module_utils._claims import Claims
from ansible_collections.lambdal.cloud.plugins.module_utils._client import (
    DEFAULT_API_URL,
    Options,
    account_file,
    open_api,
)
from ansible_collections.lambdal.cloud.plugins.module_utils._deadline import Deadline
from ansible_collections.lambdal.cloud.plugins.module_utils._errors import LambdaCloudError
from ansible_collections.lambdal.cloud.plugins.module_utils._patience import Patience
from ansible_collections.lambdal.cloud.plugins.module_utils._transport import REQUESTS_IMPORT_ERROR

CONNECTION_SPEC: dict[str, t.Any] = {
    "api_key": {"type": "str", "no_log": True, "fallback": (env_fallback, ["LAMBDA_API_KEY"])},
    "api_url": {"type": "str", "default": DEFAULT_API_URL, "fallback": (env_fallback, ["LAMBDA_API_URL"])},
    "validate_certs": {"type": "bool", "default": True},
    "ca_path": {"type": "path"},
    "request_timeout": {"type": "float", "default": 60.0},
    "retry_timeout": {"type": "float", "default": 60.0},
    "request_interval": {
        "type": "float",
        "default": 1.0,
        "fallback": (env_fallback, ["LAMBDA_REQUEST_INTERVAL"]),
    },
    "launch_interval": {
        "type": "float",
        "default": 12.0,
        "fallback": (env_fallback, ["LAMBDA_LAUNCH_INTERVAL"]),
    },
}

WAIT_SPEC: dict[str, t.Any] = {
    "wait": {"type": "bool", "default": True},
    "wait_timeout": {"type": "float", "default": 1800.0},
    "wait_interval": {"type": "float", "default": 10.0},
    "outcome_timeout": {"type": "float", "default": 30.0},
}

# Takes lines of progress where they can be shown at once; a process of the module's own can only leave them to the system's log.
progress: t.Callable[[str], None] | None = None


class Task:
    """One run of a module: what was asked, the means to do it, and the result so far.

    `result` and `note` are asked for whether the task succeeds or fails, so that nothing it did is lost.
    """

    def __init__(self, module: AnsibleModule) -> None:
        self.options: Options = module.params
        self.check_mode: bool = module.check_mode
        self.warn: t.Callable[[str], None] = module.warn
        self.result: t.Callable[[], dict[str, t.Any]] = dict
        self.diff: t.Callable[[], dict[str, t.Any] | list[dict[str, t.Any]] | None] = lambda: None
        self.note: t.Callable[[], str | None] = lambda: None
        self._module = module

    def log(self, text: str) -> None:
        """Tell the user of progress, at `-v`."""
        (progress or self._module.debug)(remove_values(text, self._module.no_log_values))

    def open_api(self) -> Api:
        """The API that the task's options lead to."""
        return open_api(self.options, warn=self.warn, log=self.log)

    def patience(self, before_waiting: float = 0.0) -> Patience:
        """How long the task's options let it wait, and so many seconds before that."""
        options = self.options
        # What nobody waits for is only looked for after a lost answer.
        interval = options.get("wait_interval", 2.0)
        return Patience(
            deadline=Deadline(options["wait_timeout"] + before_waiting) if options.get("wait") else None,
            interval=interval,
            outcome_timeout=options["outcome_timeout"],
            pace=options["request_interval"] or min(1.0, interval),
            log=self.log,
        )

    def claimed(self, kind: str, names: t.Iterable[str], patience: Patience) -> contextlib.AbstractContextManager[None]:
        """A turn at names that the task may make, which no other task has meanwhile. Check mode makes none."""
        if self.check_mode:
            return contextlib.nullcontext()
        return Claims(account_file("claims", self.options), patience, self.warn).held(kind, names)

    def hide(self, secret: str | None) -> None:
        """Keep a value that came up during the task out of whatever it prints."""
        if secret:
            self._module.no_log_values.add(secret)


def run_module(execute: t.Callable[[Task], None], argument_spec: dict[str, t.Any], **constraints: t.Any) -> None:
    """Run a module's `execute` as a task of Ansible.

    Every failure ends as a failed result with `failure` for machines, and all that the task had done until then.
    """
    module = AnsibleModule(argument_spec={**CONNECTION_SPEC, **argument_spec}, supports_check_mode=True, **constraints)
    if REQUESTS_IMPORT_ERROR:
        module.fail_json(msg=missing_required_lib("requests"), exception=REQUESTS_IMPORT_ERROR)
    task = Task(module)
    try:
        execute(task)
    except LambdaCloudError as error:
        module.fail_json(msg=_join(error, task.note()), failure=error.failure(), **outcome(task))
    except Exception as error:  # a bug of ours must not take the ids of running machines with it
        text = f"Unexpected {type(error).__name__} in lambdal.cloud: {error}."
        module.fail_json(msg=_join(text, task.note()), exception=traceback.format_exc(), **outcome(task))
    except BaseException:  # in the controller's process, a task's timeout comes here and leaves no result
        if note := task.note():
            module.warn(note)
        raise
    module.exit_json(**outcome(task))


def outcome(task: Task) -> dict[str, t.Any]:
    """The task's result so far, with its diff."""
    diff = task.diff()
    return {**task.result(), **({} if diff is None else {"diff": diff})}


def _join(error: object, note: str | None) -> str:
    return f"{error} {note}" if note else str(error)
