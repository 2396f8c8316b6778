# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The action plugin behind every module, which runs the module in the controller's process where it can.

Packing a module, starting Python and importing everything again takes about half a second for each task, and needs requests
in the Python of the managed host `localhost`. Running it in process avoids both. Only building the payload and running it
are replaced: arguments are made and results are read by Ansible's own code, as for any module.
"""

from __future__ import annotations

import contextlib
import inspect
import json
import os
import re
import signal
import typing as t
from functools import cached_property, partial

from ansible import __version__ as core_version
from ansible.errors import AnsibleActionFail, AnsibleError
from ansible.module_utils.parsing.convert_bool import boolean
from ansible.plugins.action import ActionBase
from ansible.plugins.action.normal import ActionModule as NormalAction
from ansible.utils.display import Display
from ansible_collections.lambdal.cloud.plugins.module_utils._client.libraries import library_problem
from ansible_collections.lambdal.cloud.plugins.module_utils._errors import InvalidInput
from ansible_collections.lambdal.cloud.plugins.module_utils._module import task
from ansible_collections.lambdal.cloud.plugins.module_utils._module.argspec import check_numbers
from ansible_collections.lambdal.cloud.plugins.module_utils._module.core import core_problem
from ansible_collections.lambdal.cloud.plugins.module_utils._module.notices import ENVIRONMENT as STDERR_VARIABLE
from ansible_collections.lambdal.cloud.plugins.module_utils._module.notices import (
    PROGRESS_ENVIRONMENT,
    write_line,
)
from ansible_collections.lambdal.cloud.plugins.plugin_utils import _hooks
from ansible_collections.lambdal.cloud.plugins.plugin_utils._controller import (
    STDERR,
    end_children,
    signalled_at_its_end,
    stderr_path,
)
from ansible_collections.lambdal.cloud.plugins.plugin_utils._process import can_come_back, run_here

VARIABLE = "lambda_cloud_direct"
ENVIRONMENT = "LAMBDA_CLOUD_DIRECT"
PROGRESS_VARIABLE = "lambda_cloud_progress"
# The role fleet sets it where each option is a variable of this prefix.
PREFIX_VARIABLE = "__fleet_option_prefix"
# The variables that a task without these options takes them from.
CONNECTION_VARIABLES = {"api_key": "lambda_api_key", "api_url": "lambda_api_url"}

# Ansible's default format of a module's arguments and result.
_PROFILE = "legacy"
# Variables with these prefixes only affect a new process: the running one has read them already.
_READ_AT_START = ("PYTHON", "LD_", "DYLD_", "OPENSSL_", "TZ")


class ModuleAction(NormalAction):  # type: ignore[misc]
    """Action that runs a module in this process where it can, and in a process of its own elsewhere.

    A subclass sets `main` to the module's entry function.
    """

    main: t.ClassVar[t.Callable[[], None]]

    _direct = False
    _shows_progress = False
    _arguments = b""

    def run(self, tmp: str | None = None, task_vars: dict[str, t.Any] | None = None) -> dict[str, t.Any]:
        if problem := core_problem():
            raise AnsibleActionFail(problem)
        self._task.args = {**self._task.args, **self._connection_options(task_vars or {})}
        obstacle = self._obstacle(task_vars or {})
        self._direct = obstacle is None
        self._shows_progress = not self._task.no_log and self._is_enabled(
            PROGRESS_VARIABLE, PROGRESS_ENVIRONMENT, task_vars or {}
        )
        if problem := _hooks.hook_problem():
            Display().v(
                f"ansible-core {core_version} differs in {problem}, so that modules run in processes of their own."
            )
        where = "in this process" if obstacle is None else f"in a process of its own: {obstacle}"
        Display().vvv(f"{self._task.action} runs {where}.", host=self._play_context.remote_addr)
        result = t.cast("dict[str, t.Any]", super().run(tmp, task_vars))
        if result.get("failed") and (prefix := (task_vars or {}).get(PREFIX_VARIABLE)):
            result["msg"] = with_variables(str(result.get("msg", "")), self._task.args, str(prefix))
        return result

    def _connection_options(self, task_vars: dict[str, t.Any]) -> dict[str, t.Any]:
        """Return the options of the connection that variables of the play set."""
        values = {
            option: self._templar.template(task_vars.get(name))
            for option, name in CONNECTION_VARIABLES.items()
            if self._task.args.get(option) is None
        }
        return {option: value for option, value in values.items() if value not in (None, "")}

    def _obstacle(self, task_vars: dict[str, t.Any]) -> str | None:
        """Return why the module cannot run in this process, or None if it can."""
        if problem := _hooks.hook_problem():
            return f"ansible-core {core_version} differs in {problem}"
        if self._connection.ansible_name not in ("ansible.builtin.local", "ansible.legacy.local"):
            return f"the connection is {self._connection.ansible_name}"
        if self._task.async_val:
            return "async"
        if self._connection.become:
            return "become"
        for name in self._environment:
            if name.startswith(_READ_AT_START):
                return f"{name} in its environment"
        if not self._is_enabled(VARIABLE, ENVIRONMENT, task_vars):
            return f"{VARIABLE} is false"
        if not can_come_back():
            return "the working folder may not be entered"
        if library_problem():
            return "the controller's Python lacks requests or urllib3, or has older ones than needed"
        return None

    def _is_enabled(self, variable: str, name: str, task_vars: dict[str, t.Any]) -> bool:
        """Return a setting from its variable, else from the task's environment, else from the controller's."""
        value = self._templar.template(task_vars.get(variable))
        if value is None:
            value = self._environment.get(name, os.environ.get(name)) or True
        try:
            return bool(boolean(value))
        except TypeError:
            raise AnsibleActionFail(f"{variable} ({name}) must be true or false, not {value!r}.") from None

    @cached_property
    def _environment(self) -> dict[str, str]:
        """Return the environment variables that the play, its blocks and the task set."""
        variables: dict[str, t.Any] = {}
        self._compute_environment_string(variables)
        return {str(name): str(value) for name, value in variables.items()}

    # The methods below replace the steps of ActionBase._execute_module that build and start a process.

    def _is_pipelining_enabled(self, module_style: str, wrap_async: bool = False) -> bool:
        # Nothing is transferred, so no temporary folder is needed.
        return True if self._direct else bool(super()._is_pipelining_enabled(module_style, wrap_async))

    def _configure_module(
        self, module_name: str, module_args: dict[str, t.Any], task_vars: dict[str, t.Any]
    ) -> tuple[t.Any, str]:
        if not self._direct:
            return t.cast("tuple[t.Any, str]", super()._configure_module(module_name, module_args, task_vars))
        encoder = _hooks.json_forms.get_module_encoder(_PROFILE, _hooks.json_forms.Direction.CONTROLLER_TO_MODULE)
        try:
            text = json.dumps({"ANSIBLE_MODULE_ARGS": module_args}, cls=encoder)
        except TypeError as error:
            raise AnsibleError(f"Failed to serialize arguments for the {module_name!r} module.") from error
        self._arguments = text.encode()
        payload = _hooks.BuiltModule(
            b_module_data=self._arguments, module_style="new", shebang="#!python", serialization_profile=_PROFILE
        )
        return payload, inspect.getfile(type(self).main)

    def _low_level_execute_command(self, cmd: str, *args: t.Any, **options: t.Any) -> dict[str, t.Any]:
        if not self._direct:
            return self._run_in_process(cmd, *args, **options)
        with self._shown(), signalled_at_its_end(signal.SIGHUP):
            done = run_here(
                type(self).main,
                self._arguments,
                _PROFILE,
                environment=self._environment,
                folder=self._loader.get_basedir(),
            )
        if task.interrupted_by:
            # It was told; now the worker ends as Ansible has it end.
            os.kill(os.getpid(), task.interrupted_by)
        return {
            "rc": done.rc,
            "stdout": done.stdout,
            "stdout_lines": done.stdout.splitlines(),
            "stderr": done.stderr,
            "stderr_lines": done.stderr.splitlines(),
        }

    def _run_in_process(self, cmd: str, *args: t.Any, **options: t.Any) -> dict[str, t.Any]:
        """Run the module in a process of its own, which ends when the controller or the task does."""
        if path := stderr_path():
            os.environ[STDERR_VARIABLE] = path
        os.environ[PROGRESS_ENVIRONMENT] = str(self._shows_progress).lower()
        with signalled_at_its_end(signal.SIGTERM):
            try:
                return t.cast("dict[str, t.Any]", super()._low_level_execute_command(cmd, *args, **options))
            except _hooks.TaskTimeout:
                end_children()
                raise

    @contextlib.contextmanager
    def _shown(self) -> t.Iterator[None]:
        """Show the module's progress, details at `-v`, and always what an interrupt leaves behind.

        With no_log, only the last. Progress goes to standard error through the controller, so that whatever reads its events, as
        AWX does, has each line too.
        """
        if not self._task.no_log:
            task.detail = lambda text: Display().v(text, host=self._play_context.remote_addr)
        task.progress = (
            (lambda text: Display().display(text, stderr=True)) if self._shows_progress else lambda text: None
        )
        task.notice = (lambda text: None) if STDERR is None else partial(write_line, STDERR)
        task.interrupted_by = None
        try:
            yield
        finally:
            task.detail = task.progress = task.notice = None


def with_variables(message: str, options: t.Iterable[str], prefix: str) -> str:
    """Return a message that names the variables which the user set, instead of the options that a role passes them to."""
    # A name of one word is a word of the language as well.
    names = "|".join(re.escape(name) for name in options if "_" in name)
    return re.sub(rf"(?<![\w.])({names})(?!\w)", rf"{prefix}\1", message) if names else message


class ControllerAction(ActionBase):  # type: ignore[misc]
    """Action that is no module: it works from the controller, over the host's connection."""

    def _checked_options(self, argument_spec: dict[str, dict[str, t.Any]]) -> dict[str, t.Any]:
        """Return the options of the task, with the defaults of those that are not given or empty.

        Raises:
            AnsibleActionFail: one is unknown, or cannot be meant.
        """
        self._task.args = {name: value for name, value in self._task.args.items() if value is not None and value != ""}
        _validation, options = self.validate_argument_spec(argument_spec)
        try:
            check_numbers(options, argument_spec)
        except InvalidInput as error:
            raise AnsibleActionFail(str(error)) from None
        return t.cast("dict[str, t.Any]", options)
