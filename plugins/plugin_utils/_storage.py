# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A file system on which work outlives the instance: its folders, and the variables that lead programs there. Pure functions."""

from __future__ import annotations

import posixpath
import re
import typing as t

from ansible_collections.lambdal.cloud.plugins.module_utils._errors import InvalidInput

# Shells, systemd and environment.d all take these as they are.
_PATH = re.compile(r"[A-Za-z0-9._/-]+")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


class StoragePlan(t.NamedTuple):
    """What a host gets for its storage."""

    name: str
    folders: list[str]
    profile: str
    generator: str
    unit: str


def storage_plan(path: str, folders: t.Iterable[str], environment: t.Mapping[str, str]) -> StoragePlan:
    """Return the folders of a file system, and files by which programs find them only while it is mounted.

    Args:
        path: where it is mounted.
        folders: folders below it.
        environment: folders below it by the variables that name them.

    Raises:
        InvalidInput: a path or a variable could mean something else.
    """
    if not _PATH.fullmatch(path) or not path.startswith("/") or posixpath.normpath(path) in ("/", "//"):
        raise InvalidInput(
            f"node_storage must be the absolute path of a mount point, of letters, digits and ._-/, not {path!r}."
        )
    path = posixpath.normpath(path)
    for name in environment:
        if not _VARIABLE.fullmatch(name):
            raise InvalidInput(f"{name!r} in node_storage_environment is not the name of a variable.")
    values = {name: _below(path, folder) for name, folder in environment.items()}
    mounted = f"mountpoint -q {path}"
    exports = "".join(f"  export {name}={value}\n" for name, value in values.items())
    prints = "".join(f"  echo {name}={value}\n" for name, value in values.items())
    return StoragePlan(
        name=posixpath.basename(path),
        folders=list(dict.fromkeys([*(_below(path, folder) for folder in folders), *values.values()])),
        profile=f"# Written by Ansible\nif {mounted}; then\n{exports}  :\nfi\n",
        generator=f"#!/bin/sh\n# Written by Ansible\nif {mounted}; then\n{prints}  :\nfi\n",
        # A unit that needs the file system does not start beside it, where its work would be lost with the instance.
        unit="".join(
            [
                "# Written by Ansible\n[Unit]\n",
                f"RequiresMountsFor={path}\nAssertPathIsMountPoint={path}\n[Service]\n",
                *(f"Environment={name}={value}\n" for name, value in values.items()),
            ]
        ),
    )


def _below(path: str, folder: str) -> str:
    if not _PATH.fullmatch(folder) or folder.startswith("/") or ".." in folder.split("/"):
        raise InvalidInput(f"{folder!r} must be a folder below node_storage, of letters, digits and ._-/.")
    return posixpath.normpath(posixpath.join(path, folder))
