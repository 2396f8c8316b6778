# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run a module's entry function in this process as if it had a process of its own, and restore everything afterwards.

A module reads its arguments from a variable of AnsibleModule, prints its result and exits. It also sees the environment, the
working folder, the umask and the locale; all of them are set for the module and restored. Its warnings go to Ansible's
display, as those of an action plugin do, which adds them to the task's result.
"""

from __future__ import annotations

import contextlib
import io
import locale
import os
import signal
import typing as t

from ansible.module_utils import basic
from ansible_collections.lambdal.cloud.plugins.plugin_utils._hooks import ARGUMENTS, loader

_ARGUMENTS = (*ARGUMENTS, "_PARSED_MODULE_ARGS")


class Finished(t.NamedTuple):
    """The outcome of a module, as that of a finished process."""

    rc: int
    stdout: str
    stderr: str


def run_here(
    main: t.Callable[[], None],
    arguments: bytes,
    profile: str,
    *,
    environment: t.Mapping[str, str],
    folder: str,
) -> Finished:
    """Run a module in this process.

    Args:
        main: the module's entry function.
        arguments: the JSON that Ansible passes to a module.
        profile: Ansible's name for the form of that JSON.
        environment: variables to set in addition to those of this process.
        folder: the working folder.

    A crash becomes the result that Ansible's own wrapper would make of it. A BaseException that is not an Exception, such as
    the task's timeout, is passed on.
    """
    stdout, stderr = io.StringIO(), io.StringIO()
    rc = 0
    with (
        _module_arguments(arguments, profile),
        _surroundings(environment, folder),
        contextlib.redirect_stdout(stdout),
        contextlib.redirect_stderr(stderr),
    ):
        try:
            _run(main, profile)
        except SystemExit as stop:
            rc = stop.code if isinstance(stop.code, int) else int(stop.code is not None)
    return Finished(rc, stdout.getvalue(), stderr.getvalue())


def _run(main: t.Callable[[], None], profile: str) -> None:
    try:
        main()
        raise RuntimeError("New-style module did not handle its own exit.")
    except Exception as error:
        loader._handle_exception(error, profile)


@contextlib.contextmanager
def _module_arguments(arguments: bytes, profile: str) -> t.Iterator[None]:
    """Pass arguments to AnsibleModule in the variables that Ansible's own wrapper sets before a module starts."""
    before = {name: value for name, value in vars(basic).items() if name in _ARGUMENTS}
    basic._ANSIBLE_ARGS, basic._ANSIBLE_PROFILE = arguments, profile
    try:
        yield
    finally:
        for name in _ARGUMENTS:
            vars(basic).pop(name, None)
        vars(basic).update(before)


def can_come_back() -> bool:
    """Return whether a module could go to another folder and come back to this one."""
    try:
        os.close(_open_folder())
    except OSError:
        return False
    return True


def _open_folder() -> int:
    """Open the working folder, which may be renamed or deleted meanwhile, and need not be readable."""
    return os.open(".", getattr(os, "O_PATH", os.O_RDONLY) | os.O_DIRECTORY)


@contextlib.contextmanager
def _surroundings(environment: t.Mapping[str, str], folder: str) -> t.Iterator[None]:
    """Set the environment and working folder, and restore them, the locale, the umask and signals when the block ends."""
    variables = dict(os.environ)
    # Newer cores let a module handle one.
    handlers = {number: signal.getsignal(number) for number in signal.valid_signals()}
    mask = os.umask(0)
    os.umask(mask)
    language = locale.setlocale(locale.LC_ALL)
    here = _open_folder()
    try:
        os.chdir(folder)
        os.environ.update(environment)
        yield
    finally:
        os.fchdir(here)
        os.close(here)
        os.umask(mask)
        locale.setlocale(locale.LC_ALL, language)
        for number, handler in handlers.items():
            if handler is not None and signal.getsignal(number) is not handler:
                signal.signal(number, handler)
        for name in set(os.environ) - set(variables):
            del os.environ[name]
        for name, value in variables.items():
            if os.environ.get(name) != value:
                os.environ[name] = value
