# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Watch a server that is a systemd unit until it is ready or cannot become so, and print what was seen, as JSON.

Python's standard library is all it needs. What a command is told to listen on is its own business; where it listens is
the kernel's. An answer at the port counts only while the unit is active and a process of it listens there: another
server may hold the port.

`Bearer` and the key that the server wants, if any, are read from standard input.
"""

from __future__ import annotations

import argparse
import contextlib
import http.client
import ipaddress
import json
import os
import pathlib
import subprocess
import sys
import time
import typing as t
import urllib.error
import urllib.request

LISTENS = "0A"
PROPERTIES = ("ActiveState", "SubState", "Result", "ExecMainCode", "ExecMainStatus", "NRestarts", "ControlGroup")

Socket = tuple[str, int]


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--unit", required=True)
    parser.add_argument("--address", required=True, help="where the server is to answer")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--path", required=True, help="what answers 200 when the server is ready")
    parser.add_argument("--timeout", type=float, required=True, help="seconds to wait")
    parser.add_argument("--interval", type=float, required=True, help="seconds between two looks")
    parser.add_argument("--restarts", type=int, default=0, help="how often the unit may end and start again meanwhile")
    parser.add_argument("--until-it-listens", action="store_true", help="ask nothing; the first socket is enough")
    arguments = parser.parse_args()
    print(json.dumps(watch(arguments, sys.stdin.readline().partition(" ")[2].strip())))
    return 0


def watch(arguments: argparse.Namespace, key: str) -> dict[str, t.Any]:
    """Look until there is something to say, or the time is over. Returns the last look."""
    start = time.monotonic()
    seen: dict[str, t.Any] = {}
    restarts: int | None = None
    while True:
        before, seen = seen, look(arguments, key)
        seen["waited"] = round(time.monotonic() - start, 1)
        # While the unit runs again, systemd has forgotten how it ended.
        if before and not seen["exit_code"]:
            seen.update({name: before[name] for name in ("exit_code", "signal", "result")})
        if restarts is None:
            restarts = seen["restarts"]
        if seen["state"] == "waiting" and seen["restarts"] - restarts > arguments.restarts:
            seen["state"] = "ended"
        # A server that is about to go may still hold the port at the first look.
        settled = seen["state"] in ("ready", "listening", "ended") or (
            seen["state"] == "taken" == before.get("state") and seen["holder"] == before.get("holder")
        )
        left = start + arguments.timeout - time.monotonic()
        if settled or left <= 0:
            return seen
        time.sleep(min(arguments.interval, left))


def look(arguments: argparse.Namespace, key: str) -> dict[str, t.Any]:
    """Return what can be seen of a server now."""
    values = unit(arguments.unit)
    pids = processes(values["ControlGroup"]) if values["ControlGroup"] else []
    own = listening(pids)
    holder = foreign_holder(arguments.address, arguments.port, own, pids)
    answer = ""
    if values["ActiveState"] in ("failed", "inactive"):
        state = "ended"
    elif holder:
        state = "taken"
    elif arguments.until_it_listens:
        state = "listening" if own else "waiting"
    elif values["ActiveState"] == "active" and any(port == arguments.port for _address, port in own):
        answer = ask(arguments.address, arguments.port, arguments.path, key)
        # What ended meanwhile did not answer.
        still = unit(arguments.unit)
        state = "ready" if answer == "200" and still["ActiveState"] == "active" else "waiting"
    else:
        state = "waiting"
    return {
        "state": state,
        "sockets": [{"address": address, "port": port} for address, port in sorted(own)],
        "answer": answer,
        "holder": holder,
        "restarts": int(values["NRestarts"] or 0),
        "exit_code": int(values["ExecMainStatus"] or 0),
        # 1 is a process that exited by itself, 2 and 3 one that was ended by a signal.
        "signal": values["ExecMainCode"] in ("2", "3"),
        "result": values["Result"],
    }


def unit(name: str) -> dict[str, str]:
    """Return properties of a unit."""
    command = ["systemctl", "show", f"--property={','.join(PROPERTIES)}", name]
    lines = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    return {**dict.fromkeys(PROPERTIES, ""), **dict(line.partition("=")[::2] for line in lines)}


def ask(address: str, port: int, path: str, key: str) -> str:
    """Return the status that a server answers, or why there is none."""
    host = f"[{address}]" if ":" in address else address
    request = urllib.request.Request(f"http://{host}:{port}{path}")
    if key:
        request.add_header("Authorization", f"Bearer {key}")
    # No proxy stands between a host and itself.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(request, timeout=10) as response:
            return str(response.status)
    except urllib.error.HTTPError as error:
        return str(error.code)
    except (OSError, ValueError, http.client.HTTPException) as error:
        return str(getattr(error, "reason", None) or error or type(error).__name__)


def foreign_holder(address: str, port: int, own: set[Socket], pids: t.Iterable[int]) -> str:
    """Return which process, that is none of these, answers at an address and a port; empty if none does."""
    try:
        rows = dict(table(pathlib.Path("/proc/self/net")))
    except OSError:
        return ""
    mine = {inode for pid in pids for inode in inodes(pid)}
    others = {inode: place for inode, place in rows.items() if place[1] == port and inode not in mine}
    if not others:
        return ""
    exact = {inode for inode, place in others.items() if same(place[0], address)}
    # A socket of one address comes before those of all.
    anywhere = set() if any(place[1] == port and same(place[0], address) for place in own) else set(others)
    wanted = exact | {inode for inode in anywhere if ipaddress.ip_address(others[inode][0]).is_unspecified}
    return next((described(pid) for pid in all_processes() if wanted & inodes(pid)), "a process") if wanted else ""


def same(address: str, other: str) -> bool:
    """Return whether two texts are one address; a name is none."""
    try:
        return ipaddress.ip_address(address) == ipaddress.ip_address("127.0.0.1" if other == "localhost" else other)
    except ValueError:
        return False


def all_processes() -> list[int]:
    return sorted(int(folder.name) for folder in pathlib.Path("/proc").glob("[0-9]*"))


def described(pid: int) -> str:
    with contextlib.suppress(OSError):
        return f"{pathlib.Path('/proc', str(pid), 'comm').read_text().strip()} (process {pid})"
    return f"process {pid}"


def processes(group: str) -> list[int]:
    """Return the processes in a control group and in those below it."""
    root = pathlib.Path("/sys/fs/cgroup")
    # With the first version of control groups systemd has a hierarchy of its own.
    top = root if (root / "cgroup.controllers").exists() else root / "systemd"
    found: list[int] = []
    for file in (top / group.lstrip("/")).rglob("cgroup.procs"):
        try:
            found += [int(line) for line in file.read_text().split()]
        except OSError:
            continue
    return found


def listening(pids: t.Iterable[int], proc: pathlib.Path = pathlib.Path("/proc")) -> set[Socket]:
    """Return the address and the port of each socket on which processes listen."""
    found: set[Socket] = set()
    for pid in pids:
        held = inodes(pid, proc)
        # It may have ended.
        with contextlib.suppress(OSError):
            found |= {place for inode, place in table(proc / str(pid) / "net") if inode in held}
    return found


def inodes(pid: int, proc: pathlib.Path = pathlib.Path("/proc")) -> set[str]:
    """Return the inodes of the sockets that a process has open, as far as it still has."""
    found = set()
    with contextlib.suppress(OSError):
        for link in (proc / str(pid) / "fd").iterdir():
            with contextlib.suppress(FileNotFoundError):
                name = os.readlink(link)
                if name.startswith("socket:["):
                    found.add(name[len("socket:[") : -1])
    return found


def table(folder: pathlib.Path) -> t.Iterator[tuple[str, Socket]]:
    """Yield the inode and the place of each socket of TCP that listens, as the kernel tells them.

    Raises:
        OSError: they cannot be read.
    """
    for name in ("tcp", "tcp6"):
        if (folder / name).exists():
            for line in (folder / name).read_text().splitlines()[1:]:
                words = line.split()
                if words[3] == LISTENS:
                    yield words[9], local_address(words[1])


def local_address(text: str) -> tuple[str, int]:
    """Return an address and a port as /proc/net/tcp writes them: words of four bytes, each in the order of the processor."""
    address, _colon, port = text.partition(":")
    words = [int(address[at : at + 8], 16).to_bytes(4, sys.byteorder) for at in range(0, len(address), 8)]
    return str(ipaddress.ip_address(b"".join(words))), int(port, 16)


if __name__ == "__main__":
    sys.exit(main())
