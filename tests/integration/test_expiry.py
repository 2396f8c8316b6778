# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Instances that expire: the tag of the launch, what shows it, and the playbook that ends them."""

from __future__ import annotations

import json
import time
import typing as t
from pathlib import Path

from lambda_cloud_simulator.testing import Simulator
from support.runner import Modules, ansible
from support.samples import LAUNCH

TAG = "lambdal-cloud-expires"
PAST, FUTURE = "2020-01-01T00:00:00Z", "2120-01-01T00:00:00Z"


def tag_of(row: dict[str, t.Any]) -> str:
    return next(tag["value"] for tag in row["tags"] if tag["key"] == TAG)


def test_the_launch_writes_the_time(simulator: Simulator, modules: Modules, laptop: None) -> None:
    predicted = modules.run("lambda_instance", check=True, name=["a"], expires_after="8h", **LAUNCH)
    before = time.time()
    done = modules.run("lambda_instance", name=["a"], expires_after="8h", **LAUNCH)
    after = time.time()
    assert predicted["diff"] == done["diff"]
    text = tag_of(simulator.live()["a"])
    assert time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(before + 28800)) <= text
    assert text <= time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(after + 28800))
    assert done["instances"][0]["host"]["lambda_expires_at"] == text
    # A later run neither compares nor changes it.
    assert not modules.run("lambda_instance", name=["a"], expires_after="1h", **LAUNCH).changed
    assert tag_of(simulator.live()["a"]) == text
    # The time of a test is no part of what the two modes of running a module share.
    modules.history.clear()
    simulator.forget_requests()


def test_an_older_api_launches_nothing(oldest: Simulator, modules: Modules) -> None:
    oldest.seed_ssh_key("laptop")
    done = modules.on(oldest).run("lambda_instance", name=["a"], expires_after="8h", **LAUNCH)
    assert "Could not launch with expires_after: that needs version 1.10.0 of the API" in done["msg"]
    assert oldest.live() == {}


def test_what_is_no_duration_launches_nothing(simulator: Simulator, modules: Modules, laptop: None) -> None:
    done = modules.run("lambda_instance", name=["a"], expires_after="8", **LAUNCH)
    assert done["msg"] == "expires_after must be a duration such as 8h, 90m or 1d12h, not '8'."
    assert simulator.requests() == []


def test_inventory_and_tables_show_it(simulator: Simulator, environment: dict[str, str], tmp_path: Path) -> None:
    simulator.seed_instance("a", tags={TAG: FUTURE})
    simulator.seed_instance("b", tags={TAG: "{{ lookup('pipe', 'false') }}"})
    listed = json.loads(ansible(["ansible-inventory", "-i", "playbooks/lambda.yml", "--list"], environment).stdout)
    assert listed["_meta"]["hostvars"]["a"]["lambda_expires_at"] == FUTURE
    assert "lambda_expires_at" not in listed["_meta"]["hostvars"]["b"]
    assert not [group for group in listed if "expires" in group]
    output = ansible(["ansible-playbook", "playbooks/reap.yml"], environment).stdout
    assert "OUTCOME  EXPIRES" in output
    assert f"stays    {FUTURE}" in output


def test_the_playbook_ends_what_is_expired(simulator: Simulator, environment: dict[str, str]) -> None:
    for name, when in (("past", PAST), ("longer", PAST), ("future", FUTURE)):
        simulator.seed_instance(name, tags={TAG: when})
    simulator.seed_instance("plain")
    extensions = json.dumps({"reaper_extensions": {"longer": FUTURE}, "reaper_wait_interval": 0.1})
    command = ["ansible-playbook", "playbooks/reap.yml", "-e", extensions]
    predicted = ansible([*command, "--check"], environment).stdout
    assert f"would be terminated: expired at {PAST}" in predicted
    ansible([*command, "-e", "reaper_terminate_expired=false"], environment)
    assert set(simulator.live()) == {"past", "longer", "future", "plain"}
    assert f"terminated: expired at {PAST}" in ansible(command, environment).stdout
    assert set(simulator.live()) == {"longer", "future", "plain"}


def test_without_tags_nothing_expires(oldest: Simulator, environment: dict[str, str]) -> None:
    oldest.seed_instance("a")
    output = ansible(
        ["ansible-playbook", "playbooks/reap.yml"], {**environment, "LAMBDA_API_URL": oldest.api_url}
    ).stdout
    assert "0 of 1 instances exceed a limit" in output
    assert set(oldest.live()) == {"a"}
