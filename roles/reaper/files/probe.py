# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Print how long a host has been idle and how old it is, as JSON. Python's standard library is all it needs.

One moment says little, so it keeps a file of when it first saw the host, and since when every probe has found it idle.
Nobody knows what happened between a busy probe and the first idle one, or between two that are far apart, so that does
not count as idle.
A host ends or stays for what is in that file, so it counts only if nobody else can have written it or put it there.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import pathlib
import secrets
import stat
import subprocess
import sys
import time
import typing as t

TIMES = ("first_seen", "idle_since", "last_look")


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument(
        "--busy", type=float, required=True, help="utilisation of a GPU in per cent from which on it is busy"
    )
    parser.add_argument("--samples", type=int, required=True, help="how often to ask the GPUs")
    parser.add_argument("--interval", type=float, required=True, help="seconds between")
    parser.add_argument(
        "--gap", type=float, required=True, help="seconds between two probes after which it begins anew"
    )
    parser.add_argument("--unit", action="append", default=[], help="pattern of units that are busy while they run")
    parser.add_argument(
        "--command", default="[]", help="words of a command that exits with 0 while the host is busy, as JSON"
    )
    parser.add_argument("--file", type=pathlib.Path, required=True, help="what was seen before")
    parser.add_argument("--write", action="store_true", help="keep what is seen now")
    parser.add_argument("--proc", type=pathlib.Path, default=pathlib.Path("/proc"), help="where the processes are told")
    arguments = parser.parse_args()

    utilisation, problem = highest_utilisation(arguments.samples, arguments.interval)
    sessions = other_sessions(os.getpid(), arguments.proc)
    busy = [f"{name} runs" for name in running_units(arguments.unit)]
    says, unsaid = ask(json.loads(arguments.command))
    if says:
        busy.append(says)
    if sessions:
        busy.append(f"{sessions} SSH sessions")
    if utilisation is not None and utilisation >= arguments.busy:
        busy.append(f"GPU at {utilisation:g} %")
    problem = problem or unsaid

    now = time.time()
    seen: dict[str, float] = {}
    with contextlib.suppress(OSError):
        seen = remembered(arguments.file)
    booted = now - age_of_first_process(arguments.proc)
    first_seen = min(seen.get("first_seen", now), booted)
    # Whoever cannot tell whether the host works must not say that it does not.
    unknown = utilisation is None or bool(unsaid)
    # Somebody restarted it, so it was in use. A whole job fits into a gap.
    is_gap = now - seen.get("last_look", 0) > arguments.gap
    idle_since = None if busy or unknown else now if is_gap else max(seen.get("idle_since", now), booted)
    if arguments.write:
        try:
            remember(arguments.file, {"first_seen": first_seen, "idle_since": idle_since, "last_look": now})
        except OSError as error:
            problem = problem or f"{arguments.file}: {error.strerror or error}"
    answer = {
        "utilisation": utilisation,
        "problem": problem,
        "sessions": sessions,
        "busy": busy,
        "idle_seconds": None if unknown else int(now - (idle_since or now)),
        "age_seconds": max(0, int(now - first_seen)),
    }
    print(json.dumps(answer))
    return 0


def running_units(patterns: list[str]) -> list[str]:
    """Return the names of the units that run, or are about to; one that is active after its process has ended does not."""
    if not patterns:
        return []
    command = ["systemctl", "list-units", "--all", "--plain", "--no-legend", "--no-pager", "--", *patterns]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    except (OSError, subprocess.TimeoutExpired):
        # Where there is no systemd, there are no units.
        return []
    # A unit that failed may have a mark before its name.
    rows = [line.lstrip("● *").split() for line in done.stdout.splitlines()]
    return [
        row[0]
        for row in rows
        if len(row) >= 4 and row[2] in ("active", "activating", "reloading", "deactivating") and row[3] != "exited"
    ]


def ask(command: list[str]) -> tuple[str, str]:
    """Run a user's command. Returns why the host is busy, if it is, and why that is not known, if it is not."""
    if not command:
        return "", ""
    try:
        code = subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, timeout=60, check=False
        ).returncode
    except (OSError, subprocess.TimeoutExpired) as error:
        return "", f"{command[0]}: {error}"
    if code not in (0, 1):
        return "", f"{command[0]} exited with {code}, which is neither 0 (busy) nor 1"
    return ("" if code else f"{os.path.basename(command[0])} says so"), ""


def highest_utilisation(samples: int, interval: float) -> tuple[float | None, str]:
    """Return the utilisation of the busiest GPU in per cent, or None and why it is not known."""
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
    """Count the SSH sessions beside the one that this process belongs to."""
    processes = dict(_processes(proc))
    mine = set()
    while own in processes and own not in mine:
        mine.add(own)
        own = processes[own][0]
    # sshd calls the process of a session "sshd: USER@TERMINAL"; that of one at the login is "sshd: USER [priv]".
    sessions = {pid for pid, (_parent, command) in processes.items() if command.startswith("sshd") and "@" in command}
    return len(sessions - mine)


def _processes(proc: pathlib.Path) -> t.Iterator[tuple[int, tuple[int, str]]]:
    """Yield the id, the id of the parent and the command line of every process."""
    for folder in proc.glob("[0-9]*"):
        try:
            parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
            command = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode("utf-8", "replace").strip()
        except (OSError, ValueError, IndexError):
            continue
        yield int(folder.name), (parent, command)


def age_of_first_process(proc: pathlib.Path) -> float:
    """Return the seconds since the host booted; /proc/uptime would be that of a container's host."""
    ticks = int((proc / "1" / "stat").read_text().rpartition(")")[2].split()[19])
    return time.clock_gettime(time.CLOCK_BOOTTIME) - ticks / os.sysconf("SC_CLK_TCK")


def remembered(file: pathlib.Path) -> dict[str, float]:
    """Return what was seen before, or nothing if that is not what this program wrote.

    Raises:
        OSError: it cannot be read, or others may have written it.
    """
    with _private_folder(file.parent) as folder:
        number = os.open(file.name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=folder)
        with open(number, encoding="utf-8") as stream:
            found = os.fstat(number)
            if not stat.S_ISREG(found.st_mode) or found.st_uid != os.geteuid() or found.st_mode & 0o022:
                raise PermissionError(f"{file} belongs to somebody else")
            try:
                seen = json.load(stream)
                return {name: float(seen[name]) for name in TIMES if seen.get(name) is not None}
            except (ValueError, AttributeError, TypeError):
                return {}


def remember(file: pathlib.Path, seen: dict[str, float | None]) -> None:
    """Write what is seen now in the place of what was seen before, in a folder of one's own if there is none.

    Raises:
        OSError: it cannot be written, or others could write it.
    """
    with contextlib.suppress(FileExistsError), _private_folder(file.parent.parent) as above:
        os.mkdir(file.parent.name or ".", 0o700, dir_fd=above)
    with _private_folder(file.parent) as folder:
        new = f".{file.name}.{secrets.token_hex(8)}"
        number = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600, dir_fd=folder)
        try:
            with open(number, "w", encoding="utf-8") as stream:
                json.dump(seen, stream)
            os.replace(new, file.name, src_dir_fd=folder, dst_dir_fd=folder)
        except OSError:
            os.unlink(new, dir_fd=folder)
            raise


@contextlib.contextmanager
def _private_folder(path: pathlib.Path) -> t.Iterator[int]:
    """Yield a descriptor of a folder in which nobody but this user and root can replace a file.

    Raises:
        OSError: there is none, a part of the path is a link, or somebody else can.
    """
    flags = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW
    absolute = pathlib.Path(os.path.abspath(path))
    number = os.open(absolute.anchor, flags)
    try:
        for part in ("", *absolute.parts[1:]):
            if part:
                below = os.open(part, flags, dir_fd=number)
                os.close(number)
                number = below
            found = os.fstat(number)
            # In a sticky folder, such as /var/tmp, only its owner removes a file.
            if found.st_uid not in (0, os.geteuid()) or (found.st_mode & 0o022 and not found.st_mode & stat.S_ISVTX):
                raise PermissionError(f"others can write to a folder of {absolute}")
        yield number
    finally:
        os.close(number)


if __name__ == "__main__":
    sys.exit(main())
