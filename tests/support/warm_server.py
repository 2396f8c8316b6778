# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs Ansible's commands and modules in forks of a process that has imported them; `warm.py` starts it and asks.

What is configured is read anew in each fork, from its own environment and home.
"""

from __future__ import annotations

import atexit
import contextlib
import importlib
import json
import os
import runpy
import signal
import socket
import sys
import threading
import traceback
import typing as t
from pathlib import Path

# Request, and at most so many bytes: arguments and environment
_SIZE = 1 << 20
# Imported while a command runs, and the same for each
_OF_COMMANDS = (
    "ansible.executor.playbook_executor",
    "ansible.executor.process.worker",
    "ansible.executor.task_executor",
    "ansible.playbook.included_file",
    "ansible.plugins.action.normal",
    "ansible.plugins.callback.default",
    "ansible.plugins.connection.local",
    "ansible.plugins.filter.core",
    "ansible.plugins.inventory.auto",
    "ansible.plugins.lookup.file",
    "ansible.plugins.shell.sh",
    "ansible.plugins.strategy.linear",
    "ansible.plugins.test.core",
    "ansible.utils.hashing",
    "multiprocessing.shared_memory",
)
_OF_MODULES = ("ansible.module_utils.basic", "http.client", "requests", "urllib3")


def main() -> None:
    """Serve requests for `commands` or `modules` from the socket of a descriptor, until its other end is closed."""
    kind, descriptor = sys.argv[1:]
    commands = {}
    if kind == "commands":
        commands = {name: importlib.import_module(f"ansible.cli.{name}") for name in ("inventory", "playbook")}
    for name in (*(_OF_COMMANDS if commands else ()), *_OF_MODULES):
        # Cores differ in what they have.
        with contextlib.suppress(ImportError):
            importlib.import_module(name)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    with socket.socket(fileno=int(descriptor)) as requests:
        while True:
            message, descriptors, _flags, _address = socket.recv_fds(requests, _SIZE, 4)
            if not message:
                return
            if os.fork() == 0:
                requests.close()
                _supervise(commands, json.loads(message), descriptors)
            for each in descriptors:
                os.close(each)


def _supervise(commands: t.Mapping[str, t.Any], request: dict[str, t.Any], descriptors: list[int]) -> None:
    """Run a command in a process of its own, and write its id and then its exit code to the last of the descriptors."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    *streams, told = descriptors
    pid = os.fork()
    if pid == 0:
        os.close(told)
        for number, each in enumerate(streams):
            os.dup2(each, number)
            os.close(each)
        os._exit(_run(commands, request))
    for each in streams:
        os.close(each)
    os.write(told, f"{pid}\n".encode())
    _pid, status = os.waitpid(pid, 0)
    os.write(told, f"{os.waitstatus_to_exitcode(status)}\n".encode())
    os._exit(0)


def _run(commands: t.Mapping[str, t.Any], request: dict[str, t.Any]) -> int:
    """Run a command as if it had just been started, and return its exit code."""
    os.environ.clear()
    os.environ.update(request["environment"])
    os.chdir(request["folder"])
    sys.argv = request["command"]
    # What the process that was forked has to do at its end is its own.
    atexit._clear()
    code: t.Any = 0
    try:
        if commands:
            _configure()
            commands[Path(sys.argv[0]).name.removeprefix("ansible-")].main(sys.argv)
        else:
            # `python -m NAME`
            del sys.argv[:2]
            runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
    except SystemExit as ended:
        code = ended.code
    except BaseException:
        traceback.print_exc()
        code = 1
    threading._shutdown()
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    return code if isinstance(code, int) else int(code is not None)


def _configure() -> None:
    """Read Ansible's settings anew, as importing ansible.constants does."""
    constants = importlib.import_module("ansible.constants")
    for name in constants.config.get_configuration_definitions():
        constants.set_constant(name, constants.config.get_config_value(name, variables=vars(constants)))


if __name__ == "__main__":
    main()
