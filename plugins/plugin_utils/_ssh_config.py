# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The configuration of ssh with which people reach instances by name. Pure functions but for the paths of this system."""

from __future__ import annotations

import os
import pathlib
import re
import shlex
import typing as t

from ansible_collections.lambdal.cloud.plugins.module_utils._client.models import Row
from ansible_collections.lambdal.cloud.plugins.module_utils._errors import InvalidInput
from ansible_collections.lambdal.cloud.plugins.module_utils._host_vars import address_of
from ansible_collections.lambdal.cloud.plugins.module_utils._names import expand_names
from ansible_collections.lambdal.cloud.plugins.plugin_utils import _ssh
from ansible_collections.lambdal.cloud.plugins.plugin_utils._host_names import host_names
from ansible_collections.lambdal.cloud.plugins.plugin_utils._values import whole_number

_PREAMBLE = "# Written by the role lambdal.cloud.ssh_config, which removes what is terminated. Changes are lost."
_HEADING = "# Instance "
_LOOPBACK = "127.0.0.1"
_HIGHEST_PORT = 65535


class Login(t.NamedTuple):
    """How people log in to instances.

    Attributes:
        port: None for ssh's own.
        identity_file: the private key; empty where ssh finds it by itself.
        known_hosts_file: the file of the host keys; empty for the collection's own.
        tunnels: ports of the instances by what is there.
    """

    user: str
    port: int | None = None
    identity_file: str = ""
    known_hosts_file: str = ""
    tunnels: t.Mapping[str, int] = {}


class _Block(t.NamedTuple):
    """The part of the file for one instance."""

    id: str
    name: str
    lines: t.Sequence[str]


class SshConfig(t.NamedTuple):
    """A file for ssh, empty without an instance, and how to log in by it."""

    text: str
    logins: list[str]


def ssh_config(
    text: str,
    present: t.Iterable[Row],
    absent: t.Iterable[Row],
    login: Login,
    main_text: str = "",
    absent_names: t.Iterable[str] = (),
) -> SshConfig:
    """Return the file with the instances that are present, without those that are absent; other instances stay.

    Args:
        text: what the file holds now.
        present: instances as modules return them; those without an address are left out.
        absent: instances that were terminated.
        login: how to log in to those that are present.
        main_text: the user's own configuration, whose hosts keep their names.
        absent_names: names and host ranges of instances that are not there any more, whoever terminated them.

    Raises:
        InvalidInput: somebody else wrote the file, or something cannot be written in it.
    """
    found = [(row, address) for row in present if row.get("id") and (address := address_of(row))]
    gone = {_ssh.plain_id(str(row["id"])) for row in (*absent, *(row for row, _address in found))}
    others = [block for block in _blocks(text) if block.id not in gone]
    # A name with a dot could be that of a host elsewhere, to which people log in as well.
    wished = [str(row.get("name") or "").replace(".", "-") for row, _address in found]
    named = host_names([row for row, _address in found], wished, _own_hosts(main_text))
    names = [each.name for each in named]
    unwanted = {*names, *expand_names(absent_names)}
    others = [block for block in others if block.name not in unwanted]
    ports = _LocalPorts(others)
    blocks, logins = list(others), []
    for (row, address), name in zip(found, names, strict=True):
        tunnels = {what: (ports.take(port), port) for what, port in login.tunnels.items()}
        instance_id = _ssh.plain_id(str(row["id"]))
        blocks.append(_Block(instance_id, name, _lines(instance_id, name, address, login, tunnels)))
        logins.append(f"ssh {name}")
        logins += [
            f"{what} at http://{_LOOPBACK}:{local}, while ssh {name} runs" for what, (local, _port) in tunnels.items()
        ]
    body = "\n".join("\n".join(block.lines) + "\n" for block in blocks)
    return SshConfig(f"{_PREAMBLE}\n\n{body}" if blocks else "", logins)


def includes(main_text: str, file: str) -> bool:
    """Return whether a user's configuration includes a file for all hosts."""
    home = os.path.expanduser("~")
    for words in map(_words, main_text.splitlines()):
        if words and words[0] in ("host", "match"):
            return False
        if words and words[0] == "include":
            for pattern in words[1:]:
                path = os.path.join(home, ".ssh", os.path.expanduser(pattern))
                if pathlib.PurePosixPath(file).match(path):
                    return True
    return False


def include_line(file: str) -> str:
    """Return the line that includes a file."""
    return f"Include {_quoted(file)}"


def tunnel_ports(names: t.Iterable[str], ports: t.Mapping[str, t.Any]) -> dict[str, int]:
    """Return the ports of the tunnels that are asked for.

    Raises:
        InvalidInput: one is not known, or its port is none.
    """
    tunnels = {}
    for name in names:
        if name not in ports:
            raise InvalidInput(
                f"There is no tunnel {name}; there are {', '.join(ports)}, and ssh_config_tunnel_ports adds others."
            )
        port = whole_number(ports[name], f"The port of the tunnel {name}")
        if not 0 < port <= _HIGHEST_PORT:
            raise InvalidInput(f"The port of the tunnel {name} must be from 1 to {_HIGHEST_PORT}, not {port}.")
        tunnels[name] = port
    return tunnels


class _LocalPorts:
    """Ports of this system, each for one tunnel."""

    def __init__(self, others: t.Iterable[_Block]) -> None:
        lines = (line for block in others for line in block.lines)
        self._used = {
            int(found[1]) for line in lines if (found := re.search(rf"LocalForward {_LOOPBACK}:(\d+) ", line))
        }

    def take(self, port: int) -> int:
        """Return the port itself, or the next one that no other tunnel has."""
        while port in self._used:
            port += 1
        if port > _HIGHEST_PORT:
            raise InvalidInput("There are more tunnels than ports.")
        self._used.add(port)
        return port


def _lines(
    instance_id: str, name: str, address: str, login: Login, tunnels: t.Mapping[str, tuple[int, int]]
) -> list[str]:
    if not re.fullmatch(r"[A-Za-z0-9._][A-Za-z0-9._-]*", login.user):
        raise InvalidInput(f"{login.user!r} is not a user to log in as.")
    options = {"HostName": address, "User": login.user}
    if login.port is not None:
        options["Port"] = str(login.port)
    if login.identity_file:
        options |= {"IdentityFile": _quoted(login.identity_file, tokens=True), "IdentitiesOnly": "yes"}
    options |= {
        "HostKeyAlias": _ssh.host_key_alias(instance_id),
        "UserKnownHostsFile": _quoted(login.known_hosts_file or _ssh.own_known_hosts_file(), tokens=True),
        "StrictHostKeyChecking": "accept-new",
    }
    lines = [f"{_HEADING}{instance_id}", f"Host {name}", *(f"    {key} {value}" for key, value in options.items())]
    for what, (local, port) in tunnels.items():
        lines += [f"    # {what}", f"    LocalForward {_LOOPBACK}:{local} {_LOOPBACK}:{port}"]
    return lines


def _quoted(path: str, tokens: bool = False) -> str:
    """Return a path as ssh reads it, absolute and in quotes; where it replaces tokens, with none."""
    path = os.path.abspath(os.path.expanduser(path))
    if re.search(r'["\\\n\r]|\$\{', path):
        raise InvalidInput(f"ssh's configuration cannot have the path {path!r}.")
    if not tokens and re.search(r"[*?\[\]]", path):
        raise InvalidInput(f"ssh takes the path {path!r} for a pattern.")
    return '"' + (path.replace("%", "%%") if tokens else path) + '"'


def _blocks(text: str) -> list[_Block]:
    """Return the instances of a file of this role.

    Raises:
        InvalidInput: it is not one.
    """
    lines = text.splitlines()
    if not any(line.strip() for line in lines):
        return []
    if lines[0] != _PREAMBLE:
        raise InvalidInput("The file was not written by this role. Set ssh_config_file to another one.")
    blocks: list[_Block] = []
    for line in lines[1:]:
        if line.startswith(_HEADING):
            blocks.append(_Block(line.removeprefix(_HEADING), "", []))
        elif blocks and line.strip():
            if line.startswith("Host "):
                blocks[-1] = blocks[-1]._replace(name=line.removeprefix("Host "))
            blocks[-1] = blocks[-1]._replace(lines=[*blocks[-1].lines, line])
    return [block._replace(lines=[f"{_HEADING}{block.id}", *block.lines]) for block in blocks]


def _own_hosts(main_text: str) -> set[str]:
    """Return the hosts that a user's configuration names."""
    return {name for words in map(_words, main_text.splitlines()) if words and words[0] == "host" for name in words[1:]}


def _words(line: str) -> list[str]:
    """Return the words of a line of ssh's configuration, the keyword in lower case; none where it is broken."""
    try:
        words = shlex.split(re.sub(r"^(\s*\w+)\s*=", r"\1 ", line), comments=True)
    except ValueError:
        return []
    return [words[0].lower(), *words[1:]] if words else []
