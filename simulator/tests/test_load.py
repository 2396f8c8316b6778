# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Many instances, and many clients at once."""

from __future__ import annotations

import asyncio
import collections
import random
import statistics
import time
import typing as t
from pathlib import Path

import pytest
from simulator_support import LAUNCH, USER_AGENT, Api, resident_kib, serving

from lambda_cloud_simulator.testing import API_KEY

httpx = pytest.importorskip("httpx", reason="the extra `test` brings httpx, for many clients at once")

CLIENTS = 200
SECONDS = 30


@pytest.mark.slow
@pytest.mark.parametrize("version", ["1.10.0", "1.5.3"])
def test_five_thousand_instances_are_listed_whole(tmp_path: Path, version: str) -> None:
    scenario = tmp_path / "scenario.yaml"
    rows = "".join(
        f"  - {{name: a{number}, file_system_names: [datasets], tags: {{a: b}}}}\n" for number in range(5000)
    )
    scenario.write_text(f"instances:\n{rows}")
    with serving(tmp_path, "--api-version", version, "--scenario", str(scenario)) as api:
        times = []
        for _ in range(9):
            begin = time.perf_counter()
            answer = api.ask("GET", "/instances")
            times.append(time.perf_counter() - begin)
            assert len(answer.json()["data"]) == 5000
    print(f"{version}: {statistics.median(times) * 1000:.0f} ms")


class Client:
    """Launches and terminates instances of its own, and looks at them in between."""

    def __init__(self, number: int, http: t.Any) -> None:
        self._number = number
        self._http = http
        self._chance = random.Random(number)
        self.live: set[str] = set()
        self.gone: set[str] = set()
        self.statuses: collections.Counter[tuple[str, int]] = collections.Counter()

    async def run(self, end: float) -> None:
        while time.monotonic() < end:
            move = self._chance.random()
            if move < 0.3:
                await self._launch()
            elif move < 0.5 and self.live:
                await self._terminate()
            elif move < 0.8:
                await self._ask("GET", "/instance-types")
            elif self.live:
                await self._ask("GET", f"/instances/{self._chance.choice(sorted(self.live))}")
            await asyncio.sleep(self._chance.uniform(0.1, 0.5))

    async def _launch(self) -> None:
        answer = await self._ask("POST", "/instance-operations/launch", {**LAUNCH, "name": f"client-{self._number}"})
        if answer.status_code == 200:
            (instance_id,) = answer.json()["data"]["instance_ids"]
            assert instance_id not in self.live | self.gone
            self.live.add(instance_id)

    async def _terminate(self) -> None:
        instance_id = self._chance.choice(sorted(self.live))
        answer = await self._ask("POST", "/instance-operations/terminate", {"instance_ids": [instance_id]})
        assert answer.status_code == 200
        self.live.remove(instance_id)
        self.gone.add(instance_id)

    async def _ask(self, method: str, path: str, body: t.Any = None) -> t.Any:
        answer = await self._http.request(method, f"/api/v1{path}", json=body)
        self.statuses[f"{method} {path.split('/')[1]}", answer.status_code] += 1
        return answer


@pytest.mark.slow
def test_many_clients_at_once(tmp_path: Path) -> None:
    scenario = tmp_path / "scenario.yaml"
    scenario.write_text("capacity: {gpu_1x_a10: {us-east-1: 600}}\nssh_keys: [{name: laptop}]\n")
    with serving(tmp_path, "--time-scale", "100", "--scenario", str(scenario)) as api:
        memory: list[int] = []
        clients = asyncio.run(_drive(api, memory))
        statuses = sum((client.statuses for client in clients), collections.Counter())
        print(dict(statuses), f"memory {memory} KiB")
        assert sum(statuses.values()) > 1000
        assert not [status for (_, status) in statuses if status >= 500]
        listed = [row["id"] for row in api.get("/instances") if row["status"] not in ("terminating", "terminated")]
        assert len(set(listed)) == len(listed)
        assert set(listed) == set.union(*(client.live for client in clients))
        assert len(listed) + api.state()["capacity"]["gpu_1x_a10"]["us-east-1"] == 600
    # What grows with requests is the log and the audit log, and both are full by half-time.
    half, last = memory[len(memory) // 2], memory[-1]
    assert last - half < 5_000


async def _drive(api: Api, memory: list[int]) -> list[Client]:
    limits = httpx.Limits(max_connections=CLIENTS, max_keepalive_connections=CLIENTS)
    headers = {**USER_AGENT, "Authorization": f"Bearer {API_KEY}"}
    async with httpx.AsyncClient(base_url=api.url, headers=headers, limits=limits, timeout=30) as http:
        clients = [Client(number, http) for number in range(CLIENTS)]
        end = time.monotonic() + SECONDS

        async def watch() -> None:
            while time.monotonic() < end:
                memory.append(resident_kib(api.pid))
                await asyncio.sleep(3)

        await asyncio.gather(watch(), *(client.run(end) for client in clients))
    return clients
