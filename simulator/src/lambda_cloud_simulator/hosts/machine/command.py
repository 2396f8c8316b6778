# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The system's own tools, run as commands."""

from __future__ import annotations

import os
import subprocess
import textwrap
import threading

from .. import HostError

# Where a login of root would look as well, whatever became root here.
SEARCH_PATH = f"{os.environ.get('PATH', os.defpath)}:/usr/sbin:/sbin"


def run(*argv: str, interrupt: threading.Event | None = None) -> str:
    """Run a command and return what it printed.

    Args:
        *argv: the command and its arguments.
        interrupt: kills the command when set.

    Raises:
        HostError: the command cannot be started or exits non-zero; the message holds what it printed.
    """
    pipe = subprocess.PIPE
    environment = {**os.environ, "PATH": SEARCH_PATH}
    try:
        process = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=pipe, stderr=pipe, text=True, env=environment)
    except OSError as error:
        raise HostError(f"{argv[0]} cannot be started: {error.strerror}") from error
    with process:
        while True:
            try:
                output, errors = process.communicate(timeout=None if interrupt is None else 0.2)
                break
            except subprocess.TimeoutExpired:
                if interrupt is not None and interrupt.is_set():
                    process.kill()
    if process.returncode != 0:
        shown = textwrap.shorten(" ".join(argv), 100, placeholder=" ...")
        raise HostError(f"{shown} failed ({process.returncode}): {summarize(errors or output)}")
    return output


def succeeds(*argv: str) -> bool:
    """Run a command and return whether it could be started and exited with 0."""
    try:
        run(*argv)
    except HostError:
        return False
    return True


def summarize(output: str) -> str:
    """Return what a tool printed on one line, of a long one the end."""
    text = "; ".join(line.strip() for line in output.splitlines() if line.strip())
    return f"...{text[-500:]}" if len(text) > 500 else text or "no output"
