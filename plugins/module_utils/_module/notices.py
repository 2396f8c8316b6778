# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lines on the standard error of the command that runs a play.

What ends a play often ends its workers before they can return a result. A line with the IDs of what bills then has to reach
the user by another way: the action hands a module in a process of its own a path to the controller's standard error. The
progress of a task that waits goes there too, since what a program on standard output is for need not be for people.
"""

from __future__ import annotations

import contextlib
import os
import re

from ansible_collections.lambdal.cloud.plugins.module_utils._terminal import printable

ENVIRONMENT = "LAMBDA_CLOUD_STDERR"
# Whether a module in a process of its own shows its progress there.
PROGRESS_ENVIRONMENT = "LAMBDA_CLOUD_PROGRESS"
_DESCRIPTOR = re.compile(r"/proc/[0-9]+/fd/[0-9]+")

# A module that nobody told otherwise has a standard error of its own.
_OWN_STDERR = 2
_stderr = _OWN_STDERR


def open_notices() -> None:
    """Open the controller's standard error while there is a controller, if the action says where."""
    global _stderr
    path = os.environ.get(ENVIRONMENT, "")
    if _DESCRIPTOR.fullmatch(path):
        with contextlib.suppress(OSError):
            _stderr = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_NOCTTY)


def write_notice(text: str) -> None:
    """Write a line to the controller's standard error, as far as it is known."""
    write_line(_stderr, text)


def write_progress(text: str) -> None:
    """Write a line to the controller's standard error if the action wants so."""
    if _stderr != _OWN_STDERR and os.environ.get(PROGRESS_ENVIRONMENT) == "true":
        write_notice(text)


def write_line(descriptor: int, text: str) -> None:
    """Write a line at once; nobody may be reading any more."""
    with contextlib.suppress(OSError):
        os.write(descriptor, f"{printable(text)}\n".encode())
