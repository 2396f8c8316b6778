# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Find what tests and the demo left on this system: processes, networks, mounts, firewall rules and files.

    python3 tools/leftovers.py save FILE       before them
    python3 tools/leftovers.py compare FILE 60 after them: prints what is new or gone, and ends with 1 if anything is; what goes
                                               within 60 s, as connections kept for others do, was not left

What other programs do meanwhile does not count: of processes, those count that have the variable LAMBDA_CLOUD_LEFTOVERS as this
one has it, and of files, those whose names say that they are ours, and everything in ~/.ssh.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import tempfile
import time
import typing as t
from pathlib import Path

VARIABLE = "LAMBDA_CLOUD_LEFTOVERS"
OURS = "lambda"
# Root file systems of simulated machines take a minute to build, so they are kept on purpose.
KEPT = {"/var/cache/lambda-cloud-simulator", "/var/lib/lambda-cloud-simulator", "/run/lambda-cloud-simulator"}
SETTINGS = ("net/ipv4/ip_forward", "fs/inotify/max_user_instances")

Snapshot = dict[str, list[str]]


def snapshot() -> Snapshot:
    """Return what there is now, by its kind."""
    return {
        "process": sorted(_processes()),
        # After two lines of headings
        "network interface": [line.partition(":")[0].strip() for line in _text(Path("/proc/net/dev")).splitlines()[2:]],
        "network namespace": _names("/run/netns"),
        "mount": sorted(line.split()[1] for line in Path("/proc/self/mounts").read_text("utf-8").splitlines()),
        "firewall rule": _lines("nft", "list", "ruleset"),
        "kernel setting": [f"{name} = {_text(Path('/proc/sys') / name)}" for name in SETTINGS],
        "control group": sorted(str(path) for path in Path("/sys/fs/cgroup").rglob(f"{OURS}-*") if path.is_dir()),
        "file": sorted(_files()),
    }


def differences(before: Snapshot, after: Snapshot) -> list[str]:
    """Return a line for everything that is new or gone."""
    lines = []
    for kind, rows in after.items():
        lines += [f"new {kind}: {row}" for row in rows if row not in before[kind]]
        # That a process has ended or a file was removed is no harm.
        if kind not in ("process", "file"):
            lines += [f"{kind} that is gone: {row}" for row in before[kind] if row not in rows]
    return lines


def _processes() -> t.Iterator[str]:
    """Yield the processes that were started by what is looked at, without this one and those it was started by."""
    mark = os.environ.get(VARIABLE)
    own = set(_ancestors(os.getpid()))
    for folder in Path("/proc").glob("[0-9]*"):
        # It may end while it is looked at.
        with contextlib.suppress(OSError):
            environment = (folder / "environ").read_bytes().split(b"\0")
            if mark and int(folder.name) not in own and f"{VARIABLE}={mark}".encode() in environment:
                command = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
                yield f"{folder.name} {command.strip()}"


def _ancestors(pid: int) -> t.Iterator[int]:
    while pid:
        yield pid
        stat = _text(Path(f"/proc/{pid}/stat"))
        # The program's name, in brackets, may have blanks.
        pid = int(stat.rpartition(")")[2].split()[1]) if stat else 0


def _files() -> t.Iterator[str]:
    home = Path.home()
    for folder in (
        tempfile.gettempdir(),
        "/tmp",
        "/var/tmp",
        "/dev/shm",
        "/var/lib",
        "/var/lib/machines",
        "/var/cache",
        "/run",
    ):
        yield from _ours(Path(folder))
    for folder in (home, home / ".cache", home / ".config", home / ".local" / "share"):
        yield from _ours(folder)
    yield from (str(path) for path in (home / ".ssh").glob("*"))


def _ours(folder: Path) -> t.Iterator[str]:
    with contextlib.suppress(OSError):
        yield from (str(path) for path in folder.iterdir() if OURS in path.name and str(path) not in KEPT)


def _names(folder: str) -> list[str]:
    return sorted(path.name for path in Path(folder).glob("*"))


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8").strip()
    except OSError:
        return ""


def _lines(*command: str) -> list[str]:
    """Return what a program prints, which an ordinary user may lack or not be allowed to run."""
    try:
        return subprocess.run(command, capture_output=True, text=True, check=False).stdout.splitlines()
    except FileNotFoundError:
        return []


def main(words: t.Sequence[str]) -> int:
    """Save a snapshot, or compare with one."""
    if words[:1] == ["save"] and len(words) == 2:
        Path(words[1]).write_text(json.dumps(snapshot()), "utf-8")
        return 0
    if words[:1] != ["compare"] or len(words) != 3:
        sys.exit(__doc__)
    before = json.loads(Path(words[1]).read_text("utf-8"))
    until = time.monotonic() + float(words[2])
    while (lines := differences(before, snapshot())) and time.monotonic() < until:
        time.sleep(1)
    print("\n".join(lines or ["Nothing was left."]))
    return 1 if lines else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
