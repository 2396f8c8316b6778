# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What rsync says of a transfer, and where a transfer may write. Nothing is transferred here."""

from __future__ import annotations

import itertools
import os
import re
import typing as t

_FILES = re.compile(r"^Number of regular files transferred: ([0-9]+)", re.MULTILINE)
_BYTES = re.compile(r"^Total transferred file size: ([0-9]+)", re.MULTILINE)


def transferred(output: str) -> dict[str, int]:
    """Return how many files and bytes `rsync --stats --no-human-readable` transferred; 0 where it does not say."""
    files, size = _FILES.search(output), _BYTES.search(output)
    return {"files": int(files[1]) if files else 0, "bytes": int(size[1]) if size else 0}


def failure(code: int, errors: str) -> str:
    """Return why a transfer failed, in one line; empty if it did not.

    Args:
        code: rsync's exit code; 24 means that files vanished on the way, which nobody misses
        errors: what it printed to standard error
    """
    if code in (0, 24):
        return ""
    lines = [line.strip() for line in errors.splitlines() if line.strip()]
    # The last lines only tell the code in words.
    causes = [line for line in lines if not line.startswith("rsync error:")] or lines
    more = f" (and {len(causes) - 2} lines more)" if len(causes) > 2 else ""
    return f"rsync ended with {code}: {'; '.join(causes[:2]) or 'it said nothing'}{more}"


def difference(code: int, output: str, errors: str) -> str:
    """Return what a dry run says that would still be transferred; empty if nothing would.

    Args:
        code: rsync's exit code
        output: what it printed, with `changed=` before each name
        errors: what it printed to standard error
    """
    names = [line.partition("=")[2] for line in output.splitlines() if line.startswith("changed=")]
    if names:
        more = f" and {len(names) - 3} more" if len(names) > 3 else ""
        return f"it differs from what the host has: {', '.join(names[:3])}{more}"
    return failure(code, errors)


class Pull(t.NamedTuple):
    """Where one pull of a host writes.

    Attributes:
        target: the absolute path on the controller, of a folder or of one file.
        delete: whether other files in it are deleted.
    """

    host: str
    dest: str
    target: str
    delete: bool


def pulls(host: str, folder: str, transfers: t.Iterable[t.Mapping[str, t.Any]]) -> list[Pull]:
    """Return where the pulls of a host write.

    Args:
        host: its name
        folder: where relative paths begin
        transfers: `src`, `dest` and perhaps `delete` of each
    """
    found = []
    for each in transfers:
        dest = str(each["dest"])
        target = os.path.normpath(os.path.join(folder, os.path.expandvars(os.path.expanduser(dest))))
        source = str(each["src"])
        # Without a slash at its end, what is pulled keeps its name in a folder.
        if not source.endswith("/") and (dest.endswith("/") or os.path.isdir(target)):
            target = os.path.join(target, os.path.basename(source))
        found.append(Pull(host, dest, target, bool(each.get("delete"))))
    return found


def conflict(hosts: t.Iterable[t.Iterable[Pull]]) -> str:
    """Return which hosts would overwrite or delete each other's files; empty if none would.

    Args:
        hosts: the pulls of each
    """
    for one, other in itertools.permutations(hosts, 2):
        for first, second in itertools.product(one, other):
            if first.target == second.target:
                return (
                    f"{first.host} and {second.host} would both be pulled to {first.target}, and the files of one would overwrite "
                    f"those of the other. Put inventory_hostname into the dest {first.dest}."
                )
            if first.delete and second.target.startswith(f"{first.target.rstrip('/')}/"):
                return (
                    f"Pulling from {first.host} to {first.target} would delete what {second.host} is pulled to, {second.target}. "
                    f"Leave out delete, or choose another dest than {first.dest}."
                )
    return ""


def pull_problem(dest: str, names: t.Iterable[str] = ()) -> str:
    """Return why nothing may be pulled to a destination; empty if it may.

    Names come from the account, where others may have chosen them. A person writes `..` where a path begins, and a
    folder's name before it only by mistake.

    Args:
        dest: a path on the controller
        names: names of the host, that may be in it
    """
    for name in names:
        if name and name in dest and (name == ".." or "/" in name):
            return f"The destination {dest} has the host's name {name!r} in it, which leads to another folder."
    parts = [part for part in dest.split("/") if part not in ("", ".")]
    named = [part == ".." for part in parts]
    if (dest.startswith("/") and any(named)) or any(up and not all(named[:at]) for at, up in enumerate(named)):
        return f"The destination {dest} leaves a folder that it names. Write it without '..'."
    return ""
