# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What has to hold of an instance before a task goes on: its status, its address, its SSH server."""

from __future__ import annotations

import socketserver
import threading
import time
import typing as t

import pytest
from lambda_cloud_simulator.testing import Simulator
from support.runner import Modules
from support.samples import LAUNCH

# A booting instance that was added to the account boots no further.
BOOTING: dict[str, t.Any] = {"status": "booting", "ip": "127.0.0.1"}


@pytest.fixture
def introduction() -> list[bytes]:
    """Return what the server below sends to whoever connects; a test may change it."""
    return [b"SSH-2.0-OpenSSH_9.2\r\n"]


@pytest.fixture
def port(introduction: list[bytes]) -> t.Iterator[int]:
    """Run a server that introduces itself, and yield its port."""

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            self.request.sendall(introduction[0])

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_address[1]
        server.shutdown()


def test_by_default_an_instance_has_to_be_active(simulator: Simulator, modules: Modules) -> None:
    simulator.seed_instance("a", **BOOTING)
    done = modules.run("lambda_instance", name=["a"], **{**LAUNCH, "wait_timeout": 0.3})
    assert done.failed
    assert "still waiting for a" in done["msg"]


def test_an_address_is_enough_if_wished(simulator: Simulator, modules: Modules) -> None:
    simulator.seed_instance("a", **BOOTING)
    done = modules.run("lambda_instance", name=["a"], wait_for=["address"], **LAUNCH)
    assert not done.changed
    assert [(row["status"], row["ip"]) for row in done["instances"]] == [("booting", "127.0.0.1")]
    assert simulator.operations() == ["list_instances"]


def test_an_address_that_is_not_there_yet_is_waited_for(simulator: Simulator, modules: Modules) -> None:
    simulator.seed_instance("a", status="active")
    simulator.seed_instance("b", status="booting", ip=None)
    options = {**LAUNCH, "wait_timeout": 0.3}
    done = modules.run("lambda_instance", name=["a", "b"], wait_for=["address"], **options)
    assert "still waiting for b" in done["msg"]


def test_the_status_alone_is_enough_if_wished(simulator: Simulator, modules: Modules) -> None:
    simulator.seed_instance("a", status="active", ip=None)
    done = modules.run("lambda_instance", name=["a"], wait_for=["active"], **LAUNCH)
    assert not done.changed
    assert simulator.operations() == ["list_instances"]


def test_an_ssh_server_that_answers_is_enough_if_wished(
    simulator: Simulator, modules: Modules, port: int, module_mode: str
) -> None:
    simulator.seed_instance("a", **BOOTING)
    options = {**LAUNCH, "wait_for": ["ssh"], "ssh_port": port}
    done = modules.run("lambda_instance", name=["a"], **options)
    assert not done.changed
    # Nobody has told a module without an action where the user is.
    assert ("s  a answers SSH." in done.output) == (module_mode == "direct")
    assert simulator.operations() == ["list_instances"]
    # All of them have to hold.
    options = {**options, "wait_for": ["ssh", "active"], "wait_timeout": 0.3}
    assert "still waiting for a" in modules.run("lambda_instance", name=["a"], **options)["msg"]


@pytest.mark.parametrize("sent", [b"", b"HTTP/1.1 400 Bad Request\r\n"])
def test_what_is_no_ssh_server_is_waited_for(
    simulator: Simulator, modules: Modules, port: int, introduction: list[bytes], sent: bytes
) -> None:
    simulator.seed_instance("a", status="active", ip="127.0.0.1")
    introduction[0] = sent
    options = {**LAUNCH, "wait_for": ["ssh"], "ssh_port": port}
    assert modules.run("lambda_instance", name=["a"], **{**options, "wait_timeout": 0.3}).failed
    started = modules.start("lambda_instance", name=["a"], **options)
    before = len(simulator.requests())
    while len(simulator.requests()) < before + 2:
        time.sleep(0.01)
    introduction[0] = b"SSH-2.0-OpenSSH_9.2\r\n"
    assert '"failed": true' not in started.communicate()[0]


def test_an_instance_that_fails_while_ssh_is_waited_for_is_noticed(
    simulator: Simulator, modules: Modules, port: int, introduction: list[bytes]
) -> None:
    introduction[0] = b""
    sick = simulator.seed_instance("a", **BOOTING)
    started = modules.start("lambda_instance", name=["a"], wait_for=["ssh"], ssh_port=port, **LAUNCH)
    while len(simulator.requests()) < 2:
        time.sleep(0.01)
    simulator.apply_fate(sick, "unhealthy")
    assert f"a (id {sick}, unhealthy) will not become active" in started.communicate()[0]


def test_check_mode_does_not_promise_the_status(simulator: Simulator, modules: Modules) -> None:
    simulator.seed_ssh_key("laptop")
    for wait_for, status in ((["address"], "booting"), (["active", "address"], "active")):
        done = modules.run("lambda_instance", check=True, name=["a"], wait_for=wait_for, **LAUNCH)
        assert [row["status"] for row in done["instances"]] == [status]


@pytest.mark.parametrize(("wait_for", "message"), [([], "wait_for names nothing"), (["login"], "wait_for")])
def test_a_wait_for_nothing_or_something_else_is_refused(
    simulator: Simulator, modules: Modules, wait_for: list[str], message: str
) -> None:
    done = modules.run("lambda_instance", name=["a"], wait_for=wait_for, **LAUNCH)
    assert done.failed
    assert message in done["msg"]
    assert simulator.requests() == []


def test_instances_that_are_known_by_id_are_waited_for(simulator: Simulator, modules: Modules) -> None:
    ids = [simulator.seed_instance("a", status="active"), simulator.seed_instance("a", status="active")]
    done = modules.run("lambda_instance", id=ids)
    assert not done.changed
    assert [row["id"] for row in done["instances"]] == ids
    assert simulator.operations() == ["list_instances"]
    ids.append(simulator.seed_instance("b", **BOOTING))
    done = modules.run("lambda_instance", id=ids, wait_timeout=0.3, wait_interval=0.05)
    assert f"still waiting for b (id {ids[2]}, booting)" in done["msg"]
    for options in ({"wait": False}, {"wait_for": ["address"]}, {"check": True}):
        assert not modules.run("lambda_instance", id=ids, **options).failed
    assert set(simulator.operations()) == {"list_instances"}


def test_an_instance_that_fails_or_goes_while_it_is_waited_for_by_id_is_not_launched_again(
    simulator: Simulator, modules: Modules
) -> None:
    sick, gone = simulator.seed_instance("sick", status="unhealthy"), simulator.seed_instance("gone", **BOOTING)
    assert f"sick (id {sick}, unhealthy) will not become active" in modules.run("lambda_instance", id=[sick])["msg"]
    simulator.apply_fate(gone, "vanishes")
    for check in (False, True):
        done = modules.run("lambda_instance", id=[sick, gone], check=check, **LAUNCH)
        assert f"No live instance has the id {gone}." in done["msg"]
        assert [row["id"] for row in done["instances"]] == [sick]
    assert set(simulator.operations()) == {"list_instances"}
