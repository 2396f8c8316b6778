# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Why a job over several hosts failed: where it failed first, and what its log has to say of that. Pure functions."""

from __future__ import annotations

import re
import typing as t

LINES = 60
# How many of them are what came before the error.
_BEFORE = 15

_TRACEBACK = "Traceback (most recent call last):"
# What a part prints when another one has gone: gloo, NCCL, the store of the rendezvous, and the launcher's own signals.
_CONSEQUENCE = re.compile(
    r"connection (closed|reset|refused|was aborted)|broken pipe|closed by (the )?(remote )?peer|socket closed"
    r"|ncclremoteerror|remote process exited|communicator was aborted|watchdog caught collective"
    r"|rendezvous|signal 15|sigterm|signalexception|timed? ?out|childfailederror|distnetworkerror|diststoreerror",
    re.IGNORECASE,
)
# The last line of a traceback, which newer versions of PyTorch begin with the rank, and what programs print that have none.
_EXCEPTION = re.compile(r"(\[\w+\]: ?)?[A-Za-z_][\w.]*(Error|Exception|Interrupt|Exit|Failure)\b")
_MAYBE_EXCEPTION = re.compile(r"(\[\w+\]: ?)?[A-Za-z_][\w.]*(: |$)")
_SIGN = re.compile(
    r"\b(error|fatal|exception|killed|segmentation fault|core dumped|no such file|SIG(KILL|SEGV|ABRT|BUS|ILL|FPE))\b",
    re.IGNORECASE,
)
# Of systemd, about a program that a unit can do without
_SKIPPED = "missing, skipping: No such file or directory"
# torchrun tells of its workers once it has ended them; the error came before.
_LAUNCHER = re.compile(r"torch[./]distributed[./](elastic|run|launch)|torch\.distributed\.elastic")


class Part(t.NamedTuple):
    """A host's part of a job: how it ended, and what it printed.

    Attributes:
        exited_at: seconds since 1970, or None where that is not known.
        log: its own lines, of this run alone.
        journal: what systemd said of it, for a command that could not be started.
    """

    host: str
    reachable: bool
    ended: bool
    succeeded: bool
    exited_at: float | None
    log: tuple[str, ...]
    journal: tuple[str, ...]


class Failure(t.NamedTuple):
    """Where a job failed first.

    Attributes:
        host: there.
        error: the line that says why.
        lines: those around it.
        lost: hosts that no longer answered.
    """

    host: str
    error: str
    lines: tuple[str, ...]
    lost: tuple[str, ...]


def first_failure(parts: t.Sequence[Part]) -> Failure | None:
    """Return where a job failed first, or None if no part of it failed.

    The part whose error is its own comes before those that only miss another, whichever ended first: launchers look at their
    workers every few seconds, and clocks differ.

    Args:
        parts: of the job, in the order of their ranks
    """
    lost = tuple(part.host for part in parts if not part.reachable)
    failed = [part for part in parts if part.reachable and part.ended and not part.succeeded]
    found = [(part, *_error(part.log or part.journal)) for part in failed]
    if not found:
        return Failure(lost[0], "it no longer answers", (), lost) if lost else None
    part, position, error = min(
        found,
        key=lambda each: (_is_consequence(each[2]), each[0].exited_at is None, each[0].exited_at or 0.0),
    )
    lines = around(part.log or part.journal, position)
    if lost and _is_consequence(error):
        return Failure(lost[0], f"it no longer answers, and {part.host} says: {error}", lines, lost)
    return Failure(part.host, error, lines, lost)


def around(log: t.Sequence[str], position: int) -> tuple[str, ...]:
    """Return the lines around one of a log, at most 60, and most of them before it where it is long ago that it began."""
    begin = _begin_of_traceback(log, position)
    start = max(0, min(begin - _BEFORE, len(log) - LINES))
    if position >= start + LINES:
        # A long traceback: its end says what happened.
        start = min(position + _BEFORE + 1, len(log)) - LINES
    return tuple(log[start : start + LINES])


def _error(log: t.Sequence[str]) -> tuple[int, str]:
    """Return the line that says best why a part failed, and where it is; the last one if none does."""
    errors = sorted(_errors(log), key=lambda position: _is_consequence(log[position]))
    printed = [position for position, line in enumerate(log) if line.strip()]
    if not printed:
        return 0, "it printed nothing"
    position = errors[0] if errors else printed[-1]
    return position, log[position].strip()


def _errors(log: t.Sequence[str]) -> t.Iterator[int]:
    """Yield where errors are: the ends of tracebacks or, where there is none, lines that sound like one."""
    found = False
    for number, line in enumerate(log):
        if _TRACEBACK in line:
            end = _end_of_traceback(log, number)
            # The launcher's own traceback only says that a worker has failed.
            if end is not None and not any(_LAUNCHER.search(each) for each in log[number + 1 : end]):
                found = True
                yield end
    if not found:
        for number, line in enumerate(log):
            if _SIGN.search(line) and not _LAUNCHER.search(line) and not line.rstrip().endswith(_SKIPPED):
                yield number


def _end_of_traceback(log: t.Sequence[str], begin: int) -> int | None:
    """Return the line of the exception; lines of other workers may be between."""
    end = next((number for number in range(begin + 1, len(log)) if _TRACEBACK in log[number]), len(log))
    for pattern in (_EXCEPTION, _MAYBE_EXCEPTION):
        for number in range(begin + 1, end):
            if pattern.match(log[number]):
                return number
    return None


def _begin_of_traceback(log: t.Sequence[str], end: int) -> int:
    """Return where the traceback begins that ends in a line, or the line itself."""
    for number in range(end - 1, -1, -1):
        if _TRACEBACK in log[number]:
            return number
        if _EXCEPTION.match(log[number]):
            break
    return end


def _is_consequence(error: str) -> bool:
    return bool(_CONSEQUENCE.search(error))
