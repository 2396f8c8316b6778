# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The process that runs the play, as its workers see it: its standard error, and its end.

Ansible detaches workers from the terminal and gives them no standard error, so that a signal that ends the play would end
a launch in silence. A worker also outlives a controller that was killed, and would go on launching.

What the play prints waits in a buffer where it is piped, so that it would come after the lines on standard error that tell of
its progress.
"""

from __future__ import annotations

import contextlib
import ctypes
import fcntl
import io
import multiprocessing
import os
import signal
import sys
import typing as t

_STDERR = 2
_PR_SET_PDEATHSIG = 1


def _open_stderr() -> int | None:
    """Return a descriptor of the controller's standard error, or None where there is none to be had."""
    try:
        if multiprocessing.parent_process() is None:
            # In a file, what several processes write would otherwise lie on top of each other.
            fcntl.fcntl(_STDERR, fcntl.F_SETFL, fcntl.fcntl(_STDERR, fcntl.F_GETFL) | os.O_APPEND)
            return os.dup(_STDERR)
        return os.open(f"/proc/{os.getppid()}/fd/{_STDERR}", os.O_WRONLY | os.O_APPEND | os.O_NOCTTY)
    except OSError:
        return None


# Ansible imports an action before it starts the worker that runs it, which inherits the descriptor.
STDERR = _open_stderr()


def _show_lines_at_once() -> None:
    """Let the controller print each line at once, also where its output is piped."""
    if multiprocessing.parent_process() is None and isinstance(sys.stdout, io.TextIOWrapper):
        with contextlib.suppress(OSError):
            sys.stdout.reconfigure(line_buffering=True)


_show_lines_at_once()


def stderr_path() -> str | None:
    """Return a path by which other processes of this user can open the controller's standard error."""
    path = f"/proc/{os.getpid()}/fd/{STDERR}"
    return path if STDERR is not None and os.path.exists(path) else None


@contextlib.contextmanager
def signalled_at_its_end(number: int) -> t.Iterator[None]:
    """Send this process a signal if the controller ends before the block does. Only Linux can do so."""
    _set_death_signal(number)
    try:
        yield
    finally:
        _set_death_signal(0)


def _set_death_signal(number: int) -> None:
    if sys.platform.startswith("linux"):
        with contextlib.suppress(OSError, AttributeError):
            ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, number, 0, 0, 0)


def end_children() -> None:
    """Ask the processes that this worker started to end, such as a module whose task timed out."""
    if os.getpgrp() != os.getpid():
        return
    before = signal.signal(signal.SIGTERM, signal.SIG_IGN)
    try:
        os.killpg(os.getpgrp(), signal.SIGTERM)
    finally:
        signal.signal(signal.SIGTERM, before)
