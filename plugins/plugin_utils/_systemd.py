# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Text as systemd's unit files take it. Pure functions."""

from __future__ import annotations

import re
import typing as t

from ansible_collections.lambdal.cloud.plugins.module_utils._client.loopback import is_loopback
from ansible_collections.lambdal.cloud.plugins.module_utils._errors import InvalidInput

# Variables that hold the path of a folder
_FOLDERS = re.compile(r"\w+_(HOME|DIR|CACHE|PATH|ROOT|FOLDER)")
# Backslashes first: those that follow are not to be escaped again.
_IN_QUOTES = {"\\": "\\\\", '"': '\\"'}
_IN_COMMAND = {**_IN_QUOTES, "%": "%%", "$": "$$", "\n": "\\n"}
_IN_PATH = {**_IN_QUOTES, "%": "%%"}
_IN_ENVIRONMENT = {**_IN_QUOTES, "$": "\\$", "`": "\\`"}


def command_line(words: t.Iterable[t.Any]) -> str:
    """Return a command and its arguments for ExecStart; systemd expands and splits nothing in them."""
    return " ".join(f'"{_escaped(str(word), _IN_COMMAND)}"' for word in words)


def environment_lines(variables: t.Mapping[str, t.Any]) -> list[str]:
    """Return lines of an EnvironmentFile that set variables to exactly these values."""
    return [f'{name}="{_escaped(str(value), _IN_ENVIRONMENT)}"' for name, value in variables.items()]


def mount_paths(words: t.Iterable[t.Any], variables: t.Mapping[str, t.Any]) -> str:
    """Return what RequiresMountsFor takes: the absolute paths in a command's words, as `PATH` or `--option=PATH`, and in variables.

    Only variables whose name says that they hold a folder count: a secret may begin with a slash too, and anybody reads units.
    """
    texts = [str(word) for word in words]
    texts = [text.partition("=")[2] if text.startswith("-") else text for text in texts]
    texts += [str(value) for name, value in variables.items() if _FOLDERS.fullmatch(str(name))]
    paths = dict.fromkeys(text for text in texts if re.fullmatch(r"/[^\x00-\x1f:]*", text))
    return " ".join(f'"{_escaped(path, _IN_PATH)}"' for path in paths)


def option_lines(options: t.Mapping[str, t.Any]) -> list[str]:
    """Return lines of a unit's section; an option without a value is left out, and a list gives a line for each value.

    Raises:
        InvalidInput: a name or a value would be read as something else.
    """
    lines = []
    for name, value in options.items():
        for each in value if isinstance(value, (list, tuple)) else [value]:
            text = {True: "yes", False: "no", None: ""}[each] if isinstance(each, bool) or each is None else str(each)
            if not re.fullmatch(r"[A-Z][A-Za-z0-9]*", str(name)) or re.search(r"[\x00-\x1f]|\\$", text):
                raise InvalidInput(f"{name} must be an option of a unit's section, with a value of one line.")
            if text:
                lines.append(f"{name}={text}")
    return lines


def exposed(sockets: t.Iterable[t.Mapping[str, t.Any]], port: int) -> dict[str, list[str]]:
    """Tell which of a server's sockets others than its host reach.

    Workers of a server listen for each other, often on all addresses. That is only noted, unless the server itself is
    nowhere to be seen on loopback, and so may be any of them.

    Args:
        sockets: `address` and `port` of each socket that listens
        port: where the server is to listen

    Returns:
        `server` and `others`, both lists of `ADDRESS:PORT`.
    """
    rows = [(str(each["address"]), int(each["port"])) for each in sockets]
    expected = any(each == port and is_loopback(address) for address, each in rows)
    reached = [(address, each) for address, each in rows if not is_loopback(address)]
    server = [row for row in reached if row[1] == port or not expected]
    return {
        "server": sorted({joined(*row) for row in server}),
        "others": sorted({joined(*row) for row in reached if row not in server}),
    }


def joined(address: str, port: int) -> str:
    """Return an address and a port as one text."""
    return f"[{address}]:{port}" if ":" in address else f"{address}:{port}"


def _escaped(text: str, escapes: t.Mapping[str, str]) -> str:
    for character, escape in escapes.items():
        text = text.replace(character, escape)
    return text
