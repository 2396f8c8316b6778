# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Clients before the simulator's strict rate limit, over slow and uneven networks. Time is virtual: whatever sleeps longest
ends last, and nothing takes time but sleeping."""

from __future__ import annotations

import functools
import heapq
import random
import threading
import typing as t
from dataclasses import dataclass, field

from ansible_collections.lambdal.cloud.plugins.module_utils._client.rate_limiter import RateLimiter
from ansible_collections.lambdal.cloud.plugins.module_utils._client.rate_record import LAUNCH, REQUEST, LocalRecord
from ansible_collections.lambdal.cloud.plugins.module_utils._client.responses import Response, parse_response
from ansible_collections.lambdal.cloud.plugins.module_utils._client.transport import Call, Connection, Transport
from ansible_collections.lambdal.cloud.plugins.module_utils._timing import Deadline
from lambda_cloud_simulator.account.clock import Clock
from lambda_cloud_simulator.middleware.rate_limit import RateLimit

CALLS = {
    REQUEST: Call("GET", "/instances", "list the instances", list, safe=True),
    LAUNCH: Call("POST", "/instance-operations/launch", "launch m", dict, bucket=LAUNCH),
}
INTERVALS = {REQUEST: 1.0, LAUNCH: 12.0}


class VirtualTime(Clock):
    """A clock for threads of which one runs at a time; when all sleep, it jumps to the first that wakes up."""

    def __init__(self) -> None:
        super().__init__()
        self.time = 1_000_000.0
        self._sleepers: list[tuple[float, int]] = []
        self._count = 0
        self._turn = -1
        self._condition = threading.Condition()

    def now(self) -> float:
        return self.time

    def pause(self, seconds: float) -> None:
        """Sleep, while others run."""
        with self._condition:
            self._count += 1
            mine = self._count
            heapq.heappush(self._sleepers, (self.time + seconds, mine))
            self._wake_next()
            self._condition.wait_for(lambda: self._turn == mine)

    def _wake_next(self) -> None:
        if self._sleepers:
            self.time, self._turn = heapq.heappop(self._sleepers)
            self._condition.notify_all()

    def run(self, *programs: t.Callable[[], None]) -> None:
        """Run programs at once until all have ended."""
        failures: list[BaseException] = []

        def run_one(program: t.Callable[[], None], mine: int) -> None:
            with self._condition:
                self._condition.wait_for(lambda: self._turn == mine)
            try:
                program()
            except BaseException as error:
                failures.append(error)
            with self._condition:
                self._wake_next()

        threads = []
        for program in programs:
            self._count += 1
            heapq.heappush(self._sleepers, (self.time, self._count))
            threads.append(threading.Thread(target=run_one, args=(program, self._count), daemon=True))
        for thread in threads:
            thread.start()
        with self._condition:
            self._wake_next()
        for thread in threads:
            thread.join(60)
        assert not failures


@dataclass
class Network:
    """A service behind a network, whose trips take `mean` seconds and vary by half.

    Args:
        answer: seconds that the service takes to answer after it has counted a request.
        busy: seconds at most by which the computer is late, between two steps; at the beginning twenty times as many.
    """

    mean: float
    answer: float = 0.0
    busy: float = 0.0
    seed: int = 1
    time: VirtualTime = field(default_factory=VirtualTime)
    accepted: list[str] = field(default_factory=list)
    times: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.limit = RateLimit(self.time, ["header", "body", "html"])
        self.random = random.Random(self.seed)
        self.sent = 0

    def travel(self) -> None:
        self.time.pause(self.mean * self.random.uniform(0.5, 1.5))

    def dawdle(self) -> None:
        # Most at the beginning, when the programs start
        most = self.busy * (20 if self.sent < 3 else 1)
        self.time.pause(self.random.uniform(0, most))


class Client(Transport):
    """A transport whose exchanges go through a network in virtual time."""

    def __init__(self, name: str, network: Network, store: LocalRecord, timeout: float = 1e6) -> None:
        self.limiter = RateLimiter(
            store,
            request_interval=INTERVALS[REQUEST],
            launch_interval=INTERVALS[LAUNCH],
            clock=network.time.now,
            sleep=network.time.pause,
            draw=network.random.random,
        )
        connection = Connection(api_key="k", api_url="https://api", retry_timeout=timeout)
        super().__init__(connection, self.limiter, clock=network.time.now, sleep=network.time.pause)
        self.name = name
        self.network = network

    def _exchange(self, call: Call, deadline: Deadline | None) -> t.Any:
        network = self.network
        network.dawdle()
        self.limiter.sent(call.bucket)
        network.sent += 1
        network.travel()
        refusal = network.limit.check("launch" if call.bucket == LAUNCH else "list_instances")
        if refusal is None:
            network.accepted.append(self.name)
            network.times.append(network.time.now())
            network.time.pause(network.answer if call.bucket == LAUNCH else 0)
        network.travel()
        network.dawdle()
        self.limiter.answered(call.bucket, accepted=refusal is None)
        if refusal is None:
            return {}
        seconds = refusal.headers.get("retry-after")
        response = Response(429, bytes(refusal.body).decode(), float(seconds) if seconds else None)
        return parse_response(response, action=call.action, expect=dict)


def send_all(network: Network, clients: t.Sequence[Client], bucket: str, times: int) -> float:
    """Let every client send so many requests, and return the seconds from the first accepted one to the last."""

    def program(client: Client) -> None:
        for _each in range(times):
            client.send(CALLS[bucket])

    network.time.run(*(functools.partial(program, client) for client in clients))
    return network.times[-1] - network.times[0]
