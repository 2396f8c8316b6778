# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The examples of the published descriptions, where these are on this system.

The client has to understand each response that can be made of them, and the simulator has to accept each request and to
respond with the fields and types of the examples.
"""

from __future__ import annotations

import json
import typing as t

import pytest
import requests
from lambda_cloud_simulator.testing import Simulator, running_simulator
from support.peer import Json, Published, client_of, published, shape
from support.server import canned_server

VERSIONS = ("1.10.0", "1.5.3")
SPECS = {version: published(version) for version in VERSIONS}

pytestmark = [
    pytest.mark.tools,
    pytest.mark.skipif(
        not all(SPECS.values()), reason="LAMBDA_CLOUD_SPEC_DIR names no folder with the published descriptions"
    ),
]

# How the client makes each request, and what it returns of the response's data. It sends no others.
CALLS: dict[tuple[str, str], tuple[str, tuple[t.Any, ...], t.Callable[[Json], t.Any]]] = {
    ("GET", "/instances"): ("list_instances", (), lambda body: body["data"]),
    ("GET", "/instance-types"): ("list_instance_types", (), lambda body: body["data"]),
    ("GET", "/ssh-keys"): ("list_ssh_keys", (), lambda body: body["data"]),
    ("GET", "/file-systems"): ("list_file_systems", (), lambda body: body["data"]),
    ("GET", "/regions"): ("list_regions", (), lambda body: body["data"]),
    ("GET", "/images"): ("list_images", (), lambda body: body["data"]),
    ("GET", "/firewall-rulesets"): ("list_firewall_rulesets", (), lambda body: body["data"]),
    ("GET", "/firewall-rulesets/global"): ("get_global_firewall_ruleset", (), lambda body: body["data"]),
    ("GET", "/audit-events"): ("list_audit_events", ({},), lambda body: (body["data"], body.get("page_token"))),
    ("POST", "/instance-operations/terminate"): (
        "terminate_instances",
        (["a"],),
        lambda body: body["data"]["terminated_instances"],
    ),
    ("POST", "/instance-operations/restart"): (
        "restart_instances",
        (["a"],),
        lambda body: body["data"]["restarted_instances"],
    ),
    ("POST", "/instances/{id}"): ("rename_instance", ("a", "b"), lambda body: body["data"]),
    ("POST", "/ssh-keys"): ("add_ssh_key", ("a",), lambda body: body["data"]),
    ("POST", "/filesystems"): ("create_filesystem", ("a", "b"), lambda body: body["data"]),
    ("POST", "/firewall-rulesets"): ("create_firewall_ruleset", ("a", "b", []), lambda body: body["data"]),
    ("PATCH", "/firewall-rulesets/{id}"): ("update_firewall_ruleset", ("a", []), lambda body: body["data"]),
    ("DELETE", "/ssh-keys/{id}"): ("delete_ssh_key", ("a",), lambda body: None),
    ("DELETE", "/filesystems/{id}"): ("delete_filesystem", ("a",), lambda body: None),
    ("DELETE", "/firewall-rulesets/{id}"): ("delete_firewall_ruleset", ("a",), lambda body: None),
    ("POST", "/instance-operations/launch"): (
        "launch_instance",
        ({"name": "a", "region_name": "b", "instance_type_name": "c", "ssh_key_names": ["d"]},),
        lambda body: body["data"]["instance_ids"][0],
    ),
}
# What the client leaves to others: it reads instances by their list, and rules by their rulesets.
NOT_CALLED = {
    ("GET", "/instances/{id}"),
    ("GET", "/firewall-rules"),
    ("PUT", "/firewall-rules"),
    ("GET", "/firewall-rulesets/{id}"),
    ("PATCH", "/firewall-rulesets/global"),
}


def responses(version: str, optional: bool) -> dict[tuple[str, str], Json]:
    return Published(SPECS[version] or {"paths": {}}, optional).responses()


@pytest.mark.parametrize("optional", [True, False])
@pytest.mark.parametrize("version", VERSIONS)
def test_the_client_understands_every_response(version: str, optional: bool) -> None:
    bodies = responses(version, optional)
    assert set(bodies) - set(CALLS) <= NOT_CALLED
    understood = [operation for operation in CALLS if operation in bodies]
    assert len(understood) == {"1.10.0": 20, "1.5.3": 8}[version]
    with canned_server(*((200, {}, json.dumps(bodies[operation]).encode()) for operation in understood)) as server:
        client = client_of(server)
        for operation in understood:
            method, arguments, expected = CALLS[operation]
            assert getattr(client, method)(*arguments) == expected(bodies[operation]), operation
    assert [request[:2] for request in server.requests] == [
        (method, f"/api/v1{path.replace('{id}', 'a')}") for method, path in understood
    ]


@pytest.fixture(scope="module", params=VERSIONS)
def peer(request: pytest.FixtureRequest) -> t.Iterator[tuple[str, Simulator]]:
    with running_simulator("--api-version", request.param, "--boot-time", "0") as simulator:
        yield request.param, simulator


def test_the_simulator_accepts_every_request_and_responds_alike(peer: tuple[str, Simulator]) -> None:
    version, simulator = peer
    simulator.reset()
    sent = Published(SPECS[version] or {}, optional=True).requests()
    made = Responder(simulator, responses(version, optional=False))
    launch = sent["POST", "/instance-operations/launch"]
    key = sent["POST", "/ssh-keys"]
    # The examples name what another account has. The account here gets it, or the request names what it has.
    here = {"region_name": REGION, "instance_type_name": "gpu_1x_a10", "ssh_key_names": [key["name"]]}
    launch = {**launch, **here}
    key_id = made.ask("POST", "/ssh-keys", {"name": key["name"]})["id"]
    made.accept("POST", "/ssh-keys", {"name": "given", "public_key": PUBLIC_KEY})
    mounted = [simulator.seed_file_system(name, REGION) for name in launch["file_system_names"]]
    if version == "1.10.0":
        ruleset = {**sent["POST", "/firewall-rulesets"], "region": REGION}
        ruleset_id = made.ask("POST", "/firewall-rulesets", ruleset)["id"]
        made.ask("PATCH", "/firewall-rulesets/{id}", sent["PATCH", "/firewall-rulesets/{id}"], ruleset_id)
        made.ask("PATCH", "/firewall-rulesets/global", sent["PATCH", "/firewall-rulesets/global"])
        made.ask("PUT", "/firewall-rules", sent["PUT", "/firewall-rules"])
        file_system = {**sent["POST", "/filesystems"], "name": "another"}
        extra = made.ask("POST", "/filesystems", file_system)["id"]
        image = next(row for row in made.ask("GET", "/images") if row["region"]["name"] == REGION)
        launch["image"] = {"family": image["family"]}
        launch["file_system_mounts"] = [{**launch["file_system_mounts"][0], "file_system_id": mounted[0]}]
        launch["firewall_rulesets"] = [{"id": ruleset_id}]
    (instance,) = made.ask("POST", "/instance-operations/launch", launch)["instance_ids"]
    for path in ("/instances", "/instance-types", "/ssh-keys", "/file-systems"):
        made.ask("GET", path)
    made.ask("GET", "/instances/{id}", None, instance)
    made.ask("POST", "/instance-operations/restart", {"instance_ids": [instance]})
    if version == "1.10.0":
        made.ask("POST", "/instances/{id}", sent["POST", "/instances/{id}"], instance)
        for path in ("/regions", "/firewall-rules", "/firewall-rulesets", "/firewall-rulesets/global", "/audit-events"):
            made.ask("GET", path)
        made.ask("GET", "/firewall-rulesets/{id}", None, ruleset_id)
        made.ask("DELETE", "/filesystems/{id}", None, extra)
    made.ask("POST", "/instance-operations/terminate", {"instance_ids": [instance]})
    made.ask("DELETE", "/ssh-keys/{id}", None, key_id)
    # Everything was asked for but the deletion of a ruleset, which the terminating instance still has.
    rest = set(responses(version, optional=False)) - made.asked
    assert rest <= {("DELETE", "/firewall-rulesets/{id}")}


REGION = "us-east-1"
PUBLIC_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAaTM9EBVJ7WcVcV5nUJPwJ6gYzJ3nOVkqzQwVvWfJbx"


class Responder:
    """Sends requests to a simulator, and compares each response with the example of it."""

    def __init__(self, simulator: Simulator, examples: t.Mapping[tuple[str, str], Json]) -> None:
        self._simulator = simulator
        self._examples = examples
        self.asked: set[tuple[str, str]] = set()

    def accept(self, method: str, path: str, body: t.Any = None, id: str = "") -> t.Any:
        """Send a request that the simulator has to accept, and return the JSON of the response."""
        url = f"{self._simulator.api_url}{path.replace('{id}', id)}"
        headers = {"User-Agent": "peer-tests", "Authorization": f"Bearer {self._simulator.api_key}"}
        response = requests.request(method, url, json=body, headers=headers, timeout=10)
        assert response.status_code == 200, (method, path, body, response.text)
        return response.json()

    def ask(self, method: str, path: str, body: t.Any = None, id: str = "") -> t.Any:
        """Send a request whose response has to be like its example, and return the data of the response."""
        answer = self.accept(method, path, body, id)
        if (method, path) in self._examples:
            lacking = list(differences(shape(self._examples[method, path]), shape(answer), "body"))
            assert lacking == [], (method, path)
            self.asked.add((method, path))
        return answer["data"]


def differences(example: t.Any, has: t.Any, where: str) -> t.Iterator[str]:
    """Yield where a shape lacks what an example has. More is allowed, and a list or a mapping may be empty."""
    if isinstance(example, list):
        if not isinstance(has, list):
            yield where
        elif example and has:
            yield from differences(example[0], has[0], f"{where}[]")
    elif isinstance(example, dict):
        if not isinstance(has, dict):
            yield where
        elif (
            where == "body.data"
            and example
            and all(isinstance(each, dict) and "instance_type" in each for each in example.values())
        ):
            # By the names of types, which are others here
            (offer,) = example.values()
            for name, each in has.items():
                yield from differences(offer, each, f"{where}.{name}")
        elif not where.endswith(".additional_details"):  # which depend on what was done
            for name, each in example.items():
                if name not in has:
                    yield f"{where}.{name}"
                else:
                    yield from differences(each, has[name], f"{where}.{name}")
    elif example != has and "NoneType" not in (example, has):
        yield f"{where} is {has}, not {example}"
