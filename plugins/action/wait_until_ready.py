# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import contextlib
import shlex
import typing as t

from ansible.errors import AnsibleConnectionFailure
from ansible.utils.display import Display
from ansible_collections.lambdal.cloud.plugins.module_utils._terminal import printable
from ansible_collections.lambdal.cloud.plugins.plugin_utils import _readiness
from ansible_collections.lambdal.cloud.plugins.plugin_utils._action import (
    PREFIX_VARIABLE,
    ControllerAction,
    with_variables,
)

_WAITS = ["ssh", "cloud_init", "apt", "mounts"]
_OPTIONS: dict[str, dict[str, t.Any]] = {
    "wait_for": {"type": "list", "elements": "str", "choices": _WAITS, "default": _WAITS},
    "ssh_timeout": {"type": "float", "default": 1800.0},
    "key_timeout": {"type": "float", "default": 60.0},
    "cloud_init_timeout": {"type": "float", "default": 1800.0},
    "apt_timeout": {"type": "float", "default": 600.0},
    "mount_timeout": {"type": "float", "default": 60.0},
    "mount_points": {"type": "list", "elements": "str"},
}


class ActionModule(ControllerAction):
    """Action that waits on the controller until a host can be logged in to, and then on the host until that is ready."""

    _requires_connection = True
    _task_vars: dict[str, t.Any]

    def run(self, tmp: str | None = None, task_vars: dict[str, t.Any] | None = None) -> dict[str, t.Any]:
        self._task_vars = task_vars or {}
        result: dict[str, t.Any] = super().run(tmp, task_vars)
        options = self._checked_options(_OPTIONS)
        host = self._host()
        if options["mount_points"] is None:
            mounts = self._templar.template(self._task_vars.get("lambda_file_system_mounts")) or []
            options["mount_points"] = [mount["mount_point"] for mount in mounts]
        problem = summary = ""
        # Check mode has launched nothing that could be booting.
        if "ssh" in options["wait_for"] and not self._task.check_mode:
            problem = _readiness.log_in(self._attempt, host, options["ssh_timeout"], options["key_timeout"])
        if not problem and (command := _readiness.script_command(options)):
            problem, summary = self._wait_there(shlex.join(command), host, options)
        if problem and (prefix := self._task_vars.get(PREFIX_VARIABLE)):
            problem = with_variables(problem, _OPTIONS, str(prefix))
        problem, summary = (printable(text, keep="\n") for text in (problem, summary))
        if summary and not problem:
            Display().display(f"{host.name}: {summary}")
        return {
            **result,
            "changed": False,
            "failed": bool(problem),
            "msg": problem or summary or f"{host.name} answers SSH.",
        }

    def _host(self) -> _readiness.Host:
        known = {
            field: self._templar.template(self._task_vars[variable])
            for field, variable in {"id": "lambda_id", "address": "ansible_host", "user": "ansible_user"}.items()
            if self._task_vars.get(variable)
        }
        keys = self._templar.template(self._task_vars.get("lambda_ssh_key_names")) or []
        return _readiness.Host(str(self._task_vars["inventory_hostname"]), **known, keys=keys)

    def _attempt(self, seconds: int) -> str | None:
        """Try to log in for some seconds, as Ansible's own action does, and return the message of the last failure, if it failed."""
        task = self._task.copy()
        task.args = {"timeout": seconds}
        action = self._shared_loader_obj.action_loader.get(
            "ansible.builtin.wait_for_connection",
            task=task,
            connection=self._connection,
            play_context=self._play_context,
            loader=self._loader,
            templar=self._templar,
            shared_loader_obj=self._shared_loader_obj,
        )
        done = action.run(task_vars=self._task_vars)
        return str(done.get("msg", "")) if done.get("failed") else None

    def _wait_there(self, command: str, host: _readiness.Host, options: dict[str, t.Any]) -> tuple[str, str]:
        """Wait on the host, and return what is wrong with it and how long it was waited for.

        A host that goes meanwhile is waited for again: user_data may restart it when it is done.
        """
        try:
            return self._result(command, host)
        except AnsibleConnectionFailure:
            with contextlib.suppress(Exception):
                self._connection.reset()
        problem = _readiness.log_in(self._attempt, host, options["cloud_init_timeout"], options["key_timeout"])
        return (problem, "") if problem else self._result(command, host)

    def _result(self, command: str, host: _readiness.Host) -> tuple[str, str]:
        done = self._low_level_execute_command(command)
        return _readiness.script_result(host, int(done["rc"]), str(done["stdout"]), str(done["stderr"]))
