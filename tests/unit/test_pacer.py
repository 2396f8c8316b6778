# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import json
import multiprocessing
import os
import stat
import time
from pathlib import Path

import pytest
from ansible_collections.lambdal.cloud.plugins.module_utils._account_file import AccountFile
from ansible_collections.lambdal.cloud.plugins.module_utils._deadline import Deadline
from ansible_collections.lambdal.cloud.plugins.module_utils._errors import DeadlineExceeded
from ansible_collections.lambdal.cloud.plugins.module_utils._pacer import (
    LAUNCH,
    REQUEST,
    Pacer,
    SharedTurns,
    open_pacer,
)


class Time:
    """A clock that only sleeping moves."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


def account_file(folder: str | Path, key: str = "key") -> AccountFile:
    return AccountFile("pace", key, "https://api", str(folder))


def shared_turns(folder: str | Path, key: str = "key") -> SharedTurns:
    return SharedTurns(account_file(folder, key))


def pacer(
    folder: Path, clock: Time, key: str = "key", launch: float = 12.0, warnings: list[str] | None = None
) -> Pacer:
    return Pacer(
        shared_turns(folder, key),
        request_interval=1.0,
        launch_interval=launch,
        clock=clock,
        sleep=clock.sleep,
        warn=(warnings if warnings is not None else []).append,
    )


def test_an_idle_account_never_waits(tmp_path: Path) -> None:
    clock = Time()
    pacer(tmp_path, clock).wait(LAUNCH)
    assert clock.now == 1000.0


def test_requests_of_two_processes_take_turns(tmp_path: Path) -> None:
    clock = Time()
    times = []
    for _each in range(3):
        # A new pacer each time: what it knows of the others is in the file.
        pacer(tmp_path, clock).wait(REQUEST)
        times.append(clock.now)
    assert times == [1000.0, 1001.0, 1002.0]


def test_reads_go_on_while_a_launch_waits(tmp_path: Path) -> None:
    clock = Time()
    pacer(tmp_path, clock).wait(LAUNCH)
    pacer(tmp_path, clock).wait(REQUEST)
    assert clock.now == 1001.0
    pacer(tmp_path, clock).wait(LAUNCH)
    assert clock.now == 1012.0


def test_one_that_goes_late_keeps_the_next_from_following_at_once(tmp_path: Path) -> None:
    clock = Time()
    # Turns at 1000, 1001 and 1002; the second one's machine is busy until 1001.8.
    pacer(tmp_path, clock).wait(REQUEST)
    third = Time()
    late = Pacer(
        shared_turns(tmp_path),
        request_interval=1.0,
        launch_interval=12.0,
        clock=clock,
        sleep=lambda seconds: clock.sleep(seconds + 0.8),
    )
    late.wait(REQUEST)
    assert clock.now == 1001.8
    third.now = 1001.9
    pacer(tmp_path, third).wait(REQUEST)
    assert third.now == pytest.approx(1002.8)


def test_accounts_do_not_wait_for_one_another(tmp_path: Path) -> None:
    clock = Time()
    pacer(tmp_path, clock, "one").wait(REQUEST)
    pacer(tmp_path, clock, "two").wait(REQUEST)
    assert clock.now == 1000.0


def test_a_turn_beyond_the_deadline_is_not_taken(tmp_path: Path) -> None:
    clock = Time()
    pacer(tmp_path, clock).wait(LAUNCH)
    with pytest.raises(DeadlineExceeded, match="12 s away"):
        pacer(tmp_path, clock).wait(LAUNCH, Deadline(5, clock))
    clock.sleep(12)
    pacer(tmp_path, clock).wait(LAUNCH)
    assert clock.now == 1012.0


def test_everybody_is_held_back_after_a_refusal(tmp_path: Path) -> None:
    clock = Time()
    pacer(tmp_path, clock).hold(REQUEST, 5)
    pacer(tmp_path, clock).wait(REQUEST)
    assert clock.now == 1005.0


@pytest.mark.parametrize(
    "content", ["", "{", "[]", "null", '{"request": "soon"}', '{"request": 99999999}', '{"request": 1}']
)
def test_a_file_that_makes_no_sense_counts_as_none(tmp_path: Path, content: str) -> None:
    clock = Time()
    Path(account_file(tmp_path).path).write_text(content)
    pacer(tmp_path, clock).wait(REQUEST)
    assert clock.now == 1000.0


def test_the_file_is_private_and_does_not_tell_the_key(tmp_path: Path) -> None:
    pacer(tmp_path, Time(), "a-secret-key").wait(REQUEST)
    (file,) = tmp_path.iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert "a-secret-key" not in file.name + file.read_text()
    assert set(json.loads(file.read_text())) == {"request", "request sent"}


def test_a_link_in_its_place_is_not_followed(tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_text("precious")
    path = Path(account_file(tmp_path / "turns").path)
    path.parent.mkdir()
    path.symlink_to(victim)
    with pytest.raises(OSError, match="symbolic links"):
        shared_turns(tmp_path / "turns")
    assert victim.read_text() == "precious"


def test_a_folder_that_cannot_be_used_paces_this_process_with_one_warning(
    tmp_path: Path,
) -> None:
    (tmp_path / "file").write_text("")
    file = account_file(tmp_path / "file" / "folder")
    warnings: list[str] = []
    opened = open_pacer(file, request_interval=0.01, launch_interval=0.0, warn=warnings.append)
    for _each in range(3):
        opened.wait(REQUEST)
    assert len(warnings) == 1
    assert "within this process only" in warnings[0]


def test_a_file_that_vanishes_is_made_again(tmp_path: Path) -> None:
    clock, warnings = Time(), []
    one = pacer(tmp_path, clock, warnings=warnings)
    one.wait(REQUEST)
    for file in tmp_path.iterdir():
        file.unlink()
    one.wait(REQUEST)
    assert not warnings


def test_every_session_of_a_user_has_the_same_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/me")
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    # A login shell has this, a cron job has not.
    monkeypatch.setenv("XDG_RUNTIME_DIR", "/run/user/1000")
    path = AccountFile("pace", "key", "https://api/v1").path
    assert path.startswith("/home/me/.cache/lambdal.cloud/pace-")
    assert AccountFile("pace", "key", "https://api/v1/").path == path
    monkeypatch.setenv("XDG_CACHE_HOME", "/cache")
    assert AccountFile("pace", "key", "https://api/v1").path.startswith("/cache/lambdal.cloud/pace-")


def _take_turns(folder: str, times: object) -> None:
    turns = shared_turns(folder)
    one = Pacer(turns, request_interval=0.05, launch_interval=0.0)
    for _each in range(5):
        one.wait(REQUEST)
        times.append(time.time())  # type: ignore[attr-defined]


def _die_with_the_lock(folder: str) -> None:
    shared_turns(folder).exchange(lambda turns: os._exit(9))


def test_processes_keep_apart_and_a_dead_one_blocks_nobody(tmp_path: Path) -> None:
    with multiprocessing.Manager() as manager:
        times = manager.list()
        dead = multiprocessing.Process(target=_die_with_the_lock, args=(str(tmp_path),))
        dead.start()
        dead.join()
        assert dead.exitcode == 9
        live = [multiprocessing.Process(target=_take_turns, args=(str(tmp_path), times)) for _each in range(4)]
        for process in live:
            process.start()
        for process in live:
            process.join()
        taken = sorted(times)
    assert len(taken) == 20
    # Twenty turns cannot be had in less than nineteen intervals, whoever took them.
    assert taken[-1] - taken[0] >= 19 * 0.05 - 0.01
