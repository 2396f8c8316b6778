# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Decide who opens a job's log, and create it if that is root. Prints `root` or `user`. Python's standard library is all it needs.

systemd opens a log as root, along any link. So root opens it only in folders that nobody else can change, where it is
created as a plain file that the job's user alone reads. Anywhere else the job's user opens it, with no more rights than
the job has.
"""

from __future__ import annotations

import grp
import os
import pwd
import stat
import subprocess
import sys

SYSTEM_GROUPS = range(1000)


def main() -> int:
    path, user, create = sys.argv[1], sys.argv[2], "--check" not in sys.argv[3:]
    if not os.path.isabs(path) or os.path.basename(path) in ("", ".", ".."):
        return complain(f"torchrun_log must be the absolute path of a file, not {path}.")
    try:
        account = pwd.getpwnam(user)
    except KeyError:
        return complain(f"There is no user {user}.")
    try:
        folder = folder_of_root(os.path.dirname(path))
    except OSError as error:
        return complain(f"The folder of the log {path} cannot be opened: {error.strerror}.")
    if folder is None:
        if create:
            command = ["runuser", "-u", user, "--", "sh", "-c", 'umask 077; : >> "$0"', path]
            if subprocess.run(command, check=False, capture_output=True).returncode:
                return complain(f"{user} cannot write the log {path}. Choose another torchrun_log.")
        print("user")
        return 0
    try:
        own(folder, os.path.basename(path), account, create)
    except OSError as error:
        return complain(f"{path} cannot be the log: {error.strerror or error}.")
    print("root")
    return 0


def complain(sentence: str) -> int:
    print(sentence, file=sys.stderr)
    return 1


def folder_of_root(path: str) -> int | None:
    """Return a descriptor of a folder if only root and the system's own groups can change it and those above it.

    Raises:
        OSError: there is no such folder.
    """
    os.stat(path)
    flags = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW
    number = os.open("/", flags)
    for part in ["", *(part for part in path.split("/") if part)]:
        if part == "..":
            return None
        if part:
            try:
                number = os.open(part, flags, dir_fd=number)
            except OSError:
                # A link, for instance
                return None
        found = os.fstat(number)
        if found.st_uid != 0 or found.st_mode & stat.S_IWOTH:
            return None
        if found.st_mode & stat.S_IWGRP and (found.st_gid not in SYSTEM_GROUPS or has_people(found.st_gid)):
            return None
    return number


def has_people(gid: int) -> bool:
    """Return whether a group has accounts of people in it."""
    try:
        members = {pwd.getpwnam(name).pw_uid for name in grp.getgrgid(gid).gr_mem}
    except KeyError:
        return True
    members |= {each.pw_uid for each in pwd.getpwall() if each.pw_gid == gid}
    return any(uid >= SYSTEM_GROUPS.stop for uid in members)


def own(folder: int, name: str, account: pwd.struct_passwd, create: bool) -> None:
    """Ensure that a file is a plain one, and its user's alone.

    Raises:
        OSError: it is something else.
    """
    flags = os.O_WRONLY | os.O_APPEND | os.O_NOFOLLOW | os.O_NONBLOCK
    try:
        number = os.open(name, flags | (os.O_CREAT if create else 0), 0o600, dir_fd=folder)
    except FileNotFoundError:
        return
    found = os.fstat(number)
    if not stat.S_ISREG(found.st_mode) or found.st_nlink != 1:
        raise OSError("it is no plain file, or has another name too")
    if found.st_uid not in (0, account.pw_uid):
        raise OSError(f"it belongs to the user {found.st_uid}")
    if create:
        os.fchown(number, account.pw_uid, account.pw_gid)
        os.fchmod(number, 0o600)


if __name__ == "__main__":
    sys.exit(main())
