# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Starting Ansible's commands, and modules, in forks of a process that has imported what they need: less than half of the time.

They are Ansible's own commands all the same, each in a process of its own with its own environment, home, folder and pipes.
"""

from __future__ import annotations

import atexit
import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import typing as t
from pathlib import Path

_SERVER = Path(__file__).with_name("warm_server.py")
_KINDS = {"ansible-inventory": "commands", "ansible-playbook": "commands", "python": "modules"}
# What differs from run to run and is read by whoever needs it when it does. All else is part of what a server is made for.
_READ_LATE = ("HOME", "LAMBDA_", "RECORD_", "ANSIBLE_PRIVATE_KEY_FILE", "ANSIBLE_REMOTE_PORT", "ANSIBLE_SSH_ARGS")

_servers: dict[tuple[t.Any, ...], socket.socket | None] = {}


class Running:
    """A command that runs, with as much of subprocess.Popen as tests need."""

    def __init__(
        self,
        command: t.Sequence[str],
        environment: t.Mapping[str, str],
        folder: Path,
        given: t.IO[t.Any],
        server: socket.socket,
    ) -> None:
        self.args = command
        self.returncode: int | None = None
        ends = [os.pipe() for _each in range(3)]
        request = {"command": [*map(str, command)], "environment": {**environment}, "folder": str(folder)}
        descriptors = [given.fileno(), *(write for _read, write in ends)]
        socket.send_fds(server, [json.dumps(request).encode()], descriptors)
        for _read, write in ends:
            os.close(write)
        output, errors, told = (os.fdopen(read, encoding="utf-8") for read, _write in ends)
        self._told = told
        self.pid = int(told.readline())
        self._streams = (output, errors)
        self._read: list[str] = ["", ""]
        # Whoever only waits must not let the command wait for a reader.
        self._readers = [threading.Thread(target=self._keep, args=(number,), daemon=True) for number in range(2)]
        for each in self._readers:
            each.start()
        self._ended = threading.Event()
        threading.Thread(target=self._wait, daemon=True).start()

    def _keep(self, number: int) -> None:
        with self._streams[number] as stream:
            self._read[number] = stream.read()

    def _wait(self) -> None:
        with self._told:
            self.returncode = int(self._told.readline() or -signal.SIGKILL)
        self._ended.set()

    def poll(self) -> int | None:
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        if not self._ended.wait(timeout):
            raise subprocess.TimeoutExpired(self.args, timeout or 0)
        assert self.returncode is not None
        return self.returncode

    def communicate(self, timeout: float | None = None) -> tuple[str, str]:
        """Return what it printed, once it has ended."""
        self.wait(timeout)
        for each in self._readers:
            each.join()
        return self._read[0], self._read[1]

    def send_signal(self, number: int) -> None:
        if self.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)


def start(
    command: t.Sequence[str], environment: t.Mapping[str, str], folder: Path, given: str = ""
) -> subprocess.Popen[str] | Running:
    """Start a command with pipes for its output, in a fork where that is the same.

    Args:
        command: name of a program beside Python, and its arguments; modules begin with `python -m`.
        environment: of the command.
        folder: where it starts.
        given: its standard input.
    """
    argv = [str(Path(sys.executable).parent / command[0]), *map(str, command[1:])]
    server = _server(_KINDS[command[0]], environment) if command[0] in _KINDS else None
    with tempfile.TemporaryFile("w+") as standard_input:
        standard_input.write(given)
        standard_input.seek(0)
        if server:
            return Running(argv, environment, folder, standard_input, server)
        return subprocess.Popen(
            argv,
            cwd=folder,
            env=environment,
            stdin=standard_input,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )


def _server(kind: str, environment: t.Mapping[str, str]) -> socket.socket | None:
    """Return a server for commands with such an environment; none for the first one, which may be the only one."""
    # Without it the folder says what is configured.
    if kind == "commands" and "ANSIBLE_CONFIG" not in environment:
        return None
    settings = {name: value for name, value in environment.items() if not name.startswith(_READ_LATE)}
    which = (kind, *sorted(settings.items()))
    if which not in _servers:
        _servers[which] = None
        return None
    found = _servers[which]
    if found is None:
        found = _servers[which] = _serve(kind, settings)
    return found


def _serve(kind: str, settings: dict[str, str]) -> socket.socket:
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    home = tempfile.TemporaryDirectory(prefix="warm-")
    process = subprocess.Popen(
        [sys.executable, str(_SERVER), kind, str(theirs.fileno())],
        env={**settings, "HOME": home.name},
        stdin=subprocess.DEVNULL,
        pass_fds=[theirs.fileno()],
    )
    theirs.close()

    def end() -> None:
        ours.close()
        process.wait()
        home.cleanup()

    atexit.register(end)
    return ours
