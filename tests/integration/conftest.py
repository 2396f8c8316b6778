# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fixtures of the integration tests: one simulator for all of them, empty again before each.

A test with the fixture `modules` runs in both modes of running a module, and fails if they differ in what its modules
returned or in what they asked the API for. Its mode `direct`, a playbook for each module, is marked slow; selecting it
selects the other mode as well, since what is compared has to run in the same process.
"""

from __future__ import annotations

import typing as t
from pathlib import Path

import pytest
from lambda_cloud_simulator.testing import Simulator, running_simulator
from support.inventory import Inventory
from support.machines import Host, World, one_machine
from support.parity import Parity, plain
from support.runner import AT_ONCE, Modules, ansible_environment, module_environment

# Side by side, the files that take longest had better begin first.
LONGEST = (
    "ray_cluster",
    "torchrun",
    "guides",
    "ssh_hosts",
    "fleet_role",
    "in_process",
    "roles_with_units",
    "playbooks",
    "main_job",
)


@pytest.fixture(scope="session")
def lambda_cloud_options() -> t.Sequence[str]:
    """Return the options of the simulator; a test of waiting asks for a boot that takes its time."""
    return AT_ONCE


@pytest.fixture
def simulator(lambda_cloud: Simulator) -> Simulator:
    """Return a simulator with an empty account."""
    return lambda_cloud


@pytest.fixture(scope="session")
def _oldest(tmp_path_factory: pytest.TempPathFactory) -> t.Iterator[Simulator]:
    with running_simulator(*AT_ONCE, "--api-version", "1.5.3", folder=tmp_path_factory.mktemp("oldest")) as one:
        yield one


@pytest.fixture
def oldest(_oldest: Simulator) -> Simulator:
    """Return a simulator of version 1.5.3 of the API."""
    _oldest.reset()
    return _oldest


@pytest.fixture
def laptop(simulator: Simulator) -> None:
    """Add the SSH key that the samples launch instances with."""
    simulator.seed_ssh_key("laptop")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    folder = tmp_path / "home"
    folder.mkdir()
    return folder


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> t.Iterator[World]:
    """Yield a simulator with one machine, web."""
    with one_machine(tmp_path_factory.mktemp("machines")) as world:
        yield world


@pytest.fixture
def host(world: World, tmp_path: Path) -> Host:
    """Return the machine web."""
    return Host(world, tmp_path)


@pytest.fixture(params=["process", pytest.param("direct", marks=pytest.mark.slow)])
def module_mode(request: pytest.FixtureRequest) -> str:
    """Return the mode in which a test runs modules."""
    return str(request.param)


class Compared(t.NamedTuple):
    """A test that is compared with itself in the other mode: what is the same in both, and the mode."""

    test: t.Hashable
    mode: str


def _compared(item: t.Any) -> Compared | None:
    """Return what a test is compared by, or None if it is not compared."""
    parameters = getattr(item, "callspec", None)
    if not parameters or "module_mode" not in parameters.params or "modules" not in item.fixturenames:
        return None
    others = sorted((name, repr(value)) for name, value in parameters.params.items() if name != "module_mode")
    return Compared((item.nodeid.partition("[")[0], *others), parameters.params["module_mode"])


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> t.Iterator[None]:
    """Begin with what takes longest, and select the mode `process` of each test that is selected in the mode `direct`."""
    places = {f"test_{name}.py": place for place, name in enumerate(LONGEST)}
    items.sort(key=lambda item: places.get(item.path.name, len(places)))
    processes = {each.test: item for item in items if (each := _compared(item)) and each.mode == "process"}
    yield
    selected = set(items)
    for position in reversed(range(len(items))):
        each = _compared(items[position])
        if each and each.mode == "direct" and each.test in processes and processes[each.test] not in selected:
            items.insert(position, processes[each.test])


@pytest.fixture(scope="session")
def parity() -> t.Iterator[Parity]:
    parity = Parity()
    yield parity
    alone = parity.seen_in("direct")
    assert not alone, f"Not compared: run both modes of these tests in one process, with --dist loadfile. {alone}"


@pytest.fixture
def modules(
    simulator: Simulator, home: Path, module_mode: str, request: pytest.FixtureRequest, parity: Parity
) -> t.Iterator[Modules]:
    """Yield modules in either mode; what they did is compared."""
    modules = Modules(simulator, module_environment(home), module_mode)
    yield modules
    requests = [
        {part: each[part] for part in ("operation", "path", "query", "body", "status")} for each in simulator.requests()
    ]
    # How often something is asked again while it is waited for is a matter of time; the tests count where it is none.
    asked = [each for number, each in enumerate(requests) if each not in requests[:number]]
    if each := _compared(request.node):
        found = parity.compare(each.test, each.mode, plain([modules.history, asked], home.parent))
        assert not found, "The modes differ:\n" + "\n".join(found)


@pytest.fixture(params=["direct", pytest.param("process", marks=pytest.mark.slow)])
def mode(request: pytest.FixtureRequest) -> str:
    """Return the mode in which playbooks run modules."""
    return str(request.param)


@pytest.fixture
def environment(simulator: Simulator, home: Path, mode: str) -> dict[str, str]:
    """Return the environment of Ansible commands that talk to the simulator."""
    return ansible_environment(simulator, home, mode)


@pytest.fixture
def inventory(environment: dict[str, str], tmp_path: Path) -> Inventory:
    """Return a writer of configurations of the inventory plugin."""
    return Inventory(tmp_path, environment)
