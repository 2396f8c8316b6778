# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The API's own description, and the published ones where they are at hand, are what is answered."""

from __future__ import annotations

import re
import subprocess
import sys
import typing as t
from pathlib import Path

import jsonschema
import pytest
import requests
from description_support import Description, load, published_file
from simulator_support import Api, serving, until

from lambda_cloud_simulator.testing import API_KEY

VERSIONS = ("1.10.0", "1.5.3")


def published(version: str) -> Path:
    path = published_file(version)
    if path is None:
        pytest.skip("LAMBDA_CLOUD_SPEC_DIR names no folder with the published descriptions")
    return path


@pytest.fixture
def apis(api: Api, old_api: Api) -> dict[str, Api]:
    return {"1.10.0": api, "1.5.3": old_api}


def own(api: Api) -> dict[str, t.Any]:
    document: dict[str, t.Any] = requests.get(f"{api.url}/openapi.json", timeout=10).json()
    return document


@pytest.mark.parametrize("version", VERSIONS)
def test_own_and_published_description_agree(apis: dict[str, Api], version: str) -> None:
    ours, theirs = Description(own(apis[version])), Description(load(published(version)))
    assert set(ours.operations()) == set(theirs.operations())
    for name, operation in theirs.operations().items():
        mine = ours.operations()[name]
        assert ours.parameters(mine) == theirs.parameters(operation), name
        body = ours.body(mine)
        if name == ("POST", "/instance-operations/launch") and version == "1.10.0":
            # No longer described, still refused above 1.
            assert body["fields"].pop("quantity") == {"type": "integer"}
        assert body == theirs.body(operation), name
        assert ours.answers(mine) == theirs.answers(operation), name


def test_the_versions_share_the_oldest_operations(apis: dict[str, Api]) -> None:
    newest, oldest = (Description(own(apis[version])).operations() for version in VERSIONS)
    assert len(oldest) == 10
    assert len(newest) == 25
    assert set(oldest) < set(newest)


def test_nothing_later_answers_under_the_oldest(apis: dict[str, Api]) -> None:
    newest, oldest = (Description(own(apis[version])).operations() for version in VERSIONS)
    for method, path in set(newest) - set(oldest):
        status, code = apis["1.5.3"].refused(method, path.replace("{id}", "a"), {})
        assert status in (404, 405), (method, path)
        assert code == "global/object-does-not-exist"


@pytest.mark.parametrize("source", ["own", pytest.param("published", marks=pytest.mark.tools)])
@pytest.mark.parametrize("version", VERSIONS)
def test_answers_are_as_described(apis: dict[str, Api], version: str, source: str) -> None:
    api = apis[version]
    document = own(api) if source == "own" else load(published(version))
    checked = Checked(api, Description(document))
    _live(checked)
    if version == "1.10.0":
        _live_as_later_versions_allow(checked)
    assert checked.successes == set(checked.description.operations())


class Checked:
    """An API whose every answer is held against its description."""

    def __init__(self, api: Api, description: Description) -> None:
        self.api = api
        self.description = description
        self.successes: set[tuple[str, str]] = set()

    def __call__(self, method: str, path: str, body: t.Any = None, *, status: int = 200, **ids: str) -> t.Any:
        answer = self.api.ask(method, path.format(**ids), body)
        assert answer.status_code == status, answer.text
        schema = self.description.schema(method, path.split("?")[0], status)
        if schema is not None:
            jsonschema.Draft202012Validator(schema).validate(answer.json())
        if status == 200:
            self.successes.add((method, path.split("?")[0]))
        return answer.json().get("data")


LAUNCH = {"region_name": "us-east-1", "instance_type_name": "gpu_1x_a10", "ssh_key_names": ["k"]}


def _live(ask: Checked) -> None:
    """Let every operation of 1.5.3 succeed, with instances in every state on the way, and be refused."""
    ask("GET", "/instance-types")
    ask("GET", "/file-systems")
    key = ask("POST", "/ssh-keys", {"name": "k"})
    ask("POST", "/ssh-keys", {"name": "k"}, status=400)
    ask("GET", "/ssh-keys")
    launch = {**LAUNCH, "name": "a", "file_system_names": ["datasets"]}
    (one,) = ask("POST", "/instance-operations/launch", launch)["instance_ids"]
    ask("POST", "/instance-operations/launch", LAUNCH)
    ask("POST", "/instance-operations/launch", {**LAUNCH, "instance_type_name": "gpu_8x_h100_sxm5"}, status=400)
    ask("POST", "/instance-operations/launch", {**LAUNCH, "ssh_key_names": ["none"]}, status=404)
    ask("POST", "/instance-operations/launch", {**launch, "region_name": "us-west-1"}, status=400)
    ask("GET", "/instances")
    ask("GET", "/file-systems")
    until(lambda: ask("GET", "/instances/{id}", id=one)["status"] == "active")
    until(lambda: bool(ask("GET", "/instances/{id}", id=one).get("ip")))
    ask("GET", "/instances/{id}", id="none", status=404)
    ask("POST", "/instance-operations/restart", {"instance_ids": [one]})
    ask("POST", "/instance-operations/restart", {"instance_ids": ["none"]}, status=404)
    ask("POST", "/instance-operations/terminate", {"instance_ids": [one]})
    ask("POST", "/instance-operations/terminate", {"instance_ids": ["none"]}, status=404)
    ask("POST", "/instance-operations/terminate", {}, status=400)
    ask.api.control("POST", "/instances", {"status": "terminated"})
    ask("GET", "/instances")
    until(lambda: ask.api.ask("GET", f"/instances/{one}").status_code == 404)
    for row in ask("GET", "/instances"):
        if row["status"] != "terminated":
            ask("POST", "/instance-operations/terminate", {"instance_ids": [row["id"]]})
    ask("DELETE", "/ssh-keys/{id}", id=key["id"])
    ask.api.set_status("inactive")
    ask("GET", "/instances", status=403)
    ask.api.set_status("active")


def _live_as_later_versions_allow(ask: Checked) -> None:
    """Do the same with what 1.10.0 added."""
    ask("GET", "/regions")
    images = ask("GET", "/images")
    ask("GET", "/firewall-rules")
    rule = {"protocol": "udp", "port_range": [1, 2], "source_network": "192.0.2.1", "description": ""}
    ask(
        "PUT",
        "/firewall-rules",
        {"data": [rule, {"protocol": "icmp", "source_network": "0.0.0.0/0", "description": ""}]},
    )
    ask("PUT", "/firewall-rules", {"data": [{}]}, status=400)
    ask("GET", "/firewall-rulesets/global")
    ask("PATCH", "/firewall-rulesets/global", {"rules": [rule]})
    ruleset = ask("POST", "/firewall-rulesets", {"name": "a", "region": "us-east-1", "rules": [rule]})["id"]
    scratch = ask("POST", "/filesystems", {"name": "scratch", "region": "us-east-1"})["id"]
    ask("POST", "/filesystems", {"name": "scratch", "region": "us-east-1"}, status=400)
    ask("POST", "/ssh-keys", {"name": "k"})
    image = next(row for row in images if row["region"]["name"] == "us-east-1" and row["architecture"] == "x86_64")
    launch = {
        **LAUNCH,
        "file_system_mounts": [{"file_system_id": scratch, "mount_point": "/data/a"}],
        "hostname": "head",
        "image": {"id": image["id"]},
        "user_data": "#!/bin/sh",
        "tags": [{"key": "a1", "value": "b"}],
        "firewall_rulesets": [{"id": ruleset}],
    }
    (one,) = ask("POST", "/instance-operations/launch", launch)["instance_ids"]
    ask("POST", "/instance-operations/launch", {**launch, "quantity": 2}, status=400)
    ask("POST", "/instance-operations/restart", {"instance_ids": [one]}, status=409)
    ask("GET", "/instances/{id}", id=one)
    ask("POST", "/instances/{id}", {"name": "b"}, id=one)
    ask("POST", "/instances/{id}", {"name": "b"}, id="none", status=404)
    ask("GET", "/firewall-rulesets")
    ask("GET", "/firewall-rulesets/{id}", id=ruleset)
    ask("PATCH", "/firewall-rulesets/{id}", {"name": "b"}, id=ruleset)
    ask("DELETE", "/firewall-rulesets/{id}", id=ruleset, status=400)
    ask("DELETE", "/filesystems/{id}", id=scratch, status=400)
    ask("GET", "/audit-events")
    ask("GET", "/audit-events?start=x", status=400)
    ask.api.control("POST", f"/instances/{one}/fate", {"fate": "preempted"})
    ask("GET", "/instances")
    ask("POST", "/instance-operations/terminate", {"instance_ids": [one]})
    until(lambda: ask.api.ask("GET", f"/instances/{one}").status_code == 404)
    ask("DELETE", "/firewall-rulesets/{id}", id=ruleset)
    ask("DELETE", "/firewall-rulesets/{id}", id=ruleset, status=404)
    ask("DELETE", "/filesystems/{id}", id=scratch)
    ask("DELETE", "/filesystems/{id}", id=scratch, status=404)
    ask("DELETE", "/ssh-keys/{id}", id="none", status=404)


SCHEMATHESIS = Path(sys.executable).with_name("st")


@pytest.mark.slow
@pytest.mark.skipif(not SCHEMATHESIS.exists(), reason="schemathesis is not installed")
@pytest.mark.parametrize("source", ["own", pytest.param("published", marks=pytest.mark.tools)])
@pytest.mark.parametrize(("version", "examples"), [("1.10.0", 20), ("1.5.3", 200)])
def test_schemathesis_finds_nothing(tmp_path: Path, version: str, examples: int, source: str) -> None:
    path = published(version) if source == "published" else None
    # A launch or a terminate that answers 500 is one of the quirks, which no description holds.
    scenario = tmp_path / "scenario.yaml"
    scenario.write_text("quirks: {terminate_twice: accepted}\nquotas: {file_systems: null, firewall_rulesets: null}\n")
    arguments = ("--api-version", version, "--boot-time", "0", "--seed", "1", "--scenario", str(scenario))
    with serving(tmp_path, *arguments) as api:
        for number in range(3):
            api.control("POST", "/instances", {"name": f"a{number}"})
        # Paths of the older published description are relative to its base path.
        base = "/api/v1" if path is not None and version == "1.5.3" else ""
        done = subprocess.run(
            [
                SCHEMATHESIS,
                "run",
                str(path or f"{api.url}/openapi.json"),
                *("--url", f"{api.url}{base}"),
                *("--header", f"Authorization: Bearer {API_KEY}"),
                *("--checks", "all", "--exclude-checks", "positive_data_acceptance"),
                *("--phases", "examples,coverage,fuzzing,stateful"),
                *("--max-examples", str(examples)),
                *("--seed", "1", "--generation-database", ":memory:", "--no-color"),
            ],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )
    assert done.returncode == 0, done.stdout[-8000:] + done.stderr[-2000:]
    cases = re.search(r"(\d+) generated", done.stdout)
    assert cases, done.stdout[-3000:]
    print(f"{version}, {source}: {cases[0]}")
    assert int(cases[1]) >= 1000
