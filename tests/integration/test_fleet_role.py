# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The role fleet: machines by groups, scaled up and down, against the simulator's state and requests."""

from __future__ import annotations

import json
import typing as t
from pathlib import Path

import pytest
from lambda_cloud_simulator.testing import Simulator
from support.runner import ansible
from support.samples import PUBLIC_KEY_LINE, SSH_RULE

TAG = "lambdal-cloud-fleet"
OURS = [{"key": TAG, "value": "vision"}]

Run = t.Callable[..., str]


def group(count: int, **rest: t.Any) -> dict[str, t.Any]:
    return {"name": "train", "count": count, "instance_type": "gpu_1x_a10", "region": "us-east-1", **rest}


def ids(simulator: Simulator) -> dict[str, str]:
    return {name: row["id"] for name, row in simulator.live().items()}


def runner(environment: dict[str, str], folder: Path) -> Run:
    (folder / "key.pub").write_text(PUBLIC_KEY_LINE)
    always = {
        "fleet_name": "vision",
        "fleet_ssh_key": "laptop",
        "fleet_ssh_public_key_file": str(folder / "key.pub"),
        "fleet_wait_interval": 0.1,
    }
    play = {
        "hosts": "localhost",
        "gather_facts": False,
        "roles": ["lambdal.cloud.fleet"],
        "post_tasks": [
            {"ansible.builtin.include_role": {"name": "lambdal.cloud.fleet", "tasks_from": "table"}},
            {
                "ansible.builtin.debug": {"msg": "{{ inventory_hostname }}: {{ groups.lambda_cloud_launched }}"},
                "when": "groups.lambda_cloud_launched is defined",
            },
        ],
    }
    (folder / "play.yml").write_text(json.dumps([play]))

    def run(*arguments: str, succeed: bool = True, **variables: t.Any) -> str:
        extra = json.dumps({**always, **{f"fleet_{name}": value for name, value in variables.items()}})
        command = ["ansible-playbook", str(folder / "play.yml"), "-e", extra, *arguments]
        return " ".join(ansible(command, environment, succeed=succeed).stdout.split())

    return run


@pytest.fixture
def run(environment: dict[str, str], tmp_path: Path) -> Run:
    """Runs the role with variables, without their prefix."""
    return runner(environment, tmp_path)


@pytest.fixture
def run_oldest(oldest: Simulator, environment: dict[str, str], tmp_path: Path) -> Run:
    """The same against version 1.5.3 of the API."""
    return runner({**environment, "LAMBDA_API_URL": oldest.api_url}, tmp_path)


def test_the_spending_caps_are_those_of_the_fleet(simulator: Simulator, run: Run) -> None:
    for cap in ({"max_hourly_cost_cents": 149}, {"account_max_hourly_cost_cents": 149}, {"max_instances": 1}):
        assert f'"fleet_{next(iter(cap))} is' in run(machines=[group(2)], **cap, succeed=False)
    assert simulator.live() == {}
    machines = [group(1, instance_type=["gpu_1x_a10", "gpu_1x_a100"])]
    simulator.set_capacity(gpu_1x_a10={"us-east-1": 0, "us-west-1": 1})
    refused = run(machines=machines, succeed=False)
    assert (
        "There is no capacity for 'train-1' now: gpu_1x_a10 or gpu_1x_a100 in us-east-1. Now there is gpu_1x_a10 in "
        in refused
    )
    assert " Set fleet_capacity_timeout to keep looking, or allow more types or regions." in refused
    simulator.reset()
    caps = {"max_hourly_cost_cents": 150, "account_max_hourly_cost_cents": 150, "max_instances": 2}
    assert "2 instances would cost 1.50 US dollars per hour" in run("--check", machines=[group(2)], **caps)
    assert "2 instances cost 1.50 US dollars per hour" in run(machines=[group(2)], **caps)


def test_from_nothing_and_again(simulator: Simulator, run: Run) -> None:
    machines = [group(2), {"name": "head", "instance_type": "cpu_4x_general", "tags": {"part": "head"}}]
    output = run(machines=machines)
    assert "3 instances cost 1.70 US dollars per hour (0.00 before)." in output
    assert "['train-1', 'train-2', 'head']" in output
    live = simulator.live()
    assert list(live) == ["train-1", "train-2", "head"]
    for name, row in live.items():
        tags = {tag["key"]: tag["value"] for tag in row["tags"]}
        assert tags[TAG] == "vision"
        assert ("part" in tags) == (name == "head")
        # The table has a line for each.
        kind, region = row["instance_type"], row["region"]["name"]
        price = f"{kind['price_cents_per_hour'] / 100:.2f}"
        assert f"{name} {row['id']} {kind['name']} {region} {row['ip']} active {price}" in output
    simulator.forget_requests()

    output = run(machines=machines)
    assert "changed=0" in output
    assert "cost 1.70 US dollars per hour (1.70 before)" in output
    assert simulator.operations() == ["list_ssh_keys", "list_instances", "list_instances"]


def test_check_mode_predicts(simulator: Simulator, run: Run) -> None:
    output = run("--check", "--diff", machines=[group(2)])
    assert "2 instances would cost 1.50 US dollars per hour (0.00 before)" in output
    assert '+ "train-1": {' in output
    assert "changed=2" in output
    assert "groups" not in output
    assert simulator.state()["instances"] == []
    assert simulator.state()["ssh_keys"] == []

    run(machines=[group(2)])
    before = ids(simulator)
    output = run("--check", machines=[group(1)], prune=True)
    assert "cost 0.75 US dollars per hour (1.50 before)" in output
    assert "changed=1" in output
    assert ids(simulator) == before
    assert "2 instances would be terminated, which saves 1.50" in run("--check", machines=[group(2)], state="absent")
    assert ids(simulator) == before


def test_scaling_up_and_down(simulator: Simulator, run: Run) -> None:
    run(machines=[group(1)])
    (first,) = simulator.live().values()
    foreign = {
        simulator.seed_instance("train-9"),
        simulator.seed_instance("train-8", tags={TAG: "other"}),
        simulator.seed_instance("mine", tags={"project": "vision", "fleet": "vision"}),
    }
    simulator.forget_requests()
    run(machines=[group(3)])
    assert simulator.live()["train-1"]["id"] == first["id"]
    assert {"train-2", "train-3"} < set(simulator.live())
    assert simulator.operations().count("launch") == 2

    before = ids(simulator)
    simulator.forget_requests()
    told = run(machines=[group(1)])
    assert (
        "2 instances of this fleet are beyond the desired set and stay, at 1.50 US dollars per hour: "
        f"train-2 (id {before['train-2']}, 0.75), train-3 (id {before['train-3']}, 0.75). Set fleet_prune"
    ) in told
    assert "changed=0" in told
    assert ids(simulator) == before
    assert simulator.operations() == ["list_ssh_keys", "list_instances", "list_instances"]

    simulator.forget_requests()
    told = run(machines=[group(1)], prune=True)
    assert "1 instance costs 0.75 US dollars per hour (2.25 before)" in told
    assert {row["id"] for row in simulator.live().values()} == {first["id"], *foreign}
    (ended,) = [each["body"] for each in simulator.requests() if each["operation"] == "terminate"]
    assert set(ended["instance_ids"]) == {before["train-2"], before["train-3"]}
    assert "changed=0" in run(machines=[group(1)], prune=True)

    # No machine at all is wanted: a count of nothing is not a count that was forgotten.
    run(machines=[group(0)], prune=True)
    assert {row["id"] for row in simulator.live().values()} == foreign


def test_without_a_name_nothing_is_pruned(simulator: Simulator, run: Run) -> None:
    run(machines=[group(2)])
    simulator.forget_requests()
    run(machines=[group(1)], name="", prune=True, names=["train-[1:9]"])
    assert set(simulator.live()) == {"train-1", "train-2"}


def test_the_oldest_version_goes_by_exact_names(oldest: Simulator, run_oldest: Run) -> None:
    foreign = {oldest.seed_instance("train-10"), oldest.seed_instance("train")}
    run_oldest(machines=[group(3)], names=["train-[1:4]"])
    assert set(oldest.live()) == {"train-1", "train-2", "train-3", "train-10", "train"}
    told = run_oldest(machines=[group(1)], names=["train-[1:4]"])
    assert "2 instances of this fleet are beyond the desired set and stay" in told
    assert len(oldest.live()) == 5

    # Without names it cannot tell whose they are.
    assert "are beyond the desired set" not in run_oldest(machines=[group(1)], prune=True)
    assert len(oldest.live()) == 5

    oldest.forget_requests()
    run_oldest(machines=[group(1)], names=["train-[1:4]"], prune=True)
    assert {row["id"] for row in oldest.live().values()} == {*foreign, oldest.live()["train-1"]["id"]}
    assert oldest.operations().count("terminate") == 1

    # Two of one name: one of them may be somebody else's.
    oldest.seed_instance("train-2")
    oldest.seed_instance("train-2")
    refused = run_oldest(machines=[group(1)], names=["train-[1:4]"], prune=True, succeed=False)
    assert "2 live instances are named 'train-2'" in refused


def test_machines_of_others_are_told_from_the_fleets(simulator: Simulator, run: Run) -> None:
    simulator.seed_ssh_key("laptop", PUBLIC_KEY_LINE)
    mine = simulator.seed_instance("train-1", ssh_key_names=["laptop"])
    output = run(machines=[group(1)])
    assert (
        f"train-1 (id {mine}) existed before without the tag {TAG} of vision. Such an instance is used as it is"
        in output
    )
    run(machines=[], prune=True)
    assert simulator.live()["train-1"]["id"] == mine

    other = simulator.seed_instance("train-2", ssh_key_names=["laptop"], tags={TAG: "other"})
    for policy in ("fail", "warn", "ignore", "replace"):
        refused = run(machines=[group(3)], on_drift=policy, on_failed="replace", succeed=False)
        assert f"train-2 (id {other}, active) is of the fleet 'other', by its tag {TAG}" in refused
    simulator.apply_fate(other, "unhealthy")
    refused = run(machines=[group(3)], on_failed="replace", succeed=False)
    assert f"train-2 (id {other}, unhealthy) is of the fleet 'other'" in refused
    assert {row["id"] for row in simulator.live().values()} == {mine, other}
    refused = run(machines=[group(2)], state="absent", succeed=False)
    assert f"train-2 (id {other}) has the tag {TAG} of another fleet than vision. Nothing was terminated." in refused
    assert len(simulator.live()) == 2


def test_keys_and_rulesets_come_from_variables(simulator: Simulator, run: Run, tmp_path: Path) -> None:
    rulesets = [{"name": "web", "region": "us-east-1", "rules": [SSH_RULE]}]
    machines = [group(1, firewall_rulesets=["web"])]
    run(machines=machines, firewall_rulesets=rulesets)
    (ruleset,) = simulator.state()["firewall_rulesets"]
    assert (ruleset["name"], len(ruleset["rules"])) == ("web", 1)
    assert [key["name"] for key in simulator.state()["ssh_keys"]] == ["laptop"]
    (row,) = simulator.live().values()
    assert row["ssh_key_names"] == ["laptop"]
    # With a public half, the private one is for logging in alone.
    assert "changed=0" in run(machines=machines, firewall_rulesets=rulesets, ssh_private_key_path=str(tmp_path / "own"))
    assert not (tmp_path / "own").exists()


def test_absent(simulator: Simulator, run: Run) -> None:
    run(machines=[group(3)])
    kept = {simulator.seed_instance("train-4"), simulator.seed_instance("train-5", tags={TAG: "other"})}
    # By their names, and the rest of the fleet only with fleet_prune.
    told = run(machines=[group(1)], state="absent")
    assert "1 instance is terminated, which saves 0.75 US dollars per hour." in told
    assert "2 instances of this fleet are beyond the desired set and stay, at 1.50" in told
    assert len(simulator.live()) == 4
    told = run(machines=[group(1)], state="absent", prune=True)
    assert "2 instances are terminated, which saves 1.50 US dollars per hour." in told
    assert {row["id"] for row in simulator.live().values()} == kept
    assert "changed=0" in run(machines=[group(3)], state="absent", prune=True)
    assert {row["id"] for row in simulator.live().values()} == kept


def test_an_unknown_price_is_told_as_unknown(simulator: Simulator, run: Run) -> None:
    run(machines=[group(1)])
    simulator.seed_ssh_key("k", PUBLIC_KEY_LINE)
    unknown = {"instance_type": {"name": "gpu_1x_a10"}}
    extra = simulator.seed_instance("old", tags={TAG: "vision"}, extra=unknown)
    told = run(machines=[group(1)])
    assert "1 instance of this fleet is beyond the desired set and stays, at an unknown number of US dollars" in told
    assert f"old (id {extra}, price unknown)" in told
    assert "1 instance costs 0.75 US dollars per hour (unknown before)" in run(machines=[group(1)], prune=True)

    simulator.seed_instance("train-2", ssh_key_names=["laptop"], tags={TAG: "vision"}, extra=unknown)
    assert "2 instances cost unknown US dollars per hour (unknown before)" in run(machines=[group(2)])
    assert "saves an unknown number of US dollars per hour" in run(machines=[group(2)], state="absent")
    assert simulator.live() == {}


@pytest.mark.parametrize(
    "entry", [{"name": "train-[1:2]", "count": 3}, {"name": ["a", "b"], "count": 3}, {"name": "train", "count": "many"}]
)
def test_a_count_beside_anything_but_a_plain_name_is_refused(
    simulator: Simulator, run: Run, entry: dict[str, t.Any]
) -> None:
    assert "A count is a whole number beside one plain name" in run(machines=[entry], succeed=False)
    assert simulator.operations() == []


def test_what_the_api_says_is_no_template(simulator: Simulator, run: Run) -> None:
    simulator.seed_ssh_key("laptop", PUBLIC_KEY_LINE)
    simulator.seed_instance("{{ 6 * 7 }}", tags={TAG: "vision"})
    kind = {"name": "{{ 6 * 9 }}", "price_cents_per_hour": 75}
    known = simulator.seed_instance("train-1", ssh_key_names=["laptop"], extra={"instance_type": kind})
    output = run("-vv", machines=[group(1)], on_drift="ignore")
    assert "stays, at 0.75 US dollars per hour: {{ 6 * 7 }} (id" in output
    assert f"train-1 {known} {{{{ 6 * 9 }}}} us-east-1" in output


def test_the_reaper_ends_with_a_table(simulator: Simulator, environment: dict[str, str]) -> None:
    old = {"lambdal-cloud-born": "1000000000"}
    mine = simulator.seed_instance("mine", tags={**old, "owner": "me"})
    yours = simulator.seed_instance("yours", tags={**old, "owner": "{{ 6 * 7 }}"})
    young = simulator.seed_instance("{{ 6 * 9 }}")
    reaper = {"reaper_terminate": True, "reaper_owner_tags": {"owner": "me"}, "reaper_max_age_seconds": 60}
    command = ["ansible-playbook", "playbooks/reap.yml", "-e", json.dumps({**reaper, "reaper_wait_interval": 0.1})]

    def table(*arguments: str) -> str:
        output = ansible([*command, *arguments], environment).stdout
        return " ".join(output.split("Show the table]")[1].split())

    foretold = table("--check")
    assert f"mine {mine} gpu_1x_a10" in foretold
    assert "would be terminated: " in foretold
    assert len(simulator.live()) == 3
    told = table()
    assert "0.75 terminated: " in told
    assert f"yours {yours} gpu_1x_a10" in told
    assert "stays, not yours: " in told
    assert f"{{{{ 6 * 9 }}}} {young} gpu_1x_a10" in told
    assert set(ids(simulator).values()) == {yours, young}


def test_the_reaper_never_ends_a_reserved_instance(
    simulator: Simulator, environment: dict[str, str], tmp_path: Path
) -> None:
    old = {"tags": {"lambdal-cloud-born": "1000000000", "owner": "me"}}
    bought = simulator.seed_instance("bought", is_reserved=True, **old)
    simulator.seed_instance("hired", **old)
    hook = tmp_path / "hook"
    hook.write_text(f"#!/bin/sh\necho $REAPER_NAME >> {tmp_path}/hooks\n")
    hook.chmod(0o755)
    reaper = {"reaper_terminate": True, "reaper_owner_tags": {"owner": "me"}, "reaper_max_age_seconds": 60}
    more = {"reaper_names": ["bought"], "reaper_hook": [str(hook)], "reaper_wait_interval": 0.1}
    done = ansible(["ansible-playbook", "playbooks/reap.yml", "-e", json.dumps({**reaper, **more})], environment)
    output = " ".join(done.stdout.split())
    assert set(simulator.live()) == {"bought"}
    assert (tmp_path / "hooks").read_text() == "hired\n"
    assert f"bought ({bought}, reserved): " in output
    assert f"Reserved, and paid for whether it runs or not: bought (id {bought}, 0.75, reserved)." in output
    assert "0.75 (reserved) stays, reserved: " in output


def test_a_reserved_instance_is_named_in_costs_and_tables(simulator: Simulator, run: Run) -> None:
    bought = simulator.seed_instance("train-1", is_reserved=True, ssh_key_names=["laptop"], instance_type="gpu_1x_a10")
    note = f"Reserved, and paid for whether it runs or not: train-1 (id {bought}, 0.75, reserved)."
    machines = [{"name": "train-1", "instance_type": "gpu_1x_a10", "region": "us-east-1"}]
    present = run(machines=machines)
    assert f"1 instance costs 0.75 US dollars per hour (0.75 before). {note}" in present
    assert "0.75 (reserved)" in present
    # Whoever names it ends it, with a warning.
    absent = run(machines=machines, state="absent")
    assert note in absent
    assert simulator.live() == {}


def test_whoever_terminates_a_reserved_instance_is_warned(simulator: Simulator, environment: dict[str, str]) -> None:
    bought = simulator.seed_instance("bought", is_reserved=True)
    command = ["ansible", "localhost", "-m", "lambdal.cloud.lambda_instance", "-a", "name=bought state=absent"]
    done = ansible([*command, "--check"], environment)
    assert f"bought (id {bought}, active) is reserved. Terminating it saves nothing" in " ".join(done.stderr.split())
    assert set(simulator.live()) == {"bought"}
