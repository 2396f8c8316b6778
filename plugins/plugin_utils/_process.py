# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Running a module's entry function in this process as a process of its own would run it, and leaving no trace.

A module reads its arguments from a variable of AnsibleModule's, prints its result and exits. Beside that it sees the
environment, the working folder, the umask and the locale, all of which are as they should be for it and put back.
Its warnings go to Ansible's display, as those of an action do, which adds them to the task's result.
"""

from __future__ import annotations

import contextlib
import io
import locale
import os
import typing as t

from ansible.module_utils import basic
from ansible.module_utils._internal._ansiballz import _loader

_ARGUMENTS = ("_ANSIBLE_ARGS", "_ANSIBLE_PROFILE", "_PARSED_MODULE_ARGS")


class Finished(t.NamedTuple):
    """What a module left, as if it had been a process."""

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
        arguments: the JSON that Ansible hands to a module.
        profile: the form of that JSON, in Ansible's words.
        environment: variables to set on top of those of this process.
        folder: the working folder.

    A crash ends as the result that Ansible's wrapper makes of it. What is no Exception, like the task's timeout, goes
    through.
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
        _loader._handle_exception(error, profile)


@contextlib.contextmanager
def _module_arguments(arguments: bytes, profile: str) -> t.Iterator[None]:
    """Hand AnsibleModule its arguments, by the variables that Ansible's own wrapper sets before a module starts."""
    before = {name: value for name, value in vars(basic).items() if name in _ARGUMENTS}
    basic._ANSIBLE_ARGS, basic._ANSIBLE_PROFILE = arguments, profile
    try:
        yield
    finally:
        for name in _ARGUMENTS:
            vars(basic).pop(name, None)
        vars(basic).update(before)


@contextlib.contextmanager
def _surroundings(environment: t.Mapping[str, str], folder: str) -> t.Iterator[None]:
    """The environment, working folder, locale and umask of a process, put back afterwards."""
    variables = dict(os.environ)
    mask = os.umask(0)
    os.umask(mask)
    language = locale.setlocale(locale.LC_ALL)
    # By its descriptor, because a folder may be renamed or deleted meanwhile.
    here = os.open(".", os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.chdir(folder)
        os.environ.update(environment)
        yield
    finally:
        os.fchdir(here)
        os.close(here)
        os.umask(mask)
        locale.setlocale(locale.LC_ALL, language)
        for name in set(os.environ) - set(variables):
            del os.environ[name]
        for name, value in variables.items():
            if os.environ.get(name) != value:
                os.environ[name] = value
