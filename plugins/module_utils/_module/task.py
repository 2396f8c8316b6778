# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The boundary between Ansible and the layers below: options, masking, check and diff mode, and failures."""

from __future__ import annotations

import contextlib
import time
import traceback
import typing as t

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.lambdal.cloud.plugins.module_utils._client.account_file import AccountFile
from ansible_collections.lambdal.cloud.plugins.module_utils._client.api import Api, account_file, open_api
from ansible_collections.lambdal.cloud.plugins.module_utils._client.libraries import library_problem
from ansible_collections.lambdal.cloud.plugins.module_utils._client.options import Options
from ansible_collections.lambdal.cloud.plugins.module_utils._context import RunCommand
from ansible_collections.lambdal.cloud.plugins.module_utils._errors import LambdaCloudError
from ansible_collections.lambdal.cloud.plugins.module_utils._interrupts import Interrupted, signals_raised, sleep
from ansible_collections.lambdal.cloud.plugins.module_utils._module.argspec import CONNECTION_SPEC, check_numbers
from ansible_collections.lambdal.cloud.plugins.module_utils._module.core import core_problem
from ansible_collections.lambdal.cloud.plugins.module_utils._module.masking import CautiousModule, mask
from ansible_collections.lambdal.cloud.plugins.module_utils._module.name_lock import NameLock
from ansible_collections.lambdal.cloud.plugins.module_utils._module.notices import (
    open_notices,
    write_notice,
    write_progress,
)
from ansible_collections.lambdal.cloud.plugins.module_utils._terminal import printable, printable_values
from ansible_collections.lambdal.cloud.plugins.module_utils._timing import Deadline, WaitSettings

# Shows what happens in detail, if set. A module in a process of its own can only send it to the system log.
detail: t.Callable[[str], None] | None = None
# Shows each change that is waited for, if set; see `notices`.
progress: t.Callable[[str], None] | None = None
# Writes a line to the standard error of the command that runs the play, if set; see `notices`.
notice: t.Callable[[str], None] | None = None
# The signal that ended the last task of this process, if one did.
interrupted_by: int | None = None

_ADVICE = "Run the same task again to go on, or terminate by id what is not wanted (lambda_instance, state: absent)."


class Task:
    """One run of a module: its options, access to Ansible, and the result so far.

    `result` and `note` are called whether the task succeeds or fails, so that the result reports all that was done.
    """

    def __init__(self, module: AnsibleModule) -> None:
        self.options: Options = module.params
        self.check_mode: bool = module.check_mode
        self.result: t.Callable[[], dict[str, t.Any]] = dict
        self.diff: t.Callable[[], dict[str, t.Any] | list[dict[str, t.Any]] | None] = lambda: None
        self.note: t.Callable[[], str | None] = lambda: None
        self.run_command: RunCommand = module.run_command
        self._module = module
        self._begin = time.monotonic()

    def text(self, text: str, keep: str = "") -> str:
        """Return a text for people: without secrets, and with nothing that a terminal would obey but for the characters to keep."""
        # In this order, since a secret with its line breaks escaped is not found any more.
        return printable(mask(text, self._module.no_log_values), keep)

    def warn(self, text: str) -> None:
        """Show a warning to the user."""
        self._module.warn(self.text(text))

    def log(self, text: str) -> None:
        """Show what happens to the user, at `-v`."""
        (detail or self._module.debug)(self.text(text))

    def progress(self, text: str) -> None:
        """Show a change to the user at once, with the seconds since the task began."""
        line = f"{time.monotonic() - self._begin:5.0f} s  {text}"
        (progress or write_progress)(self.text(line))

    def tell(self, text: str) -> None:
        """Write a line to the controller's standard error, where it outlives the task's result."""
        (notice or write_notice)(f"{self._module._name}: {self.text(text)}")

    def tell_delay(self) -> None:
        """Tell that the task ends as soon as the response to its request is here."""
        self.tell(_join("Interrupted; waiting for the response to the request under way.", self.note()))

    def open_api(self) -> Api:
        """Return a client for the task's connection options."""
        return open_api(self.options, warn=self.warn, log=self.log, tell=self.progress)

    def account_file(self, purpose: str) -> AccountFile:
        """Return the file that all of this user's tasks on the same account share for a purpose."""
        return account_file(purpose, self.options)

    def waits(self, before_waiting: float = 0.0) -> WaitSettings:
        """Return the wait settings of the task's options.

        Args:
            before_waiting: seconds to add to the deadline, for what the task does before it waits.
        """
        options = self.options
        # A module without this option polls only after a lost response.
        interval = options.get("wait_interval", 2.0)
        return WaitSettings(
            deadline=Deadline(options["wait_timeout"] + before_waiting) if "wait_timeout" in options else None,
            interval=interval,
            outcome_timeout=options["outcome_timeout"],
            pace=options["request_interval"] or min(1.0, interval),
            log=self.log,
            progress=self.progress,
            sleep=sleep,
        )

    def lock_names(
        self, kind: str, names: t.Iterable[str], waits: WaitSettings
    ) -> contextlib.AbstractContextManager[None]:
        """Lock names that the task may create, until the block ends. Check mode creates nothing and needs no lock."""
        if self.check_mode:
            return contextlib.nullcontext()
        return NameLock(self.account_file("claims"), waits, self.warn).hold(kind, names)


def run_module(execute: t.Callable[[Task], None], argument_spec: dict[str, t.Any], **constraints: t.Any) -> None:
    """Run a module's `execute` as a task of Ansible.

    Every error becomes a failed result that holds what the task did until then, and `failure` with the error as data.
    """
    global interrupted_by
    argument_spec = {**CONNECTION_SPEC, **argument_spec}
    module = CautiousModule(argument_spec=argument_spec, supports_check_mode=True, **constraints)
    if problem := core_problem() or library_problem():
        module.fail_json(msg=problem)
    task = Task(module)
    open_notices()
    # Until all is told, since Ansible sends a second signal right behind the first.
    with signals_raised(on_delay=task.tell_delay):
        try:
            check_numbers(task.options, argument_spec)
            execute(task)
        except LambdaCloudError as error:
            module.fail_json(msg=task.text(_join(error, task.note())), failure=error.failure(), **outcome(task))
        except Interrupted as stop:
            # Nobody may be there any more to read the result.
            text = _join(stop, task.note(), _ADVICE)
            task.tell(text)
            interrupted_by = stop.number
            module.fail_json(msg=task.text(text), **outcome(task))
        except Exception as error:  # a bug of ours must not lose the ids of running instances
            text = f"Unexpected {type(error).__name__} in lambdal.cloud: {error}."
            module.fail_json(
                msg=task.text(_join(text, task.note())),
                exception=task.text(traceback.format_exc(), keep="\n"),
                **outcome(task),
            )
        except SystemExit:  # the result was printed already, as by a program that could not be run
            raise
        except BaseException as error:  # the timeout of a task that runs in the controller's process
            module.fail_json(msg=task.text(_join(error, task.note(), _ADVICE)), **outcome(task))
    module.exit_json(**outcome(task))


def outcome(task: Task) -> dict[str, t.Any]:
    """Return the task's result so far, with its diff."""
    diff = task.diff()
    return {**task.result(), **({} if diff is None else {"diff": printable_values(diff)})}


def _join(error: object, note: str | None, advice: str = "") -> str:
    """Return an error with what it leaves behind, and what to do about that."""
    return " ".join(filter(None, (str(error), note, note and advice)))
