# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A look at a systemd unit and at the log that it writes: one command, and what its output says. Pure functions."""

from __future__ import annotations

import base64
import shlex
import typing as t

from ansible_collections.lambdal.cloud.plugins.module_utils._terminal import printable

PROPERTIES = ("ActiveState", "SubState", "Result", "ExecMainStatus", "NRestarts")
# A unit that remains after its process has ended is `exited`; all others go to one of the rest.
_ENDED = ("exited", "failed", "dead")
# Of a log, in one look
_BYTES = 64 * 1024
_MARK = "log="


class Look(t.NamedTuple):
    """What was seen.

    Attributes:
        properties: of the unit
        log: new bytes of the log, or None where it was not read
    """

    properties: dict[str, str]
    log: bytes | None

    @property
    def ended(self) -> bool:
        """Return whether the unit has ended."""
        return self.properties.get("SubState") in _ENDED


def show(unit: str) -> str:
    """Return the command that shows a unit, where SSH may have given it a terminal: a pager would wait there for a key."""
    return f"systemctl --no-pager show --property={','.join(PROPERTIES)} {shlex.quote(unit)}"


def size(path: str, user: str) -> str:
    """Return the command that prints how long a log is."""
    return shlex.join([*_as(user), "stat", "--dereference", "--format=%s", "--", path])


def show_and_read(unit: str, path: str, user: str, offset: int) -> str:
    """Return the command that shows a unit, and then what its log has from a byte on.

    The unit comes first: what is read of the log afterwards has all that it printed before its end.
    """
    tail = shlex.join([*_as(user), "tail", f"--bytes=+{offset + 1}", "--", path])
    return f"{show(unit)}; printf {_MARK}; {tail} 2>/dev/null | head --bytes={_BYTES} | base64 --wrap=0"


def parse(output: str) -> Look:
    """Read what these commands printed."""
    properties: dict[str, str] = {}
    log = None
    for line in output.splitlines():
        name, _equals, value = line.partition("=")
        if line.startswith(_MARK):
            log = base64.b64decode(value.strip())
        elif name in PROPERTIES:
            properties[name] = value.strip()
    return Look(properties, log)


def is_full(log: bytes) -> bool:
    """Return whether there is more of a log than was read at once."""
    return len(log) >= _BYTES


class Lines:
    """Lines out of the pieces of a log; a line is whole once its end has come."""

    def __init__(self) -> None:
        self._rest = b""

    def add(self, piece: bytes) -> list[str]:
        """Return the lines that end in a piece."""
        *lines, self._rest = (self._rest + piece).split(b"\n")
        return [_plain(line) for line in lines]

    def end(self) -> list[str]:
        """Return the last line, if it has no end."""
        rest, self._rest = self._rest, b""
        return [_plain(rest)] if rest else []


def _as(user: str) -> list[str]:
    return ["runuser", "--user", user, "--"] if user else []


def _plain(line: bytes) -> str:
    """Return a line with nothing in it that a terminal would obey. Of a progress bar that is drawn again and again, the last."""
    text = line.decode(errors="replace").rstrip("\r").rpartition("\r")[2]
    return printable(text, keep="\t")
