# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Running the system's own tools."""

from __future__ import annotations

import subprocess

from .. import HostError


def run(*argv: str) -> str:
    """Run a command and return what it printed.

    Raises:
        HostError: the command cannot be started or exits non-zero; the message holds what it complained with.
    """
    try:
        done = subprocess.run(argv, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    except OSError as error:
        raise HostError(f"{argv[0]} cannot be started: {error.strerror}") from error
    if done.returncode != 0:
        raise HostError(f"{' '.join(argv[:3])} failed ({done.returncode}): {summary(done.stderr or done.stdout)}")
    return done.stdout


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
