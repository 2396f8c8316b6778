# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""When an instance is ready: which of its status, its address and its SSH server a task waits for."""

from __future__ import annotations

import concurrent.futures
import socket
import typing as t

from ansible_collections.lambdal.cloud.plugins.module_utils._client.models import ACTIVE, Instance
from ansible_collections.lambdal.cloud.plugins.module_utils._errors import InvalidInput

CONDITIONS = ("active", "address", "ssh")
DEFAULT_CONDITIONS = ("active", "address")
SSH_PORT = 22

_CONNECT_SECONDS = 5.0
_MOST_CONNECTIONS = 32


class Readiness:
    """What has to hold of an instance that is ready.

    Args:
        conditions: of `CONDITIONS`. `ssh` needs an address as well.
        ssh_port: where SSH servers listen.

    Raises:
        InvalidInput: there are no conditions.
    """

    def __init__(self, conditions: t.Iterable[str] = DEFAULT_CONDITIONS, ssh_port: int = SSH_PORT) -> None:
        self.conditions = frozenset(conditions)
        self._ssh_port = ssh_port
        # IDs of the instances whose SSH server has answered
        self._answered: set[str] = set()
        if not self.conditions:
            raise InvalidInput("wait_for names nothing to wait for. To wait for nothing, set wait: false.")

    def probe(self, rows: t.Iterable[Instance]) -> list[Instance]:
        """Try to reach the SSH servers that have not answered yet, all at once, if it is waited for them.

        Returns the instances whose server answered now.
        """
        if "ssh" not in self.conditions:
            return []
        waiting = [row for row in rows if row.get("ip") and row["id"] not in self._answered]
        if not waiting:
            return []
        with concurrent.futures.ThreadPoolExecutor(min(len(waiting), _MOST_CONNECTIONS)) as pool:
            answers = pool.map(lambda row: answers_ssh(str(row["ip"]), self._ssh_port), waiting)
            reached = [row for row, answer in zip(waiting, answers, strict=True) if answer]
        self._answered.update(row["id"] for row in reached)
        return reached

    def is_ready(self, row: Instance) -> bool:
        """Return whether all conditions hold, as far as was looked."""
        holds = {
            "active": row.get("status") == ACTIVE,
            "address": bool(row.get("ip")),
            "ssh": row["id"] in self._answered,
        }
        return all(holds[condition] for condition in self.conditions)


def answers_ssh(address: str, port: int) -> bool:
    """Return whether an SSH server introduces itself there, which takes five seconds at most."""
    try:
        with socket.create_connection((address, port), timeout=_CONNECT_SECONDS) as connection:
            return connection.recv(4) == b"SSH-"
    except OSError:
        return False
