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
from ansible_collections.lambdal.cloud.plugins.module_utils._client.account_file import AccountFile
from ansible_collections.lambdal.cloud.plugins.module_utils._client.rate_limiter import RateLimiter, open_rate_limiter
from ansible_collections.lambdal.cloud.plugins.module_utils._client.rate_record import (
    LAUNCH,
    REQUEST,
    LocalRecord,
    Record,
    SharedRecord,
)
from ansible_collections.lambdal.cloud.plugins.module_utils._errors import DeadlineExceeded
from ansible_collections.lambdal.cloud.plugins.module_utils._timing import Deadline
from ansible_collections.lambdal.cloud.tests.support.clock import FakeClock


def account_file(folder: str | Path, key: str = "key") -> AccountFile:
    return AccountFile("pace", key, "https://api", str(folder))


def shared_record(folder: str | Path, key: str = "key") -> SharedRecord:
    return SharedRecord(account_file(folder, key))


# How much longer than the quickest one a request may have travelled, as long as no round trip was seen.
UNKNOWN = 0.25


def limiter(
    folder: Path,
    clock: FakeClock,
    key: str = "key",
    launch: float = 12.0,
    warnings: list[str] | None = None,
    lines: list[str] | None = None,
) -> RateLimiter:
    return RateLimiter(
        shared_record(folder, key),
        request_interval=1.0,
        launch_interval=launch,
        clock=clock,
        sleep=clock.sleep,
        warn=(warnings if warnings is not None else []).append,
        log=(lines if lines is not None else []).append,
        draw=lambda: 1.0,
    )


def send(limiter: RateLimiter, clock: FakeClock, bucket: str = REQUEST, seconds: float = 0.0) -> float:
    """Send a request whose response comes after so many seconds, and return when it was sent."""
    limiter.wait(bucket)
    limiter.sent(bucket)
    sent = clock.now
    clock.sleep(seconds)
    limiter.answered(bucket)
    return sent


def stored(folder: Path) -> Record:
    return Record.from_json(json.loads(Path(account_file(folder).path).read_text()))


def test_an_idle_account_never_waits(tmp_path: Path) -> None:
    clock = FakeClock()
    limiter(tmp_path, clock).wait(LAUNCH)
    assert clock.now == 1000.0


def test_requests_of_two_processes_take_slots(tmp_path: Path) -> None:
    clock = FakeClock()
    # A new limiter each time: what it knows of the others is in the file.
    assert [send(limiter(tmp_path, clock), clock) for _each in range(3)] == [1000.0, 1001.0, 1002.0]


def test_a_request_without_a_response_may_have_travelled_longer_than_the_next_one(tmp_path: Path) -> None:
    clock = FakeClock()
    times = []
    for _each in range(3):
        limiter(tmp_path, clock).wait(REQUEST)
        times.append(clock.now)
    assert times == pytest.approx([1000.0, 1001.0 + UNKNOWN, 1002.0 + 2 * UNKNOWN])


def test_the_next_request_arrives_an_interval_after_the_last_one_was_answered_less_the_quickest_round_trip(
    tmp_path: Path,
) -> None:
    clock = FakeClock()
    one = limiter(tmp_path, clock)
    # As long as few round trips were seen, the quickest is taken to be a third as long as these, and at most 0.02 s.
    first = send(one, clock, seconds=0.03)
    second = send(one, clock, seconds=0.2)
    assert second == pytest.approx(first + 1 + 0.03 - 0.01)
    for _each in range(6):
        last = send(one, clock, seconds=0.2)
    # Of more, half as long as those, and at most 0.1 s.
    assert send(one, clock) == pytest.approx(last + 1 + 0.2 - 0.015)


def test_the_first_requests_of_a_busy_computer_say_little_of_the_network(tmp_path: Path) -> None:
    clock = FakeClock()
    one = limiter(tmp_path, clock)
    send(one, clock, seconds=3.0)
    first = send(one, clock, LAUNCH, seconds=0.2)
    assert send(one, clock, LAUNCH) == pytest.approx(first + 12 + UNKNOWN)


def test_a_launch_that_takes_long_to_answer_travelled_no_longer_than_round_trips_took(tmp_path: Path) -> None:
    clock = FakeClock()
    one = limiter(tmp_path, clock)
    send(one, clock, seconds=0.2)
    first = send(one, clock, LAUNCH, seconds=6.0)
    assert send(one, clock, LAUNCH) == pytest.approx(first + 12 + 0.2)


def test_opening_a_connection_is_no_part_of_the_way(tmp_path: Path) -> None:
    clock = FakeClock()
    one, two = limiter(tmp_path, clock), limiter(tmp_path, clock)
    one.wait(REQUEST)
    clock.sleep(0.6)
    one.sent(REQUEST)
    one.answered(REQUEST)
    assert send(two, clock) == pytest.approx(1001.6)


def test_reads_go_on_while_a_launch_waits(tmp_path: Path) -> None:
    clock = FakeClock()
    assert send(limiter(tmp_path, clock), clock, LAUNCH) == 1000.0
    assert send(limiter(tmp_path, clock), clock) == 1001.0
    assert send(limiter(tmp_path, clock), clock, LAUNCH) == 1012.0


def test_one_that_goes_late_keeps_the_next_from_following_at_once(tmp_path: Path) -> None:
    clock = FakeClock()
    # Slots at 1000, 1001 and 1002; the second one's computer is busy until 1001.8.
    send(limiter(tmp_path, clock), clock)
    late = RateLimiter(
        shared_record(tmp_path),
        request_interval=1.0,
        launch_interval=12.0,
        clock=clock,
        sleep=lambda seconds: clock.sleep(seconds + 0.8),
    )
    assert send(late, clock) == 1001.8
    third = FakeClock(1001.9)
    assert send(limiter(tmp_path, third), third) == pytest.approx(1002.8)


def test_accounts_do_not_wait_for_one_another(tmp_path: Path) -> None:
    clock = FakeClock()
    limiter(tmp_path, clock, "one").wait(REQUEST)
    limiter(tmp_path, clock, "two").wait(REQUEST)
    assert clock.now == 1000.0


def test_a_slot_beyond_the_deadline_is_not_taken(tmp_path: Path) -> None:
    clock = FakeClock()
    send(limiter(tmp_path, clock), clock, LAUNCH)
    with pytest.raises(DeadlineExceeded, match="12 s away"):
        limiter(tmp_path, clock).wait(LAUNCH, Deadline(5, clock))
    clock.sleep(12)
    limiter(tmp_path, clock).wait(LAUNCH)
    assert clock.now == 1012.0


def test_a_wait_that_has_to_go_on_beyond_the_deadline_fails_as_well(tmp_path: Path) -> None:
    clock = FakeClock()
    one, two = limiter(tmp_path, clock), limiter(tmp_path, clock)
    send(one, clock)
    # The slot is in time, but somebody who is late sends right before it.
    one.wait(REQUEST)
    clock.now = 1000.5
    two_deadline = Deadline(2, clock)
    one.sent(REQUEST)
    clock.now = 1001.9
    one.sent(REQUEST)
    with pytest.raises(DeadlineExceeded, match="1 s away"):
        two.wait(REQUEST, two_deadline)


def test_a_recorded_time_far_away_is_told_with_the_file_and_who_is_waited_for(tmp_path: Path) -> None:
    clock = FakeClock()
    one = limiter(tmp_path, clock)
    send(one, clock)
    one.back_off(REQUEST, 3000)
    path = account_file(tmp_path).path
    with pytest.raises(DeadlineExceeded) as failure:
        limiter(tmp_path, clock).wait(REQUEST, Deadline(60, clock))
    assert "3000 s away" in str(failure.value)
    assert f"behind the service, which asked to wait (HTTP 429), as {path} records" in str(failure.value)
    assert clock.now == 1000.0


@pytest.mark.parametrize(("seconds", "lines", "warnings"), [(4, 0, 0), (10, 1, 0), (40, 1, 1)])
def test_a_long_wait_for_others_is_told(tmp_path: Path, seconds: float, lines: int, warnings: int) -> None:
    clock = FakeClock()
    one = limiter(tmp_path, clock)
    send(one, clock)
    one.back_off(REQUEST, seconds)
    logged: list[str] = []
    warned: list[str] = []
    two = limiter(tmp_path, clock, lines=logged, warnings=warned)
    two.wait(REQUEST)
    assert (len(logged), len(warned)) == (lines, warnings)
    assert all(f"Waiting {seconds:.0f} s for the account's rate limit" in line for line in logged)


def test_nothing_is_told_of_waiting_for_the_task_itself(tmp_path: Path) -> None:
    clock, lines = FakeClock(), []  # type: ignore[var-annotated]
    one = limiter(tmp_path, clock, lines=lines)
    send(one, clock, LAUNCH)
    send(one, clock, LAUNCH)
    assert lines == []


def test_times_from_before_the_clock_was_set_back_are_forgotten_with_a_warning_that_names_the_file(
    tmp_path: Path,
) -> None:
    clock = FakeClock(5000.0)
    send(limiter(tmp_path, clock), clock, LAUNCH)
    back = FakeClock(clock.now - 1800)
    warnings: list[str] = []
    one = limiter(tmp_path, back, warnings=warnings)
    # One interval, since a request may have been sent just now.
    assert send(one, back, LAUNCH) == clock.now - 1800 + 12
    assert len(warnings) == 1
    assert "set back by 1800 s" in warnings[0]
    assert account_file(tmp_path).path in warnings[0]


def test_everybody_is_held_back_after_a_refusal(tmp_path: Path) -> None:
    clock = FakeClock()
    limiter(tmp_path, clock).back_off(REQUEST, 5)
    limiter(tmp_path, clock).wait(REQUEST)
    assert clock.now == 1005.0


def test_what_was_refused_does_not_count_and_keeps_its_place(tmp_path: Path) -> None:
    clock = FakeClock()
    one, two = limiter(tmp_path, clock), limiter(tmp_path, clock)
    send(one, clock)
    refused = send(one, clock)
    one.back_off(REQUEST, 0.2)
    clock.sleep(0.2)
    one.wait(REQUEST, again=True)
    assert clock.now == pytest.approx(refused + 0.2)
    one.answered(REQUEST)
    assert send(two, clock) > refused + 1.2


def test_a_refusal_widens_the_interval_until_requests_are_accepted(tmp_path: Path) -> None:
    clock = FakeClock()
    one = limiter(tmp_path, clock)
    widenings = []
    for _each in range(8):
        one.back_off(REQUEST, 0)
        widenings.append(stored(tmp_path).buckets[REQUEST].widening)
    assert widenings == [0.02, 0.04, 0.08, 0.16, 0.25, 0.25, 0.25, 0.25]
    first = send(one, clock)
    second = send(one, clock)
    assert second == pytest.approx(first + 1 + 0.25 * 0.9)
    for _each in range(50):
        send(one, clock)
    assert stored(tmp_path).buckets[REQUEST].widening < 0.002


@pytest.mark.parametrize(
    ("retry_after", "refusals", "seconds"),
    [(5.0, 0, 5.0), (0.0, 0, 0.1), (0.0, 1, 0.2), (0.0, 9, 3.0), (40.0, 9, 40.0), (None, 0, 3.0), (None, 3, 3.0)],
)
def test_the_pause_after_a_refusal(retry_after: float | None, refusals: int, seconds: float) -> None:
    limiters = [
        RateLimiter(LocalRecord(), request_interval=1, launch_interval=12, draw=lambda draw=draw: draw)  # type: ignore[misc]
        for draw in (0.0, 1.0)
    ]
    least, most = (each.pause(LAUNCH, retry_after, refusals) for each in limiters)
    assert least == seconds
    # At random a little longer; by half the interval where the service does not tell.
    assert most == pytest.approx(seconds + (0.03 if retry_after is not None else 6))


def test_whoever_is_not_paced_waits_longer_with_every_refusal() -> None:
    unpaced = RateLimiter(LocalRecord(), request_interval=0, launch_interval=0)
    pauses = [unpaced.pause(REQUEST, None, refusals) for refusals in range(10)]
    assert pauses == pytest.approx([0.5, 0.5, 0.5, 0.8, 1.6, 3.2, 6.4, 12.8, 20, 20])


GOOD = Record().to_json()


@pytest.mark.parametrize(
    "content",
    [
        "",
        "{",
        "[]",
        "null",
        '{"request": "soon"}',
        '{"request": 99999999}',
        json.dumps({**GOOD, "buckets": {}}),
        json.dumps({**GOOD, "written": "soon"}),
        json.dumps({**GOOD, "written": float("nan")}),
        json.dumps({**GOOD, "round_trips": 3}),
        json.dumps({**GOOD, "round_trips": [-1]}),
    ],
)
def test_a_file_that_makes_no_sense_counts_as_none(tmp_path: Path, content: str) -> None:
    clock = FakeClock()
    Path(account_file(tmp_path).path).write_text(content)
    limiter(tmp_path, clock).wait(REQUEST)
    assert clock.now == 1000.0


def test_the_file_is_private_and_does_not_tell_the_key(tmp_path: Path) -> None:
    limiter(tmp_path, FakeClock(), "a-secret-key").wait(REQUEST)
    (file,) = tmp_path.iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert "a-secret-key" not in file.name + file.read_text()
    assert set(json.loads(file.read_text())) == {"buckets", "round_trips", "written"}


def test_a_link_in_its_place_is_not_followed(tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_text("precious")
    path = Path(account_file(tmp_path / "slots").path)
    path.parent.mkdir()
    path.symlink_to(victim)
    with pytest.raises(OSError, match="symbolic links"):
        shared_record(tmp_path / "slots")
    assert victim.read_text() == "precious"


def test_a_folder_that_cannot_be_used_limits_this_process_with_one_warning(
    tmp_path: Path,
) -> None:
    (tmp_path / "file").write_text("")
    file = account_file(tmp_path / "file" / "folder")
    warnings: list[str] = []
    opened = open_rate_limiter(file, request_interval=0.01, launch_interval=0.0, warn=warnings.append)
    for _each in range(3):
        opened.wait(REQUEST)
    assert len(warnings) == 1
    assert "within this process only" in warnings[0]


def test_a_file_that_vanishes_is_made_again(tmp_path: Path) -> None:
    clock, warnings = FakeClock(), []
    one = limiter(tmp_path, clock, warnings=warnings)
    one.wait(REQUEST)
    for file in tmp_path.iterdir():
        file.unlink()
    one.wait(REQUEST)
    assert not warnings


def _take_slots(folder: str, times: object) -> None:
    one = RateLimiter(shared_record(folder), request_interval=0.05, launch_interval=0.0)
    for _each in range(5):
        one.wait(REQUEST)
        times.append(time.time())  # type: ignore[attr-defined]
        one.answered(REQUEST)


def _die_with_the_lock(folder: str) -> None:
    shared_record(folder).exchange(lambda record: os._exit(9))


def test_processes_keep_apart_and_a_dead_one_blocks_nobody(tmp_path: Path) -> None:
    with multiprocessing.Manager() as manager:
        times = manager.list()
        dead = multiprocessing.Process(target=_die_with_the_lock, args=(str(tmp_path),))
        dead.start()
        dead.join()
        assert dead.exitcode == 9
        live = [multiprocessing.Process(target=_take_slots, args=(str(tmp_path), times)) for _each in range(4)]
        for process in live:
            process.start()
        for process in live:
            process.join()
        taken = sorted(times)
    assert len(taken) == 20
    # Twenty slots cannot be had in less than nineteen intervals, whoever took them.
    assert taken[-1] - taken[0] >= 19 * 0.05 - 0.01
