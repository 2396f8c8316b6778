# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Kernel settings that are raised while simulators run and switched back when the last has gone."""

from __future__ import annotations

import json
import typing as t
from pathlib import Path

from .. import HostError
from ..owner import RUN_DIR, Owner, exclusive

_RECORD = RUN_DIR / "settings.json"
_LOCK = RUN_DIR / "settings.lock"
_SYSCTL = Path("/proc/sys")


class _Entry(t.TypedDict):
    before: int
    users: list[str]


def hold(owner: Owner, wanted: t.Mapping[str, int]) -> None:
    """Raise settings to these values, where they are below, until `owner` releases them.

    Args:
        owner: who needs them.
        wanted: path below `/proc/sys` -> value.

    Raises:
        HostError: a setting cannot be changed.
    """
    with exclusive(_LOCK):
        record = _read()
        for name, value in wanted.items():
            try:
                now = int((_SYSCTL / name).read_text())
                entry = record.setdefault(name, _Entry(before=now, users=[]))
                entry["users"].append(str(owner))
                # First the note how to undo it.
                _write(record)
                if now < value:
                    (_SYSCTL / name).write_text(str(value))
            except OSError as error:
                raise HostError(f"{_SYSCTL / name} cannot be set to {value}: {error.strerror}.") from error


def release(owner: Owner) -> None:
    """Undo what `hold` did for `owner`, unless others need it."""
    with exclusive(_LOCK):
        record = _read()
        for name, entry in list(record.items()):
            entry["users"] = [user for user in entry["users"] if user != str(owner)]
            if not entry["users"]:
                del record[name]
                # The settings of an interface go with it.
                if (_SYSCTL / name).exists():
                    (_SYSCTL / name).write_text(str(entry["before"]))
        _write(record)


def _read() -> dict[str, _Entry]:
    if not _RECORD.exists():
        return {}
    record: dict[str, _Entry] = json.loads(_RECORD.read_text())
    return record


def _write(record: dict[str, _Entry]) -> None:
    if not record:
        _RECORD.unlink(missing_ok=True)
        return
    new = _RECORD.with_suffix(".new")
    new.write_text(json.dumps(record))
    new.replace(_RECORD)
