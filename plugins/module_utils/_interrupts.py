# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Signals that end a task, as exceptions, and kept off a write until its response is here.

Without this, Ctrl+C, a cancelled job or a closed terminal would end a launch between its request and its response, and
nobody would know the ID of an instance that bills.
"""

from __future__ import annotations

import contextlib
import signal
import threading
import time
import typing as t

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Interrupted(BaseException):
    """A signal asked the task to end. No LambdaCloudError, so that nothing retries or replaces because of it.

    Attributes:
        number: the signal's.
        may_have_executed: whether the write that it broke off, if any, may have taken effect.
    """

    def __init__(self, number: int) -> None:
        why = ", since the terminal or the controller is gone" if number == signal.SIGHUP else ""
        super().__init__(f"Interrupted by {signal.Signals(number).name}{why}.")
        self.number = number
        self.may_have_executed = True


class _Handler:
    """The handler of one task's signals. Only the first counts: Ansible sends another one right behind it."""

    def __init__(self, on_delay: t.Callable[[], None]) -> None:
        self.delayed = 0
        self._on_delay = on_delay
        self._number: int | None = None
        # Ansible's, which raises the timeout of a task
        self._on_alarm: t.Any = None
        self._alarm_came = False

    def __call__(self, number: int, _frame: object) -> None:
        if self._number is not None:
            return
        self._number = number
        if self.delayed:
            self._on_delay()
        else:
            self.check()

    def hold_alarm(self) -> None:
        """Keep the alarm back. Its handler runs in this thread whichever thread gets it, so that masking it is not enough."""
        self._on_alarm = signal.signal(signal.SIGALRM, self._note_alarm)

    def release_alarm(self) -> None:
        """Let the alarm through, and the one that came meanwhile."""
        signal.signal(signal.SIGALRM, signal.SIG_DFL if self._on_alarm is None else self._on_alarm)
        if self._alarm_came:
            self._alarm_came = False
            if callable(self._on_alarm):
                self._on_alarm(signal.SIGALRM, None)

    def _note_alarm(self, _number: int, _frame: object) -> None:
        self._alarm_came = True

    def check(self) -> None:
        """Raise Interrupted if a signal came, again where Python swallowed it, as it does in a destructor."""
        if self._number is not None:
            raise Interrupted(self._number)


_handler: _Handler | None = None


def _is_main_thread() -> bool:
    return threading.current_thread() is threading.main_thread()


@contextlib.contextmanager
def signals_raised(on_delay: t.Callable[[], None]) -> t.Iterator[None]:
    """Raise Interrupted on SIGINT, SIGTERM and SIGHUP until the block ends, the first time only.

    Args:
        on_delay: called at once where the exception has to wait for a response.
    """
    global _handler
    if not _is_main_thread():
        yield
        return
    outer, _handler = _handler, _Handler(on_delay)
    before = {number: signal.signal(number, _handler) for number in SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            # None is a handler that was not set by Python.
            signal.signal(number, signal.SIG_DFL if handler is None else handler)
        _handler = outer


@contextlib.contextmanager
def signals_delayed() -> t.Iterator[None]:
    """Delay Interrupted and a task's timeout until the block ends or sleeps.

    For a write and the record of what it did, which must not be torn apart.
    """
    handler = _handler
    if handler is None or not _is_main_thread():
        yield
        return
    if not handler.delayed:
        handler.check()
        handler.hold_alarm()
    handler.delayed += 1
    try:
        yield
    finally:
        handler.delayed -= 1
        if not handler.delayed:
            handler.release_alarm()
            handler.check()


def sleep(seconds: float) -> None:
    """Sleep, unless Interrupted was delayed or comes meanwhile: no response is lost while nothing is under way."""
    handler = _handler
    if handler is None or not _is_main_thread():
        time.sleep(seconds)
        return
    delayed, handler.delayed = handler.delayed, 0
    try:
        if delayed:
            handler.release_alarm()
        handler.check()
        time.sleep(seconds)
    finally:
        if delayed:
            handler.hold_alarm()
        handler.delayed = delayed


@contextlib.contextmanager
def nothing_sent() -> t.Iterator[None]:
    """Mark Interrupted, if it comes inside the block, as one that broke off no request."""
    try:
        yield
    except Interrupted as stop:
        stop.may_have_executed = False
        raise
