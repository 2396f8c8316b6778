# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an SSH session on a local host does: a command or a shell, with a terminal or without."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import fcntl
import os
import signal
import struct
import termios
import typing as t

import asyncssh

from .home import LocalHome

_CHUNK_BYTES = 65536
Process = asyncssh.SSHServerProcess[bytes]


async def run(home: LocalHome, process: Process) -> None:
    """Run what a session asks for and end the session with its exit code."""
    command = process.command
    arguments = [home.shell] if command is None else [home.shell, "-c", command]
    environment = {**_locale(process.env), **home.environment(), **_connection(process)}
    terminal = process.get_terminal_type()
    if terminal is None:
        code = await _run_piped(home, process, arguments, environment)
    else:
        code = await _run_in_terminal(home, process, arguments, {**environment, "TERM": terminal})
    if code < 0:
        process.exit_with_signal(_signal_name(-code))
    else:
        process.exit(code)


def _connection(process: Process) -> dict[str, str]:
    client = process.get_extra_info("peername")
    server = process.get_extra_info("sockname")
    if not client or not server:
        return {}
    return {"SSH_CONNECTION": f"{client[0]} {client[1]} {server[0]} {server[1]}"}


def _locale(environment: t.Mapping[str, str]) -> dict[str, str]:
    """Return the variables that a client may set, as an ordinary server allows it."""
    return {name: value for name, value in environment.items() if name.startswith("LC_")}


def _signal_name(number: int) -> str:
    return signal.Signals(number).name.removeprefix("SIG")


async def _run_piped(home: LocalHome, process: Process, arguments: list[str], environment: dict[str, str]) -> int:
    child = await asyncio.create_subprocess_exec(
        *arguments,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        cwd=home.home,
        env=environment,
        start_new_session=True,
    )
    assert child.stdin
    assert child.stdout
    assert child.stderr
    feeding = asyncio.create_task(_feed_pipe(process, child.stdin))
    try:
        await asyncio.gather(_copy(child.stdout, process.stdout), _copy(child.stderr, process.stderr))
        return await child.wait()
    finally:
        await _end(feeding)


async def _copy(source: asyncio.StreamReader, target: asyncssh.SSHWriter[bytes]) -> None:
    while data := await source.read(_CHUNK_BYTES):
        target.write(data)
        await target.drain()


async def _feed_pipe(process: Process, target: asyncio.StreamWriter) -> None:
    with contextlib.suppress(ConnectionError, asyncssh.Error):
        while data := await process.stdin.read(_CHUNK_BYTES):
            target.write(data)
            await target.drain()
    target.close()


async def _run_in_terminal(home: LocalHome, process: Process, arguments: list[str], environment: dict[str, str]) -> int:
    master, slave = os.openpty()
    _resize(master, process.get_terminal_size())
    os.set_blocking(master, False)
    try:
        child = await asyncio.create_subprocess_exec(
            *arguments,
            stdin=slave,
            stdout=slave,
            stderr=slave,
            cwd=home.home,
            env=environment,
            start_new_session=True,
            preexec_fn=_take_terminal,
        )
    except BaseException:
        os.close(master)
        raise
    finally:
        os.close(slave)
    feeding = asyncio.create_task(_feed_terminal(process, master))
    try:
        while data := await _read(master):
            process.stdout.write(data)
            await process.stdout.drain()
        return await child.wait()
    finally:
        await _end(feeding)
        os.close(master)


def _take_terminal() -> None:
    """Make standard input the controlling terminal, in the child."""
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


def _resize(terminal: int, size: tuple[int, int, int, int]) -> None:
    columns, rows, width, height = size
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", rows or 24, columns or 80, width, height))


async def _feed_terminal(process: Process, master: int) -> None:
    with contextlib.suppress(OSError, asyncssh.Error):
        while True:
            try:
                data = await process.stdin.read(_CHUNK_BYTES)
            except asyncssh.TerminalSizeChanged as change:
                _resize(master, change.term_size)
                continue
            except asyncssh.BreakReceived:
                data = b"\x03"
            if not data:
                # What a terminal has for an end of file.
                await _write(master, b"\x04")
                return
            await _write(master, data)


async def _read(descriptor: int) -> bytes:
    """Read from a terminal; return nothing once its last user is gone."""
    while True:
        try:
            return os.read(descriptor, _CHUNK_BYTES)
        except BlockingIOError:
            await _ready(descriptor, reading=True)
        except OSError as error:
            if error.errno == errno.EIO:
                return b""
            raise


async def _write(descriptor: int, data: bytes) -> None:
    while data:
        try:
            data = data[os.write(descriptor, data) :]
        except BlockingIOError:
            await _ready(descriptor, reading=False)


async def _ready(descriptor: int, reading: bool) -> None:
    loop = asyncio.get_running_loop()
    ready = loop.create_future()
    add, remove = (loop.add_reader, loop.remove_reader) if reading else (loop.add_writer, loop.remove_writer)

    def wake() -> None:
        if not ready.done():
            ready.set_result(None)

    add(descriptor, wake)
    try:
        await ready
    finally:
        remove(descriptor)


async def _end(task: asyncio.Task[t.Any]) -> None:
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task
