# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Running the system's own tools."""

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
        interrupt: kills the command when set.

    Raises:
        HostError: the command cannot be started or exits non-zero; the message holds what it complained with.
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
                output, complaint = process.communicate(timeout=None if interrupt is None else 0.2)
                break
            except subprocess.TimeoutExpired:
                if interrupt is not None and interrupt.is_set():
                    process.kill()
    if process.returncode != 0:
        shown = textwrap.shorten(" ".join(argv), 100, placeholder=" ...")
        raise HostError(f"{shown} failed ({process.returncode}): {summary(complaint or output)}")
    return output


def succeeds(*argv: str) -> bool:
    """Whether a command can be started and exits with 0."""
    try:
        run(*argv)
    except HostError:
        return False
    return True


def summary(output: str) -> str:
    """A tool's complaint on one line, of a long one the end."""
    text = "; ".join(line.strip() for line in output.splitlines() if line.strip())
    return f"...{text[-500:]}" if len(text) > 500 else text or "no output"
