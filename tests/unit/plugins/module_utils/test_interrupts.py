# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# ruff: noqa: PT012 - the signal has to come inside of the block that it ends
from __future__ import annotations

import os
import signal
import threading
import typing as t

import pytest
from ansible_collections.lambdal.cloud.plugins.module_utils._interrupts import (
    SIGNALS,
    Interrupted,
    nothing_sent,
    signals_delayed,
    signals_raised,
    sleep,
)


@pytest.fixture(autouse=True)
def _restored() -> t.Iterator[None]:
    before = [signal.getsignal(number) for number in SIGNALS]
    yield
    assert [signal.getsignal(number) for number in SIGNALS] == before


def interrupt(number: int = signal.SIGTERM) -> None:
    os.kill(os.getpid(), number)


@pytest.mark.parametrize("number", SIGNALS)
def test_a_signal_is_an_exception(number: int) -> None:
    with pytest.raises(Interrupted, match=signal.Signals(number).name), signals_raised(lambda: None):
        interrupt(number)


def test_only_the_first_counts() -> None:
    told: list[str] = []
    with signals_raised(lambda: told.append("delayed")):
        with pytest.raises(Interrupted), signals_delayed():
            interrupt(signal.SIGINT)
            interrupt(signal.SIGTERM)
        interrupt(signal.SIGTERM)
    assert told == ["delayed"]


def test_a_write_and_its_record_are_finished_first() -> None:
    done: list[str] = []
    with signals_raised(lambda: None), pytest.raises(Interrupted):
        with signals_delayed():
            with signals_delayed():
                interrupt()
                done.append("response")
            done.append("record")
        done.append("more")
    assert done == ["response", "record"]


def test_an_exception_of_the_write_gives_way() -> None:
    with signals_raised(lambda: None), pytest.raises(Interrupted), signals_delayed():
        interrupt()
        raise ValueError


def test_a_sleep_ends_at_once_whatever_is_delayed() -> None:
    timer = threading.Timer(0.05, interrupt)
    with signals_raised(lambda: None), pytest.raises(Interrupted), signals_delayed():
        timer.start()
        sleep(3600)


def test_a_sleep_does_not_begin_after_a_signal() -> None:
    with signals_raised(lambda: None), pytest.raises(Interrupted), signals_delayed():
        interrupt()
        sleep(3600)


def test_what_was_not_sent_is_told_apart() -> None:
    with signals_raised(lambda: None), pytest.raises(Interrupted) as caught, nothing_sent():
        interrupt()
    assert not caught.value.may_have_executed


class Timeout(BaseException):
    pass


@pytest.fixture
def on_alarm() -> t.Iterator[t.Callable[[int, object], None]]:
    def on_alarm(number: int, frame: object) -> None:
        raise Timeout

    before = signal.signal(signal.SIGALRM, on_alarm)
    yield on_alarm
    signal.signal(signal.SIGALRM, before)


@pytest.mark.usefixtures("on_alarm")
def test_a_timeout_waits_for_the_record_too() -> None:
    done: list[str] = []
    with signals_raised(lambda: None), pytest.raises(Timeout), signals_delayed():
        interrupt(signal.SIGALRM)
        done.append("record")
    assert done == ["record"]


def test_a_timeout_ends_a_sleep_that_is_part_of_a_write(on_alarm: t.Callable[[int, object], None]) -> None:
    with signals_raised(lambda: None), pytest.raises(Timeout), signals_delayed():
        interrupt(signal.SIGALRM)
        sleep(3600)
    assert signal.getsignal(signal.SIGALRM) is on_alarm


def test_threads_are_left_alone() -> None:
    done: list[str] = []

    def work() -> None:
        with signals_raised(lambda: None), signals_delayed():
            sleep(0)
            done.append("done")

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert done == ["done"]


def test_nothing_changes_outside_of_a_task() -> None:
    with signals_delayed():
        sleep(0)
