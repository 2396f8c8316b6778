# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fixtures of the integration tests: one simulator for all of them, empty again before each."""

from __future__ import annotations

import typing as t
from pathlib import Path

import pytest
from support.runner import ROOT, Modules, module_environment
from support.simulator import KEY, Simulator, running_simulator
from support.stories import Stories
from support.ways import WAYS, differences, plain


@pytest.fixture(scope="session")
def _simulator(tmp_path_factory: pytest.TempPathFactory) -> t.Iterator[Simulator]:
    # Machines boot at once: a test of waiting asks for a boot that takes its time.
    with running_simulator(tmp_path_factory.mktemp("simulator"), "--boot-time", "0", "--time-scale", "1000") as one:
        yield one


@pytest.fixture
def simulator(_simulator: Simulator) -> Simulator:
    _simulator.reset()
    _simulator.forget_requests()
    return _simulator


@pytest.fixture(scope="session")
def _oldest(tmp_path_factory: pytest.TempPathFactory) -> t.Iterator[Simulator]:
    arguments = ["--boot-time", "0", "--time-scale", "1000", "--api-version", "1.5.3"]
    with running_simulator(tmp_path_factory.mktemp("oldest"), *arguments) as one:
        yield one


@pytest.fixture
def oldest(_oldest: Simulator) -> Simulator:
    """A simulator of version 1.5.3 of the API."""
    _oldest.reset()
    _oldest.forget_requests()
    return _oldest


@pytest.fixture
def home(tmp_path: Path) -> Path:
    folder = tmp_path / "home"
    folder.mkdir()
    return folder


@pytest.fixture(
    params=[
        "process",
        # Playbooks take their time. What a module did in the one way is compared with what it does in the other, and is
        # done for that unless the quick tests of the same code have done it.
        pytest.param("process", marks=pytest.mark.slow, id="compare-process"),
        pytest.param("direct", marks=pytest.mark.slow, id="compare-direct"),
    ]
)
def module_way(request: pytest.FixtureRequest) -> str:
    """In which way a test runs modules."""
    return str(request.param)


def _name(item: t.Any) -> str:
    """What a test is called in either way."""
    return str(item.nodeid).replace("compare-", "").replace(item.callspec.params["module_way"], "")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    stories = Stories()
    for item in items:
        if "compare-process" in item.nodeid and stories.find(_name(item)):
            item.add_marker(pytest.mark.skip(reason="The quick tests of the same code have run this."))


@pytest.fixture(scope="session")
def stories() -> Stories:
    return Stories()


@pytest.fixture
def modules(
    simulator: Simulator, home: Path, module_way: str, request: pytest.FixtureRequest, stories: Stories
) -> t.Iterator[Modules]:
    name = _name(request.node)
    modules = Modules(simulator, module_environment(home), module_way)
    yield modules
    requests = [
        {part: each[part] for part in ("operation", "path", "query", "body", "status")} for each in simulator.requests()
    ]
    # How often something is asked again while it is waited for is a matter of time; the tests count where it is none.
    asked = [each for number, each in enumerate(requests) if each not in requests[:number]]
    story = plain([modules.story, asked], home.parent)
    if module_way == "process":
        stories.keep(name, story)
    elif other := stories.find(name):
        found = differences(other, story)
        assert not found, "\n".join(found)


@pytest.fixture(params=["direct", pytest.param("process", marks=pytest.mark.slow)])
def way(request: pytest.FixtureRequest) -> str:
    """In which way playbooks run modules."""
    return str(request.param)


@pytest.fixture
def environment(simulator: Simulator, home: Path, way: str) -> dict[str, str]:
    """The environment of Ansible commands that talk to the simulator."""
    return {
        **module_environment(home),
        "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"),
        "LAMBDA_CLOUD_DIRECT": WAYS[way],
        "LAMBDA_API_KEY": KEY,
        "LAMBDA_API_URL": simulator.api_url,
        "LAMBDA_REQUEST_INTERVAL": "0",
        "LAMBDA_LAUNCH_INTERVAL": "0",
    }
