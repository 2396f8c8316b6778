# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The event source, loaded and run as ansible-rulebook does it, against a simulator."""

from __future__ import annotations

import asyncio
import json
import runpy
import shutil
import stat
import subprocess
import sys
import typing as t
from pathlib import Path

import pytest
from lambda_cloud_simulator.testing import API_KEY, Simulator
from support.runner import BUILD, ROOT, module_environment

SOURCE = "extensions/eda/plugins/event_source/lambda_cloud.py"
Events = list[dict[str, t.Any]]


class Source:
    """Runs the source's `main` until it has told so many events and some polls are over."""

    def __init__(self, simulator: Simulator, folder: Path) -> None:
        self._simulator = simulator
        self.state = folder / "state" / "events.json"
        functions = runpy.run_path(str(BUILD / "ansible_collections" / "lambdal" / "cloud" / SOURCE))
        self._main, self.read_arguments = functions["main"], functions["read_arguments"]

    def args(self, **args: t.Any) -> dict[str, t.Any]:
        connection = {"api_key": API_KEY, "api_url": self._simulator.api_url, "request_interval": 0}
        return {**connection, "state_path": str(self.state), **args}

    def poll(self, **args: t.Any) -> Events:
        """Return the events of one poll, after a start of the source."""
        return asyncio.run(self._one_poll(self.args(interval=600, **args)))

    async def _one_poll(self, args: dict[str, t.Any]) -> Events:
        before = self.state.stat().st_ino if self.state.exists() else None
        queue: asyncio.Queue[t.Any] = asyncio.Queue()
        task = asyncio.create_task(self._main(queue, args))
        # What was seen is kept when the events of a poll are told.
        while not task.done() and (not self.state.exists() or self.state.stat().st_ino == before):
            await asyncio.sleep(0.01)
        await stop(task)
        return [queue.get_nowait() for _each in range(queue.qsize())]

    def run(self, during: t.Callable[[asyncio.Queue[t.Any]], t.Awaitable[None]], **args: t.Any) -> None:
        """Let `during` do something while the source polls without a pause."""

        async def both() -> None:
            queue: asyncio.Queue[t.Any] = asyncio.Queue()
            task = asyncio.create_task(self._main(queue, self.args(interval=0.02, **args)))
            try:
                await asyncio.wait_for(during(queue), 60)
            finally:
                await stop(task)

        asyncio.run(both())


async def stop(task: asyncio.Task[t.Any]) -> None:
    """Raise what the task raised by itself."""
    task.cancel()
    try:
        await task
    except asyncio.CancelledError:
        pass


@pytest.fixture
def source(simulator: Simulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, home: Path) -> Source:
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.delenv("XDG_STATE_HOME", raising=False)
    return Source(simulator, tmp_path)


def kinds(events: Events) -> list[str]:
    return [event["event"] for event in events]


@pytest.mark.parametrize(
    ("watch", "operations"),
    [
        (["capacity"], ["list_instance_types"]),
        (["instances"], ["list_instances"]),
        (["cost"], ["list_instances"]),
        (["instances", "cost"], ["list_instances"]),
        (["capacity", "instances", "cost"], ["list_instance_types", "list_instances"]),
    ],
)
def test_a_poll_is_one_request_for_each_list(
    simulator: Simulator, source: Source, watch: t.Any, operations: t.Any
) -> None:
    source.poll(watch=watch)
    assert simulator.operations() == operations


def test_a_failed_look_is_one_request_as_well(simulator: Simulator, source: Source) -> None:
    simulator.add_fault("status", "list_instance_types", status=503)
    assert kinds(source.poll(watch=["capacity"])) == ["api_failed"]
    assert simulator.operations() == ["list_instance_types"]


def test_the_source_and_the_rulebooks_look_every_ten_seconds(source: Source) -> None:
    assert source.read_arguments({})["interval"] == 10
    for path in (ROOT / "extensions" / "eda" / "rulebooks").glob("*.yml"):
        assert 'interval: "{{ events_interval | default(10) }}"' in path.read_text(), path


def test_a_window_of_capacity_is_seen(simulator: Simulator, source: Source) -> None:
    place = {"watch": ["capacity"], "instance_types": ["gpu_8x_a100_80gb_sxm4"], "regions": ["us-midwest-1"]}
    simulator.set_capacity(gpu_8x_a100_80gb_sxm4={"us-midwest-1": 0})

    async def during(queue: asyncio.Queue[t.Any]) -> None:
        # A second of this simulator takes a millisecond, and a poll some twenty of them.
        await asyncio.to_thread(simulator.open_capacity, 840, gpu_8x_a100_80gb_sxm4={"us-midwest-1": 1})
        assert [(await queue.get())["event"] for _each in range(2)] == ["capacity_appeared", "capacity_gone"]

    source.run(during, **place)


def test_capacity_that_appears_and_goes(simulator: Simulator, source: Source) -> None:
    place = {"watch": ["capacity"], "instance_types": ["gpu_8x_h100_sxm5"], "regions": ["us-east-1", "us-west-1"]}
    simulator.set_capacity(gpu_8x_h100_sxm5={"us-east-1": 0, "us-west-1": 0})
    assert source.poll(**place) == []
    simulator.set_capacity(gpu_8x_h100_sxm5={"us-west-1": 2, "us-east-2": 1})
    (event,) = source.poll(**place)
    price = simulator.call_api("GET", "/instance-types")["gpu_8x_h100_sxm5"]["instance_type"]["price_cents_per_hour"]
    assert event == {
        "event": "capacity_appeared",
        "first_look": False,
        "instance_type": "gpu_8x_h100_sxm5",
        "region": "us-west-1",
        "price_cents_per_hour": price,
        "gpus": 8,
    }
    assert source.poll(**place) == []
    simulator.set_capacity(gpu_8x_h100_sxm5={"us-west-1": 0})
    assert kinds(source.poll(**place)) == ["capacity_gone"]


def test_the_first_look_tells_what_is_there(simulator: Simulator, source: Source) -> None:
    simulator.seed_instance("a", status="unhealthy")
    simulator.seed_instance("b", status="booting")
    events = source.poll(watch=["instances", "cost"], cost_threshold_cents=100)
    assert kinds(events) == ["instance_unhealthy", "cost_changed", "cost_above_threshold"]
    assert all(event["first_look"] for event in events)
    assert events[1]["hourly_cost_cents"] == 150


def test_what_becomes_of_instances_over_restarts(simulator: Simulator, source: Source) -> None:
    ids = {name: simulator.seed_instance(name) for name in ("a", "b", "c", "other")}
    selection = {"watch": "instances", "names": ["[a:c]"]}
    first = source.poll(**selection)
    assert sorted(event["name"] for event in first) == ["a", "b", "c"]
    assert kinds(first) == ["instance_active"] * 3
    assert source.poll(**selection) == []
    simulator.apply_fate(ids["a"], "unhealthy")
    simulator.apply_fate(ids["b"], "preempted")
    simulator.apply_fate(ids["c"], "vanishes")
    simulator.apply_fate(ids["other"], "vanishes")
    events = {event["name"]: event for event in source.poll(**selection)}
    assert {name: event["event"] for name, event in events.items()} == {
        "a": "instance_unhealthy",
        "b": "instance_preempted",
        "c": "instance_gone",
    }
    assert events["a"] == {
        "event": "instance_unhealthy",
        "first_look": False,
        "id": ids["a"],
        "name": "a",
        "status": "unhealthy",
        "previous_status": "active",
        "ip": events["a"]["ip"],
        "private_ip": events["a"]["private_ip"],
        "hostname": events["a"]["hostname"],
        "instance_type": "gpu_1x_a10",
        "region": "us-east-1",
        "price_cents_per_hour": 75,
        "ssh_key_names": [],
        "file_system_names": [],
        "tags": {},
    }
    assert events["c"]["status"] is None
    assert source.poll(**selection) == []


@pytest.mark.parametrize(
    ("fault", "facts"),
    [
        ({"kind": "status", "status": 500}, {"status": 500, "temporary": True}),
        ({"kind": "drop"}, {"status": None, "temporary": True}),
        ({"kind": "garbage"}, {"temporary": False}),
        ({"kind": "rate-limit", "retry_after": 0}, {"status": 429, "temporary": True}),
        ({"kind": "edge-1010"}, {"status": 403, "temporary": False}),
    ],
)
def test_a_failure_is_an_event_and_nothing_is_gone(
    simulator: Simulator, source: Source, fault: dict[str, t.Any], facts: dict[str, t.Any]
) -> None:
    simulator.seed_instance("a")
    assert kinds(source.poll(watch=["instances"])) == ["instance_active"]
    simulator.forget_requests()
    simulator.add_fault(**fault)
    (event,) = source.poll(watch=["instances"])
    assert {"event": "api_failed", "failures": 1, "operation": "list_instances", **facts}.items() <= event.items()
    # Not asked again before the next poll.
    assert len(simulator.requests()) == 1
    assert kinds(source.poll(watch=["instances"])) == ["api_recovered"]
    simulator.reset()
    assert kinds(source.poll(watch=["instances"])) == ["instance_gone"]


def test_polls_follow_one_another_and_the_loop_stays_free(simulator: Simulator, source: Source) -> None:
    simulator.seed_instance("a")
    seen: Events = []

    async def during(queue: asyncio.Queue[t.Any]) -> None:
        while len(seen) < 2:
            seen.append(await queue.get())
        simulator.add_fault("delay", times=1000, seconds=0.5)
        while simulator.state()["faults"][0]["times"] == 1000:
            await asyncio.sleep(0.01)
        simulator.apply_fate(simulator.state()["instances"][0]["id"], "unhealthy")
        turns = 0
        while queue.empty():
            await asyncio.sleep(0.01)
            turns += 1
        # While an answer takes its time, others go on.
        assert turns > 3
        seen.append(await queue.get())

    source.run(during, watch=["instances", "cost"])
    assert kinds(seen) == ["instance_active", "cost_changed", "instance_unhealthy"]
    assert set(simulator.operations()) == {"list_instances"}


def test_both_lists_are_asked_for_in_turn(simulator: Simulator, source: Source) -> None:
    async def during(queue: asyncio.Queue[t.Any]) -> None:
        while len(simulator.requests()) < 6:
            await asyncio.sleep(0.02)

    source.run(during)
    paths = [each["path"].rsplit("/", 1)[-1] for each in simulator.requests()]
    assert paths == (["instance-types", "instances"] * len(paths))[: len(paths)]


def test_the_state_is_the_users_own_and_does_not_tell_the_key(simulator: Simulator, source: Source) -> None:
    simulator.seed_instance("a")
    source.poll()
    assert stat.S_IMODE(source.state.stat().st_mode) == 0o600
    assert stat.S_IMODE(source.state.parent.stat().st_mode) == 0o700
    kept = source.state.read_text()
    assert json.loads(kept)["format"] == 1
    assert API_KEY not in kept
    assert "jupyter" not in kept
    assert sorted(each.name for each in source.state.parent.iterdir()) == ["events.json", "events.json.lock"]


@pytest.mark.parametrize("text", ["", "{", "[]", '{"format": 0}', '{"format": 1, "account": "other", "looks": {}}'])
def test_state_that_is_not_its_own_counts_as_none(simulator: Simulator, source: Source, text: str) -> None:
    simulator.seed_instance("a")
    source.state.parent.mkdir()
    source.state.write_text(text)
    assert [event["first_look"] for event in source.poll(watch=["instances"])] == [True]


def test_another_selection_begins_anew(simulator: Simulator, source: Source) -> None:
    simulator.seed_instance("a")
    assert len(source.poll(watch=["instances"])) == 1
    assert len(source.poll(watch=["instances"], names=["a"])) == 1


def test_two_sources_do_not_share_a_state(simulator: Simulator, source: Source) -> None:
    async def during(queue: asyncio.Queue[t.Any]) -> None:
        while not source.state.exists():
            await asyncio.sleep(0.01)
        with pytest.raises(Exception, match="Another event source keeps its state"):
            await source._main(asyncio.Queue(), source.args())

    source.run(during)


def test_without_a_path_the_state_has_a_name_of_its_own(simulator: Simulator, source: Source, home: Path) -> None:
    folder = home / ".local" / "state" / "lambdal.cloud"

    async def during(queue: asyncio.Queue[t.Any]) -> None:
        while not list(folder.glob("events-*.json")):
            await asyncio.sleep(0.01)

    source.run(during, state_path=None)
    source.run(during, state_path=None, regions=["us-east-1"])


@pytest.mark.parametrize(
    ("args", "message"),
    [
        ({"intervall": 5}, "no argument intervall"),
        ({"interval": "soon"}, "argument interval must be a number, not 'soon'"),
        ({"validate_certs": "yess"}, "argument validate_certs must be true or false, not 'yess'"),
        ({"cost_threshold_cents": 1.5}, "argument cost_threshold_cents must be a whole number"),
        ({"interval": -1}, "argument interval"),
        ({"watch": ["weather"]}, "argument watch"),
        ({"watch": []}, "argument watch"),
        ({"names": ["a-[1"]}, "bracket"),
        ({"tags": "a"}, "argument tags"),
        ({"api_key": ""}, "No API key"),
        ({"state_path": "/dev/null/x"}, "Set state_path"),
    ],
)
def test_arguments_that_cannot_be_meant(
    source: Source, simulator: Simulator, args: dict[str, t.Any], message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("LAMBDA_API_KEY", raising=False)
    with pytest.raises(Exception, match=message):
        asyncio.run(asyncio.wait_for(source._main(asyncio.Queue(), source.args(**args)), 30))
    assert simulator.requests() == []


def test_the_key_and_the_address_come_from_the_environment(
    simulator: Simulator, source: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    simulator.seed_instance("a")
    monkeypatch.setenv("LAMBDA_API_KEY", API_KEY)
    monkeypatch.setenv("LAMBDA_API_URL", simulator.api_url)
    monkeypatch.setenv("LAMBDA_REQUEST_INTERVAL", "0")
    events = source.poll(api_key=None, api_url=None, request_interval=None, watch=["instances"])
    assert kinds(events) == ["instance_active"]


LOAD = "import runpy, sys; print(runpy.run_path(sys.argv[1])['AccountWatcher'].__module__)"


@pytest.mark.parametrize("there", ["tree", "checkout", "beside"])
def test_it_finds_its_collection_wherever_that_is_installed(there: str, tmp_path: Path, home: Path) -> None:
    environment = module_environment(home)
    del environment["PYTHONPATH"]
    collection = tmp_path / ("checkout" if there == "checkout" else "ansible_collections/lambdal/cloud")
    shutil.copytree(ROOT / "plugins", collection / "plugins")
    shutil.copytree(ROOT / "extensions", collection / "extensions")
    if there == "beside":
        # As the community's bundle of collections, a package that has an __init__.py
        other = tmp_path / "site" / "ansible_collections"
        other.mkdir(parents=True)
        (other / "__init__.py").write_text("")
        environment["PYTHONPATH"] = str(tmp_path / "site")
    command = [sys.executable, "-c", LOAD, str(collection / SOURCE)]
    done = subprocess.run(command, env=environment, cwd=home, capture_output=True, text=True, check=False)
    assert done.stdout.strip() == "ansible_collections.lambdal.cloud.plugins.module_utils._events.watcher", done.stderr


def test_a_source_goes_on_after_a_failure(simulator: Simulator, source: Source) -> None:
    seen: Events = []

    async def during(queue: asyncio.Queue[t.Any]) -> None:
        while not source.state.exists():
            await asyncio.sleep(0.01)
        simulator.add_fault("status", operation="list_instances", status=500, times=2)
        while len(seen) < 3:
            seen.append(await queue.get())

    source.run(during, watch=["instances"])
    assert kinds(seen) == ["api_failed", "api_failed", "api_recovered"]
    assert [event["failures"] for event in seen] == [1, 2, 2]


@pytest.mark.parametrize("option", ["names", "instance_types", "regions"])
@pytest.mark.parametrize("nothing", ["", [], [""], ","])
def test_an_empty_selection_is_refused(source: Source, option: str, nothing: t.Any) -> None:
    with pytest.raises(
        Exception, match=f"lambdal.cloud.lambda_cloud: the argument {option} is empty, which selects nothing"
    ):
        source.poll(watch=["instances"], **{option: nothing})
