# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""On which sockets processes listen, and who holds a port."""

from __future__ import annotations

import argparse
import os
import socket
import typing as t
from pathlib import Path

import pytest
from ansible_collections.lambdal.cloud.tests.support.scripts import load_script

SCRIPT = load_script(Path(__file__).resolve().parents[4] / "roles" / "inference_server" / "files" / "watch.py")


@pytest.mark.parametrize(
    ("family", "address"),
    [(socket.AF_INET, "127.0.0.1"), (socket.AF_INET, "0.0.0.0"), (socket.AF_INET6, "::1"), (socket.AF_INET6, "::")],
)
def test_the_sockets_on_which_this_process_listens(family: socket.AddressFamily, address: str) -> None:
    with socket.socket(family) as listener:
        try:
            listener.bind((address, 0))
        except OSError:
            pytest.skip("there is no IPv6 here")
        here = (address, listener.getsockname()[1])
        assert here not in SCRIPT.listening([os.getpid()])
        listener.listen()
        assert here in SCRIPT.listening([os.getpid()])
        # Another process's are not its own.
        assert here not in SCRIPT.listening([os.getppid(), 2**22 + 1])


@pytest.mark.parametrize(
    ("held", "own", "is_foreign"),
    [("127.0.0.1", [], True), ("0.0.0.0", [], True), ("0.0.0.0", ["127.0.0.1"], False), ("127.0.0.2", [], False)],
)
def test_who_answers_at_a_port(held: str, own: list[str], is_foreign: bool) -> None:
    with socket.create_server((held, 0)) as listener:
        port = listener.getsockname()[1]
        places = {(address, port) for address in own}
        holder = SCRIPT.foreign_holder("127.0.0.1", port, places, [])
        assert (f"(process {os.getpid()})" in holder) is is_foreign
        assert SCRIPT.foreign_holder("127.0.0.1", port, places, [os.getpid()]) == ""


class Unit:
    """Looks at a unit, one after another, each of which costs a second on a clock that only they move."""

    def __init__(self, *looks: dict[str, t.Any]) -> None:
        self.looks = list(looks)
        self.now = 0.0

    def look(self, _arguments: argparse.Namespace, _key: str) -> dict[str, t.Any]:
        self.now += 1
        found = self.looks.pop(0) if len(self.looks) > 1 else self.looks[0]
        ended = {"exit_code": 0, "signal": False, "result": "success"}
        return {"state": "waiting", "restarts": 0, "holder": "", **ended, **found}

    def watch(self, monkeypatch: pytest.MonkeyPatch, timeout: float = 100, restarts: int = 1) -> dict[str, t.Any]:
        monkeypatch.setattr(SCRIPT, "look", self.look)
        monkeypatch.setattr(SCRIPT.time, "monotonic", lambda: self.now)
        monkeypatch.setattr(SCRIPT.time, "sleep", self.sleep)
        return t.cast(
            "dict[str, t.Any]", SCRIPT.watch(argparse.Namespace(timeout=timeout, interval=5, restarts=restarts), "")
        )

    def sleep(self, seconds: float) -> None:
        self.now += seconds


def test_a_timeout_is_a_time_whatever_a_look_costs(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = Unit({}).watch(monkeypatch, timeout=20)
    # The last look begins when the time is over.
    assert (seen["state"], seen["waited"]) == ("waiting", 21)


@pytest.mark.parametrize(("allowed", "waited"), [(0, 7), (1, 13)])
def test_a_server_that_ends_again_and_again_has_ended(
    monkeypatch: pytest.MonkeyPatch, allowed: int, waited: float
) -> None:
    unit = Unit(*({"restarts": number} for number in (7, 8, 9, 10)))
    seen = unit.watch(monkeypatch, restarts=allowed)
    assert (seen["state"], seen["waited"]) == ("ended", waited)


def test_how_it_ended_is_known_while_it_runs_again(monkeypatch: pytest.MonkeyPatch) -> None:
    killed = {"exit_code": 9, "signal": True, "result": "oom-kill"}
    seen = Unit({}, killed, {"restarts": 1}).watch(monkeypatch, restarts=0)
    assert seen["state"] == "ended"
    assert {name: seen[name] for name in killed} == killed


def test_who_holds_the_port_for_a_moment_only_does_not_end_the_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    held = {"state": "taken", "holder": "old (process 1)"}
    assert Unit(held, {}, {"state": "ready"}).watch(monkeypatch)["state"] == "ready"
    assert Unit(held, held).watch(monkeypatch)["waited"] == 7
