# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The action behind every module: it runs the module in the controller's own process where nothing speaks against it.

Packing a module, starting a Python and importing everything again takes about half a second a task, and needs requests
in whatever Python the managed host `localhost` has. Both are saved. Everything around it is Ansible's own: how arguments
are made and the result is read is what happens to any module; only building the payload and running it are replaced.
"""

from __future__ import annotations

import contextlib
import inspect
import json
import os
import typing as t

from ansible import __version__ as core_version
from ansible.errors import AnsibleActionFail, AnsibleError
from ansible.executor.module_common import _BuiltModule
from ansible.module_utils.common.json import Direction, get_module_encoder
from ansible.module_utils.parsing.convert_bool import boolean
from ansible.plugins.action.normal import ActionModule as NormalAction
from ansible.utils.display import Display
from ansible_collections.lambdal.cloud.plugins.module_utils import _module
from ansible_collections.lambdal.cloud.plugins.module_utils._transport import REQUESTS_IMPORT_ERROR
from ansible_collections.lambdal.cloud.plugins.plugin_utils._process import run_here

VARIABLE = "lambda_cloud_direct"
ENVIRONMENT = "LAMBDA_CLOUD_DIRECT"

# What is replaced here may differ in versions that nobody has tried; those run modules as they always do.
_TRIED = ("2.19.", "2.20.", "2.21.")

# The form in which Ansible writes down a module's arguments and result unless a module asks for another.
_PROFILE = "legacy"
# Who sets one of these for a task means a new process: the one that runs has read them already.
_READ_AT_START = ("PYTHON", "LD_", "DYLD_", "OPENSSL_", "TZ")


class ModuleAction(NormalAction):  # type: ignore[misc]
    """Runs a module in this process, or as modules run otherwise.

    A subclass names the module's entry function.
    """

    main: t.ClassVar[t.Callable[[], None]]

    _direct = False
    _arguments = b""

    def run(self, tmp: str | None = None, task_vars: dict[str, t.Any] | None = None) -> dict[str, t.Any]:
        obstacle = self._obstacle(task_vars or {})
        self._direct = obstacle is None
        where = "in this process" if obstacle is None else f"in a process of its own: {obstacle}"
        Display().vvv(f"{self._task.action} runs {where}.", host=self._play_context.remote_addr)
        return t.cast("dict[str, t.Any]", super().run(tmp, task_vars))

    def _obstacle(self, task_vars: dict[str, t.Any]) -> str | None:
        """Why the module cannot run here, if it cannot."""
        if not core_version.startswith(_TRIED):
            return f"ansible-core {core_version} is newer than what this was tried with"
        if self._connection.ansible_name not in ("ansible.builtin.local", "ansible.legacy.local"):
            return f"the connection is {self._connection.ansible_name}"
        if self._task.async_val:
            return "async"
        if self._connection.become:
            return "become"
        environment = self._environment()
        for name in environment:
            if name.startswith(_READ_AT_START):
                return f"{name} in its environment"
        if not self._wanted(task_vars, environment):
            return "it is told to"
        if REQUESTS_IMPORT_ERROR:
            return "the controller's Python lacks requests"
        return None

    def _wanted(self, task_vars: dict[str, t.Any], environment: t.Mapping[str, str]) -> bool:
        """What the variable says, else the task's environment, else the controller's."""
        value = self._templar.template(task_vars.get(VARIABLE))
        if value is None:
            value = environment.get(ENVIRONMENT, os.environ.get(ENVIRONMENT)) or True
        try:
            return bool(boolean(value))
        except TypeError:
            raise AnsibleActionFail(f"{VARIABLE} ({ENVIRONMENT}) must be true or false, not {value!r}.") from None

    def _environment(self) -> dict[str, str]:
        """The variables that play, blocks and task set."""
        variables: dict[str, t.Any] = {}
        self._compute_environment_string(variables)
        return {str(name): str(value) for name, value in variables.items()}

    # What follows replaces the steps of ActionBase._execute_module that build and start a process.

    def _is_pipelining_enabled(self, module_style: str, wrap_async: bool = False) -> bool:
        # Nothing is transferred, so no folder is made to transfer it to.
        return True if self._direct else bool(super()._is_pipelining_enabled(module_style, wrap_async))

    def _configure_module(
        self, module_name: str, module_args: dict[str, t.Any], task_vars: dict[str, t.Any]
    ) -> tuple[t.Any, str]:
        if not self._direct:
            return t.cast("tuple[t.Any, str]", super()._configure_module(module_name, module_args, task_vars))
        encoder = get_module_encoder(_PROFILE, Direction.CONTROLLER_TO_MODULE)
        try:
            text = json.dumps({"ANSIBLE_MODULE_ARGS": module_args}, cls=encoder)
        except TypeError as error:
            raise AnsibleError(f"Failed to serialize arguments for the {module_name!r} module.") from error
        self._arguments = text.encode()
        payload = _BuiltModule(
            b_module_data=self._arguments, module_style="new", shebang="#!python", serialization_profile=_PROFILE
        )
        return payload, inspect.getfile(type(self).main)

    def _low_level_execute_command(self, cmd: str, *args: t.Any, **options: t.Any) -> dict[str, t.Any]:
        if not self._direct:
            return t.cast("dict[str, t.Any]", super()._low_level_execute_command(cmd, *args, **options))
        with self._progress():
            done = run_here(
                type(self).main,
                self._arguments,
                _PROFILE,
                environment=self._environment(),
                folder=self._loader.get_basedir(),
            )
        return {
            "rc": done.rc,
            "stdout": done.stdout,
            "stdout_lines": done.stdout.splitlines(),
            "stderr": done.stderr,
            "stderr_lines": done.stderr.splitlines(),
        }

    @contextlib.contextmanager
    def _progress(self) -> t.Iterator[None]:
        """Show what the module tells of its progress at `-v`, unless the task keeps everything to itself."""
        if not self._task.no_log:
            _module.progress = lambda text: Display().v(text, host=self._play_context.remote_addr)
        try:
            yield
        finally:
            _module.progress = None
