# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import contextlib
import signal
import time
import typing as t

from ansible.errors import AnsibleError
from ansible.utils.display import Display
from ansible_collections.lambdal.cloud.plugins.plugin_utils import _unit
from ansible_collections.lambdal.cloud.plugins.plugin_utils._action import ControllerAction

# Seconds that one command may take. A connection to a host that has gone is silent for a quarter of an hour.
_ANSWER_SECONDS = 60.0

_OPTIONS: dict[str, dict[str, t.Any]] = {
    "name": {"type": "str", "required": True},
    "timeout": {"type": "float", "default": 86400.0},
    "interval": {"type": "float", "default": 10.0},
    "unreachable_timeout": {"type": "float", "default": 300.0},
    "follow": {"type": "str"},
    "follow_user": {"type": "str", "default": ""},
    "follow_from": {"type": "int"},
}


class _NoAnswer(Exception):
    """A host did not answer."""


class ActionModule(ControllerAction):
    """Action that waits on the controller, with a short command on the host for each look."""

    _requires_connection = True
    # Seconds that a command may take; 0 is no limit.
    _patience = 0.0

    def run(self, tmp: str | None = None, task_vars: dict[str, t.Any] | None = None) -> dict[str, t.Any]:
        result: dict[str, t.Any] = super().run(tmp, task_vars)
        options = self._checked_options(_OPTIONS)
        # A task's own timeout uses the same signal.
        self._patience = 0.0 if self._task.timeout else min(_ANSWER_SECONDS, options["unreachable_timeout"])
        host = str((task_vars or {}).get("inventory_hostname", ""))
        now = time.monotonic()
        deadline, heard = now + options["timeout"], now
        offset: int | None = options["follow_from"]
        lines, look, reason = _unit.Lines(), _unit.Look({}, None), ""
        while True:
            try:
                look, offset, reason = *self._look(options, offset), ""
                heard = time.monotonic()
            except _NoAnswer as error:
                reason = str(error)
            else:
                _print(host, lines.add(look.log or b""))
                if look.log and _unit.is_full(look.log):
                    continue
            now = time.monotonic()
            is_lost = bool(reason) and now - heard >= options["unreachable_timeout"]
            if is_lost or (look.ended and not reason) or now >= deadline or self._task.check_mode:
                break
            time.sleep(max(0.0, min(options["interval"], deadline - now)))
        _print(host, lines.end())
        ended = look.ended and not reason
        return {
            **result,
            "changed": False,
            "ended": ended,
            "reachable": not reason,
            "reason": reason,
            "properties": look.properties,
        }

    def _look(self, options: dict[str, t.Any], offset: int | None) -> tuple[_unit.Look, int | None]:
        """Look at the unit and at its log, and return what was seen, and where in the log to go on.

        Raises:
            _NoAnswer: the host cannot be reached.
        """
        unit, path, user = options["name"], options["follow"], options["follow_user"]
        if not path:
            return _unit.parse(self._answer(_unit.show(unit))), offset
        if offset is None:
            size = self._answer(_unit.size(path, user)).strip()
            offset = int(size) if size.isdigit() else 0
        look = _unit.parse(self._answer(_unit.show_and_read(unit, path, user, offset)))
        return look, offset + len(look.log or b"")

    def _answer(self, command: str) -> str:
        """Return what a command prints on the host.

        Raises:
            _NoAnswer: the host cannot be reached, or does not answer in time.
        """
        try:
            with _at_most(self._patience):
                return str(self._low_level_execute_command(command)["stdout"])
        except (AnsibleError, _NoAnswer, OSError) as error:
            # What is left of the connection would be used again.
            with contextlib.suppress(Exception), _at_most(self._patience):
                self._connection.reset()
            raise _NoAnswer(str(error).strip() or "no answer") from None


@contextlib.contextmanager
def _at_most(seconds: float) -> t.Iterator[None]:
    """Raise _NoAnswer when a block takes longer."""

    def give_up(number: int, frame: t.Any) -> None:
        raise _NoAnswer(f"no answer for {seconds:g} seconds")

    if not seconds:
        yield
        return
    before = signal.signal(signal.SIGALRM, give_up)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def _print(host: str, lines: t.Iterable[str]) -> None:
    for line in lines:
        Display().display(f"{host}: {line}")
