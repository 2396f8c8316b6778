# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What goes wrong is told in one sentence, without a stack trace and without the key."""

from __future__ import annotations

import socket
import threading
import typing as t

import pytest
from lambda_cloud_simulator.testing import API_KEY, Simulator
from support.runner import Modules, ansible
from support.samples import INSTANCE

OPTIONS: dict[str, t.Any] = {
    "name": ["a"],
    **INSTANCE,
    "wait_interval": 0.05,
    "retry_timeout": 1,
    "outcome_timeout": 0.2,
}


pytestmark = pytest.mark.usefixtures("laptop")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"api_key": None}, "No API key: set api_key, or LAMBDA_API_KEY"),
        ({"api_key": "two words"}, "API key contains spaces"),
        ({"api_key": "wrong-key"}, "global/invalid-api-key, HTTP 401"),
        ({"api_url": "cloud.lambda.ai"}, "must look like https://cloud.lambda.ai/api/v1"),
        ({"api_url": "http://[::1/api/v1"}, "must look like https://cloud.lambda.ai/api/v1"),
        ({"api_url": "https://key@cloud.lambda.ai"}, "must look like https://cloud.lambda.ai/api/v1"),
        ({"api_url": "https://cloud..lambda/api/v1"}, "no request can be sent to cloud..lambda"),
        ({"instance_type": ["gpu_9x_nope"]}, "gpu_9x_nope"),
        (
            {"instance_type": ["gpu_9x_nope"], "region": []},
            "'gpu_9x_nope', which does not exist. There are: cpu_4x_general",
        ),
        ({"region": ["mars-1"]}, "mars-1"),
        ({"ssh_key": "nobodys"}, "nobodys"),
        ({"ssh_key": None}, "launching it needs ssh_key"),
        ({"instance_type": None}, "launching it needs instance_type"),
        ({"name": ["x" * 65]}, "65 characters"),
        ({"name": ["a-[3:1]"]}, "The range [3:1]"),
        ({"name": ["a", "a"]}, "'a' is given 2 times"),
        ({"name": ["a"], "id": ["1"]}, "No live instance has the id 1"),
        ({"instance_type": ["gpu_8x_h100_sxm5"], "region": []}, "no capacity"),
        ({"region": [], "file_systems": ["nowhere"]}, "'nowhere', which does not exist"),
    ],
)
def test_bad_input_gets_one_clear_sentence(
    simulator: Simulator, modules: Modules, options: dict[str, t.Any], message: str
) -> None:
    done = modules.run("lambda_instance", **{**OPTIONS, **options})
    assert done.failed
    assert message in done["msg"]
    assert simulator.live() == {}
    assert set(done["failure"]) == {"code", "message", "suggestion", "status", "field_errors"}


def test_a_server_that_is_not_there_is_named(modules: Modules) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        done = modules.run("lambda_instance", **{**OPTIONS, "api_url": f"http://127.0.0.1:{port}/api/v1"})
    assert f"no connection to 127.0.0.1:{port}: Connection refused" in done["msg"]


def test_a_name_that_does_not_resolve_is_named(modules: Modules) -> None:
    done = modules.run("lambda_instance", **{**OPTIONS, "api_url": "http://nowhere.invalid/api/v1"})
    assert "no connection to nowhere.invalid" in done["msg"]


def test_a_server_without_tls_is_named(simulator: Simulator, modules: Modules) -> None:
    done = modules.run("lambda_instance", **{**OPTIONS, "api_url": simulator.api_url.replace("http:", "https:")})
    assert "no trusted TLS connection" in done["msg"]


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 19\r\n\r\n<h1>Log in</h1>here.", "not the API's JSON but 'Log in here"),
        (b"HTTP/1.1 403 Forbidden\r\nContent-Length: 16\r\n\r\nerror code: 1010", "not about the API key"),
        (
            b"HTTP/1.1 301 M\r\nLocation: https://elsewhere/\r\nContent-Length: 0\r\n\r\n",
            "redirects to https://elsewhere/",
        ),
        (b"HTTP/1.1 404 Not Found\r\nContent-Length: 4\r\n\r\nnope", "HTTP 404 with 'nope' instead of the API's JSON"),
        (b'HTTP/1.1 200 OK\r\nContent-Length: 16\r\n\r\n{"data": ["row"]}', "not the API's JSON"),
        (b'HTTP/1.1 200 OK\r\nContent-Length: 17\r\n\r\n{"data": ["row"]}', "rows without an id"),
    ],
)
def test_an_answer_that_is_not_the_apis_is_told(modules: Modules, answer: bytes, message: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            while True:
                try:
                    connection, _address = server.accept()
                except OSError:
                    return
                with connection:
                    connection.recv(65536)
                    # It hangs up, which a client that asks again had better know.
                    connection.sendall(answer.replace(b"Content-Length", b"Connection: close\r\nContent-Length"))

        threading.Thread(target=serve, daemon=True).start()
        port = server.getsockname()[1]
        done = modules.run("lambda_instance", **{**OPTIONS, "api_url": f"http://127.0.0.1:{port}/api/v1"})
    assert message in done["msg"]


def test_the_key_is_never_printed(simulator: Simulator, modules: Modules) -> None:
    for options in ({}, {"api_key": API_KEY + "x"}, {"ssh_key": "nobodys", "name": ["b"]}):
        assert API_KEY not in modules.run("lambda_instance", **{**OPTIONS, **options}).output


def test_a_netrc_entry_does_not_displace_the_key(simulator: Simulator, modules: Modules, home: t.Any) -> None:
    (home / ".netrc").write_text("machine 127.0.0.1 login x password y\n")
    assert not modules.run("lambda_instance_info").failed


@pytest.mark.parametrize("name", ["LAMBDA_API_URL", "LAMBDA_REQUEST_INTERVAL", "LAMBDA_LAUNCH_INTERVAL"])
def test_an_empty_environment_variable_is_not_set(environment: dict[str, str], name: str) -> None:
    # The address is then the default one, which no test may reach.
    options = ["-a", "api_url=http://127.0.0.1:9/api/v1 retry_timeout=0"]
    command = ["ansible", "localhost", "-m", "lambdal.cloud.lambda_region_info", *options]
    done = ansible(command, {**environment, name: ""}, succeed=False)
    assert "127.0.0.1:9" in done.stdout
    assert "unable to convert" not in done.stdout
