# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tells how long a machine has been idle and how old it is, as JSON. Python's standard library is all it needs.

What it sees at one moment says little, so it keeps a file of when it first saw the machine, and since when every look has
found it idle. What happened between a busy look and the first idle one nobody knows, and that is no idleness.
"""

from __future__ import annotations

import argparse
import json
import os
import pathlib
import subprocess
import sys
import time
import typing as t


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--busy", type=float, required=True, help="per cent of a GPU's time from which on it is busy")
    parser.add_argument("--samples", type=int, required=True, help="how often to ask the GPUs")
    parser.add_argument("--interval", type=float, required=True, help="seconds between")
    parser.add_argument("--file", type=pathlib.Path, required=True, help="what was seen before")
    parser.add_argument("--write", action="store_true", help="keep what is seen now")
    parser.add_argument("--proc", type=pathlib.Path, default=pathlib.Path("/proc"), help="where the processes are told")
    arguments = parser.parse_args()

    utilisation, problem = highest_utilisation(arguments.samples, arguments.interval)
    sessions = other_sessions(os.getpid(), arguments.proc)
    now = time.time()
    seen = remembered(arguments.file)
    booted = now - age_of_first_process(arguments.proc)
    first_seen = min(seen.get("first_seen", now), booted)
    # Whoever cannot tell whether the GPUs work must not say that they do not.
    busy = sessions > 0 or utilisation is None or utilisation >= arguments.busy
    # A restart is work of somebody.
    idle_since = None if busy else max(seen.get("idle_since", now), booted)
    if arguments.write:
        new = arguments.file.with_suffix(".new")
        new.write_text(json.dumps({"first_seen": first_seen, "idle_since": idle_since}))
        new.replace(arguments.file)
    answer = {
        "utilisation": utilisation,
        "problem": problem,
        "sessions": sessions,
        "idle_seconds": None if utilisation is None else int(now - (idle_since or now)),
        "age_seconds": max(0, int(now - first_seen)),
    }
    print(json.dumps(answer))
    return 0


def highest_utilisation(samples: int, interval: float) -> tuple[float | None, str]:
    """Per cent of the busiest GPU, and why it is not known."""
    highest: float | None = None
    for number in range(max(1, samples)):
        if number:
            time.sleep(interval)
        command = ["nvidia-smi", "--query-gpu=utilization.gpu", "--format=csv,noheader,nounits"]
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
            values = [float(line) for line in done.stdout.splitlines() if line.strip()]
        except (OSError, subprocess.TimeoutExpired, ValueError) as error:
            return None, f"nvidia-smi: {error}"
        if done.returncode or not values:
            return None, f"nvidia-smi exited with {done.returncode}"
        highest = max([*values, *([] if highest is None else [highest])])
    return highest, ""


def other_sessions(own: int, proc: pathlib.Path) -> int:
    """How many SSH sessions there are beside the one that this process belongs to."""
    processes = dict(_processes(proc))
    mine = set()
    while own in processes and own not in mine:
        mine.add(own)
        own = processes[own][0]
    # sshd calls the process of a session "sshd: USER@TERMINAL"; that of one at the login is "sshd: USER [priv]".
    sessions = {pid for pid, (_parent, command) in processes.items() if command.startswith("sshd") and "@" in command}
    return len(sessions - mine)


def _processes(proc: pathlib.Path) -> t.Iterator[tuple[int, tuple[int, str]]]:
    """Id -> id of the parent, and command line, of every process."""
    for folder in proc.glob("[0-9]*"):
        try:
            parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
            command = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode("utf-8", "replace").strip()
        except (OSError, ValueError, IndexError):
            continue
        yield int(folder.name), (parent, command)


def age_of_first_process(proc: pathlib.Path) -> float:
    """Seconds since the machine booted; /proc/uptime would tell a container's host's."""
    ticks = int((proc / "1" / "stat").read_text().rpartition(")")[2].split()[19])
    return time.clock_gettime(time.CLOCK_BOOTTIME) - ticks / os.sysconf("SC_CLK_TCK")


def remembered(file: pathlib.Path) -> dict[str, float]:
    """What was seen before; nothing where that cannot be read."""
    try:
        seen = json.loads(file.read_text())
        return {name: float(seen[name]) for name in ("first_seen", "idle_since") if seen.get(name) is not None}
    except (OSError, ValueError, AttributeError, TypeError):
        return {}


if __name__ == "__main__":
    sys.exit(main())
