# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Print how a part of a job ended, as JSON: when, and the end of what it printed. Python's standard library is all it needs."""

from __future__ import annotations

import json
import subprocess
import sys
import time

# What a failed part printed last, of which a person is shown some lines.
BYTES = 256 * 1024


def main() -> None:
    unit, log, user, offset_file = sys.argv[1:5]
    shown = dict(line.split("=", 1) for line in run("systemctl", "show", unit).splitlines() if "=" in line)
    exited = int(shown.get("ExecMainExitTimestampMonotonic") or 0) / 1e6
    printed = read(log, user, begin(offset_file))
    journal = "" if printed.strip() else said(shown.get("InvocationID") or "none")
    # The clock that systemd measures with began when the host did.
    at = time.time() - time.monotonic() + exited if exited else None
    print(json.dumps({"exited_at": at, "log": printed.splitlines(), "journal": journal.splitlines()}))


def begin(path: str) -> int:
    """Return where in the log this run begins."""
    try:
        with open(path, encoding="ascii") as file:
            return int(file.read())
    except (OSError, ValueError):
        return 0


def read(log: str, user: str, offset: int) -> str:
    """Return the end of a log as the job's user reads it: root would read any file to which that user laid a link."""
    size = run("runuser", "--user", user, "--", "stat", "--dereference", "--format=%s", "--", log).strip()
    # Somebody may have emptied it meanwhile.
    start = offset if size.isdigit() and offset <= int(size) else 0
    start = max(start, int(size) - BYTES) if size.isdigit() else start
    return run("runuser", "--user", user, "--", "tail", f"--bytes=+{start + 1}", "--", log)


def said(invocation: str) -> str:
    """Return what systemd and the job said in the journal, where a command that cannot be started is all there is."""
    matches = (f"INVOCATION_ID={invocation}", "+", f"_SYSTEMD_INVOCATION_ID={invocation}")
    return run("journalctl", "--no-pager", "--output=cat", "--lines=20", *matches)


def run(*argv: str) -> str:
    """Return what a command prints, also where it fails."""
    done = subprocess.run(argv, check=False, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    return done.stdout.decode(errors="replace")


if __name__ == "__main__":
    main()
