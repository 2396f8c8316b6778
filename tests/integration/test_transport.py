# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What happens between a module and the API's address."""

from __future__ import annotations

import email.utils
import socket
import ssl
import time
import typing as t
from pathlib import Path

import pytest
import trustme
import yaml
from lambda_cloud_simulator.testing import Simulator
from support.runner import ROOT, Modules, module_environment
from support.server import canned_server

EMPTY = (200, {}, b'{"data": []}')


@pytest.fixture
def elsewhere(simulator: Simulator, home: Path, module_mode: str) -> t.Callable[..., Modules]:
    """Return modules that run with some environment variables more."""
    return lambda **more: Modules(simulator, {**module_environment(home), **more}, module_mode)


@pytest.fixture
def authority(tmp_path: Path) -> tuple[ssl.SSLContext, str]:
    """Return a server's TLS context, and the file of the authority that signed its certificate."""
    signer = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    signer.issue_cert("localhost").configure_cert(context)
    signer.cert_pem.write_to_path(str(tmp_path / "authority.pem"))
    return context, str(tmp_path / "authority.pem")


def test_only_a_trusted_server_gets_the_key(
    authority: tuple[ssl.SSLContext, str], elsewhere: t.Callable[..., Modules]
) -> None:
    context, bundle = authority
    with canned_server(EMPTY, tls=context) as server:
        url = f"https://localhost:{server.port}/api/v1"

        def run(environment: dict[str, str] | None = None, **options: t.Any) -> t.Any:
            return elsewhere(**environment or {}).run("lambda_instance_info", api_url=url, **options)

        refused = run()
        assert refused.failed
        assert "no trusted TLS connection" in refused["msg"]
        assert "ca_path or REQUESTS_CA_BUNDLE" in refused["msg"]
        assert server.requests == []
        assert not run(ca_path=bundle).failed
        assert not run({"REQUESTS_CA_BUNDLE": bundle}).failed
        # A bundle in the environment does not bring back a check that the user turned off.
        assert not run({"REQUESTS_CA_BUNDLE": bundle}, validate_certs=False).failed
        missing = run(ca_path="/nonexistent.pem")
        assert "/nonexistent.pem" in missing["msg"]


def test_a_proxy_is_used_and_a_dead_one_is_named(elsewhere: t.Callable[..., Modules]) -> None:
    url = "http://cloud.example/api/v1"
    with canned_server(EMPTY) as proxy:
        modules = elsewhere(HTTP_PROXY=f"http://127.0.0.1:{proxy.port}")
        done = modules.run("lambda_instance_info", api_url=url)
        assert not done.failed
        assert f"The API key is sent unencrypted to {url}: use https." in str(done["warnings"])
        assert proxy.requests[0][1] == f"{url}/instances"
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        modules = elsewhere(HTTP_PROXY=f"http://127.0.0.1:{taken.getsockname()[1]}")
        done = modules.run("lambda_instance_info", api_url=url, retry_timeout=0.5)
    assert "the proxy to cloud.example does not work" in done["msg"]


@pytest.mark.parametrize("name", ["http_proxy", "ALL_PROXY"])
def test_no_proxy_leads_to_this_system(simulator: Simulator, elsewhere: t.Callable[..., Modules], name: str) -> None:
    with canned_server() as proxy:
        assert not elsewhere(**{name: f"http://127.0.0.1:{proxy.port}"}).run("lambda_instance_info").failed
    assert proxy.requests == []
    assert simulator.operations() == ["list_instances"]


def test_the_user_agent_is_our_own_with_our_version(modules: Modules) -> None:
    version = yaml.safe_load((ROOT / "galaxy.yml").read_text())["version"]
    with canned_server(EMPTY) as server:
        modules.run("lambda_instance_info", api_url=f"http://127.0.0.1:{server.port}/api/v1")
        assert server.requests[0][2]["User-Agent"] == f"lambdal.cloud/{version} (Ansible collection)"


def test_a_task_keeps_one_connection(modules: Modules) -> None:
    row = b'{"data": [{"id": "1", "name": "a", "status": "booting"}]}'
    ready = b'{"data": [{"id": "1", "name": "a", "status": "active", "ip": "198.18.0.1"}]}'
    with canned_server((200, {}, row), (200, {}, row), (200, {}, row), (200, {}, ready)) as server:
        done = modules.run(
            "lambda_instance", name=["a"], wait_interval=0.01, api_url=f"http://127.0.0.1:{server.port}/api/v1"
        )
        assert not done.failed
        assert (len(server.requests), server.connections) == (4, 1)


@pytest.mark.parametrize("as_date", [True, False])
def test_retry_after_is_obeyed(modules: Modules, as_date: bool) -> None:
    # A date has whole seconds: two ahead is at least one.
    value = email.utils.formatdate(time.time() + 2, usegmt=True) if as_date else "1"
    with canned_server((429, {"Retry-After": value}, b"slow down"), EMPTY) as server:
        begin = time.monotonic()
        done = modules.run("lambda_instance_info", api_url=f"http://127.0.0.1:{server.port}/api/v1")
        assert not done.failed
        assert len(server.requests) == 2
        # What is asserted is that it waited, not that it was fast.
        assert time.monotonic() - begin >= 0.9


def test_a_read_that_gets_no_answer_ends_in_a_sentence(simulator: Simulator, modules: Modules) -> None:
    simulator.add_fault("delay", "list_instances", times=20, seconds=3)
    done = modules.run("lambda_instance_info", request_timeout=0.2, retry_timeout=0.5)
    assert "did not respond in time" in done["msg"]
    simulator.clear_faults()


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_reads_are_repeated(simulator: Simulator, modules: Modules, status: int) -> None:
    simulator.add_fault("status", "list_instances", times=2, status=status)
    assert not modules.run("lambda_instance_info").failed
    assert simulator.operations() == ["list_instances"] * 3


def test_upstream_trouble_is_repeated_on_reads(modules: Modules) -> None:
    body = b'{"error": {"code": "provider/unavailable", "message": "m"}}'
    with canned_server((400, {}, body), EMPTY) as server:
        assert not modules.run("lambda_instance_info", api_url=f"http://127.0.0.1:{server.port}/api/v1").failed
        assert len(server.requests) == 2


@pytest.mark.parametrize("code", ["global/account-inactive", "global/invalid-address", "global/quota-exceeded"])
def test_a_refusal_is_not_repeated_and_says_what_to_do(modules: Modules, code: str) -> None:
    body = f'{{"error": {{"code": "{code}", "message": "No."}}}}'.encode()
    with canned_server((403, {}, body)) as server:
        done = modules.run("lambda_instance_info", api_url=f"http://127.0.0.1:{server.port}/api/v1")
        assert len(server.requests) == 1
    assert done["failure"]["code"] == code
    assert done["failure"]["suggestion"]
    assert done["failure"]["suggestion"] in done["msg"]


def test_no_redirect_is_followed(simulator: Simulator, modules: Modules) -> None:
    simulator.seed_ssh_key("laptop")
    simulator.add_fault("redirect", "launch", location="https://elsewhere.example/api/v1")
    done = modules.run(
        "lambda_instance", name=["a"], instance_type=["gpu_1x_a10"], region=["us-east-1"], ssh_key="laptop"
    )
    assert "redirects to https://elsewhere.example/api/v1" in done["msg"]
    assert simulator.operations() == ["list_instances", "launch"]
    assert simulator.live() == {}


def test_an_answer_without_end_is_cut_off(modules: Modules) -> None:
    with canned_server((200, {}, b'{"data": ["' + b" " * (65 << 20) + b'"]}')) as server:
        done = modules.run("lambda_instance_info", api_url=f"http://127.0.0.1:{server.port}/api/v1", retry_timeout=0)
    assert "larger than 64 MiB" in done["msg"]
