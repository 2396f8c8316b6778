# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Wait until a host is ready, and print as JSON how long that took, and what it lacks. Python's standard library is all it needs.

It does not need root: a host's user may not become root, and everybody may read /proc/locks.
"""

from __future__ import annotations

import argparse
import json
import os
import pathlib
import shutil
import subprocess
import time
import typing as t

# cloud-init ends with 2 when it is done and something was not as it should be, such as a deprecated key.
DONE = (0, 2)
# dpkg's own, that of whoever will call it, and those of apt's lists and downloads
LOCKS = ("lib/dpkg/lock-frontend", "lib/dpkg/lock", "lib/apt/lists/lock", "cache/apt/archives/lock")
SCRIPT_LANGUAGES = ("python", "sh", "bash", "dash", "perl")


class NotReady(Exception):
    """The host lacks something, and waiting longer does not help or is not wanted."""


class Folders(t.NamedTuple):
    """Where a host's files are."""

    run: pathlib.Path = pathlib.Path("/run")
    var: pathlib.Path = pathlib.Path("/var")
    proc: pathlib.Path = pathlib.Path("/proc")


def main() -> None:
    """Wait for one thing after another, of those that have a time-out."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--cloud-init", type=float, help="seconds for cloud-init to finish")
    parser.add_argument("--apt", type=float, help="seconds for the locks of apt and dpkg to be free")
    parser.add_argument("--mounts", type=float, help="seconds for file systems to be mounted")
    parser.add_argument("mount_points", nargs="*", help="where they have to be mounted")
    arguments = parser.parse_args()
    folders, waits = Folders(), Waits()
    answer: dict[str, t.Any] = {"problem": "", "missing_mounts": [], "summary": ""}
    try:
        if arguments.cloud_init is not None:
            wait_for_cloud_init(folders, arguments.cloud_init)
            waits.end("cloud-init")
        if arguments.apt is not None:
            wait_for_locks(folders, arguments.apt)
            waits.end("other installations of packages")
        if arguments.mounts is not None:
            answer["missing_mounts"] = wait_for_mounts(arguments.mount_points, arguments.mounts)
            waits.end("file systems")
        answer["summary"] = waits.summary()
    except NotReady as error:
        answer["problem"] = str(error)
    print(json.dumps(answer))


class Waits:
    """How long each wait took."""

    def __init__(self, clock: t.Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._last = clock()
        self._seconds: dict[str, float] = {}

    def end(self, part: str) -> None:
        """Record that the wait for a part has ended, and that the next one begins."""
        now = self._clock()
        self._seconds[part] = now - self._last
        self._last = now

    def summary(self) -> str:
        """Return a sentence that tells how long each wait took."""
        parts = ", ".join(f"{seconds:.0f} s for {part}" for part, seconds in self._seconds.items())
        return f"Ready after {sum(self._seconds.values()):.0f} s: {parts}."


def wait_for_cloud_init(folders: Folders, timeout: float) -> None:
    """Wait until cloud-init has finished, where it runs at all."""
    folder = folders.run / "cloud-init"
    if not shutil.which("cloud-init") or not folder.is_dir() or (folder / "disabled").exists():
        return
    command = ["cloud-init", "status", "--wait"]
    try:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=timeout, check=False)
    except subprocess.TimeoutExpired:
        raise NotReady(f"cloud-init, which runs user_data, has not finished within {timeout:.0f} seconds.") from None
    if done.returncode not in DONE:
        errors = "; ".join(cloud_init_errors(folder)) or done.stdout.decode(errors="replace").strip(". \n")
        raise NotReady(
            f"cloud-init, which runs user_data, has failed: {errors}. See /var/log/cloud-init-output.log there."
        )


def cloud_init_errors(folder: pathlib.Path) -> list[str]:
    """Return what cloud-init says went wrong."""
    try:
        return [str(each) for each in json.loads((folder / "result.json").read_text())["v1"]["errors"]]
    except (OSError, ValueError, KeyError, TypeError):
        return []


def wait_for_locks(folders: Folders, timeout: float) -> None:
    """Wait until nobody installs packages or reads lists of them."""
    deadline = time.monotonic() + timeout
    while holder := lock_holder(folders):
        if time.monotonic() >= deadline:
            lock, pid, name = holder
            raise NotReady(
                f"{name} (process {pid}) still holds {lock} after {timeout:.0f} seconds, so no package can be installed."
            )
        time.sleep(0.5)


def lock_holder(folders: Folders) -> tuple[pathlib.Path, int, str] | None:
    """Return a lock that is held, and the process that holds it with its name, or None."""
    locks = {}
    for name in LOCKS:
        try:
            found = (folders.var / name).stat()
        except OSError:
            continue
        locks[f"{os.major(found.st_dev):02x}:{os.minor(found.st_dev):02x}:{found.st_ino}"] = folders.var / name
    # A line is `1: POSIX  ADVISORY  WRITE 4711 fe:01:1234 0 EOF`; that of a process that waits has an arrow after the number.
    for line in (folders.proc / "locks").read_text().splitlines():
        words = line.split()
        if len(words) == 8 and words[5] in locks:
            return locks[words[5]], int(words[4]), process_name(folders, int(words[4]))
    return None


def process_name(folders: Folders, pid: int) -> str:
    """Return the name of a program, and of a script its own."""
    try:
        words = (folders.proc / str(pid) / "cmdline").read_text(errors="replace").split("\0")
    except OSError:
        return "a process"
    program = pathlib.PurePath(words[0]).name
    if len(words) > 1 and program.startswith(SCRIPT_LANGUAGES) and words[1].startswith("/"):
        program = pathlib.PurePath(words[1]).name
    return program or "a process"


def wait_for_mounts(mount_points: t.Sequence[str], timeout: float) -> list[str]:
    """Wait for file systems, and return where none is mounted."""
    deadline = time.monotonic() + timeout
    while missing := [each for each in mount_points if not os.path.ismount(each)]:
        if time.monotonic() >= deadline:
            break
        time.sleep(0.5)
    return missing


if __name__ == "__main__":
    main()
