# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The playbooks with what a survey of AWX hands over: nothing, numbers and booleans as text, names with blanks one on each line, ids.

No answer is never everything. What counts is the account: which instances are in it afterwards, and what was asked of the API.
"""

from __future__ import annotations

import itertools
import re
import subprocess
import sys
import typing as t
from pathlib import Path

import pytest
from lambda_cloud_simulator.testing import Simulator
from support.awx_jobs import unsafe_yaml
from support.role_options import bears_nothing, role_options
from support.runner import ROOT
from support.samples import PUBLIC_KEY_LINE

pytestmark = pytest.mark.parametrize("mode", ["direct"], indirect=True)

Row = dict[str, t.Any]

MACHINES = [{"name": "train-[1:2]", "instance_type": "gpu_1x_a10", "region": "us-east-1", "ssh_key": "laptop"}]
QUICK = {"fleet_wait_interval": 0.1}
KEY = {"fleet_ssh_key": "laptop", "fleet_ssh_public_key": PUBLIC_KEY_LINE}
COST = {"event": "cost_above_threshold", "instances": 2, "hourly_cost_cents": 150, "threshold_cents": 100}
# What each playbook needs, and the roles that have its other variables. A name in capitals stands for the instance's id.
PLAYBOOKS: dict[str, tuple[Row, tuple[str, ...]]] = {
    "launch": ({"fleet_machines": MACHINES, **KEY, **QUICK}, ("fleet", "node", "ssh_config")),
    "terminate": ({"fleet_machines": [{"name": "mine"}], **QUICK}, ("fleet", "ssh_config", "sync")),
    "account": ({"account_machines": MACHINES}, ("fleet", "ssh_config")),
    "replace": ({"replace_id": "SICK", **QUICK}, ("fleet",)),
    "reap": ({"reaper_wait_interval": 0.1}, ("reaper",)),
    "status": ({}, ()),
    "doctor": ({"fleet_ssh_key": "laptop"}, ("fleet",)),
    "alert": ({"ansible_eda": {"event": COST}}, ()),
}
# Those that the playbooks have beside their roles
OWN = {
    "launch": ("launch_ends_at_ssh",),
    "alert": ("alert_url",),
    "terminate": ("fleet_pull_first",),
    "account": (
        "account_ssh_keys",
        "account_file_systems",
        "account_firewall_rulesets",
        "account_machine_options",
        "account_state",
    ),
    "status": ("status_format", "status_owner_tag", "status_birth_tag"),
}


def specs(playbook: str) -> Row:
    """Return the options of all that a playbook runs, by name."""
    found = role_options(PLAYBOOKS[playbook][1])
    return {name: option for name, option in found.items() if name not in PLAYBOOKS[playbook][0]}


class Account:
    """An account with an instance to end, one of another fleet, twins and one that is unhealthy; and what playbooks do to it."""

    def __init__(self, simulator: Simulator, environment: dict[str, str], folder: Path) -> None:
        self._simulator = simulator
        self._environment = environment
        self._answers = folder / "answers.yml"
        self.ids: dict[str, str] = {}

    def run(self, playbook: str, answers: Row, *arguments: str) -> tuple[int, list[tuple[str, str]], list[str], str]:
        """Run a playbook with answers as AWX hands them over, on a new account.

        Returns its exit status, the names and statuses of the live instances, the operations in their order, and the output.
        """
        simulator = self._simulator
        simulator.reset()
        simulator.seed_ssh_key("laptop", PUBLIC_KEY_LINE)
        self.ids = {
            "mine": simulator.seed_instance("mine", ssh_key_names=["laptop"], tags={"lambdal-cloud-fleet": "vision"}),
            "foreign": simulator.seed_instance("foreign", tags={"lambdal-cloud-fleet": "speech"}),
            "my notebook": simulator.seed_instance("my notebook", tags={"lambdal-cloud-born": "1000000000"}),
            **{f"twin {number}": simulator.seed_instance("twin") for number in (1, 2)},
            "sick": simulator.seed_instance("sick", ssh_key_names=["laptop"]),
        }
        simulator.apply_fate(self.ids["sick"], "unhealthy")
        simulator.forget_requests()
        given = {name: self._with_ids(value) for name, value in answers.items()}
        self._answers.write_text(unsafe_yaml(given) or "{}")
        arguments = arguments or ("--limit", "localhost")
        done = subprocess.run(
            [
                Path(sys.executable).parent / "ansible-playbook",
                f"playbooks/{playbook}.yml",
                "-e",
                f"@{self._answers}",
                *arguments,
            ],
            env=self._environment,
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
        output = " ".join((done.stdout + done.stderr).split())
        assert "Traceback" not in output, output
        assert "unexpected" not in output.lower(), output
        # How often it looks while it waits depends on the speed of the machine.
        operations = [each for each, _again in itertools.groupby(simulator.operations())]
        return done.returncode, self.live(), operations, output

    def live(self) -> list[tuple[str, str]]:
        rows = self._simulator.state()["instances"]
        return sorted(
            (row["name"], row["status"]) for row in rows if row["status"] not in ("terminating", "terminated")
        )

    def live_ids(self) -> set[str]:
        rows = self._simulator.state()["instances"]
        return {row["id"] for row in rows if row["status"] not in ("terminating", "terminated")}

    def _with_ids(self, value: t.Any) -> t.Any:
        if not isinstance(value, str):
            return value
        for name, identity in self.ids.items():
            value = re.sub(rf"\b{name.upper()}\b", identity, value)
        return value

    def untouched(self) -> bool:
        """Return whether no request was one that changes something."""
        return all(each.startswith("list_") for each in self._simulator.operations())


@pytest.fixture
def account(simulator: Simulator, environment: dict[str, str], tmp_path: Path) -> Account:
    return Account(simulator, environment, tmp_path)


@pytest.mark.parametrize("playbook", PLAYBOOKS)
def test_no_answer_is_as_if_nobody_had_asked(account: Account, playbook: str) -> None:
    """No answer to all variables at once: the same outcome, account and requests as without them."""
    base, _roles = PLAYBOOKS[playbook]
    names = [*(name for name, option in specs(playbook).items() if bears_nothing(option)), *OWN.get(playbook, ())]
    expected = account.run(playbook, base)
    given = account.run(playbook, {**base, **dict.fromkeys(names, "")})
    assert given[:3] == expected[:3], given[3]


@pytest.mark.parametrize("playbook", ["launch", "reap"])
def test_no_answer_to_what_is_no_text_is_refused_by_its_name(account: Account, playbook: str) -> None:
    """A number, a list or a choice that is null is refused before anything is asked for."""
    base, _roles = PLAYBOOKS[playbook]
    options = {name: option for name, option in specs(playbook).items() if not bears_nothing(option)}
    status, _live, operations, output = account.run(playbook, {**base, **dict.fromkeys(options, "")})
    assert (status, operations) == (2, []), output
    assert "Validation of arguments failed" in output
    named = {name for name in options if re.search(rf"\b{name}\b", output.split("Origin")[0])}
    assert len(named) > 5, output


@pytest.mark.parametrize("playbook", ["launch", "reap"])
def test_numbers_and_booleans_may_be_text(account: Account, playbook: str) -> None:
    """All that have a default, with that as text: the same as without them."""
    base, _roles = PLAYBOOKS[playbook]
    as_text = {
        name: str(option["default"]).lower()
        for name, option in specs(playbook).items()
        if option.get("type") in ("int", "float", "bool") and option.get("default") is not None
    }
    assert len(as_text) > 4
    caps = {"fleet_max_hourly_cost_cents": "400", "fleet_max_instances": "2"} if playbook == "launch" else {}
    given = account.run(playbook, {**base, **as_text, **QUICK, **caps})
    as_numbers = {name: int(cap) for name, cap in caps.items()}
    assert given[:3] == account.run(playbook, {**base, **as_numbers})[:3], given[3]
    if caps:
        too_many = account.run(playbook, {**base, **caps, "fleet_max_instances": "1"})
        assert (too_many[0], account.untouched()) == (2, True), too_many[3]


OLD = {"reaper_terminate": "true", "reaper_max_age_seconds": "60", "reaper_wait_interval": 0.1}
# What names instances, with nothing in it: the playbook, its variables, and what is said
NO_TARGETS: t.Sequence[tuple[str, Row, str]] = (
    ("launch", {"fleet_machines": "", **KEY}, "Set fleet_machines"),
    ("launch", {"fleet_machines": [{"name": "\n", "instance_type": "gpu_1x_a10"}], **KEY}, "name"),
    ("terminate", {"fleet_machines": ""}, "Set fleet_machines"),
    ("terminate", {"fleet_ids": ""}, "Set fleet_machines"),
    ("terminate", {"fleet_ids": [], "fleet_machines": "", "fleet_name": "vision"}, "Set fleet_machines"),
    ("terminate", {"fleet_machines": [{"name": ""}]}, "name"),
    ("account", {"account_machines": "", "account_state": "absent"}, "0 instances are terminated"),
    ("replace", {"replace_id": ""}, "Set replace_id to the id of one instance"),
    ("replace", {"replace_id": [" "]}, "Set replace_id to the id of one instance"),
    ("replace", {}, "Set replace_id to the id of one instance"),
    ("reap", {"reaper_names": " ", "reaper_ids": "\n", **OLD}, "reaper_terminate needs"),
    ("reap", {"reaper_names": [None], **OLD}, "reaper_terminate needs"),
)


@pytest.mark.parametrize(("playbook", "answers", "told"), NO_TARGETS)
def test_no_target_is_never_every_instance(account: Account, playbook: str, answers: Row, told: str) -> None:
    _status, live, _operations, output = account.run(playbook, {**answers, **QUICK})
    assert account.untouched(), output
    assert len(live) == len(account.ids)
    assert told in output


@pytest.mark.parametrize("playbook", ["provision", "train", "serve"])
def test_no_host_is_never_every_host(account: Account, playbook: str) -> None:
    names = (f"{playbook}_hosts", "fleet_machines", "fleet_name", "fleet_names")
    inventory = ("-i", "playbooks/lambda.yml")
    status, _live, _operations, output = account.run(playbook, dict.fromkeys(names, ""), *inventory)
    assert (status, account.untouched()) == (2, True)
    assert "Nothing names the hosts." in output
    assert f"PLAY [{playbook.capitalize()}" not in output


def test_names_have_blanks_and_stand_one_on_each_line(account: Account) -> None:
    machines = [{**MACHINES[0], "name": "train-1\nsecond notebook\n"}]
    first = account.run("launch", {"fleet_machines": machines, **KEY, **QUICK})
    assert {"train-1", "second notebook"} <= {name for name, _status in first[1]}, first[3]
    assert len(first[1]) == len(account.ids) + 2

    ended = account.run("terminate", {"fleet_machines": [{"name": "my notebook\nmine"}], **QUICK})
    assert [name for name, _status in ended[1]] == ["foreign", "sick", "twin", "twin"], ended[3]
    reaped = account.run("reap", {"reaper_names": "train-9\nmy notebook", **OLD})
    assert [name for name, _status in reaped[1]] == ["foreign", "mine", "sick", "twin", "twin"], reaped[3]


def test_ids_tell_twins_apart(account: Account) -> None:
    ended = account.run("terminate", {"fleet_ids": "TWIN 1\nMINE", **QUICK})
    assert [name for name, _status in ended[1]] == ["foreign", "my notebook", "sick", "twin"], ended[3]
    assert account.live_ids() == set(account.ids.values()) - {account.ids["twin 1"], account.ids["mine"]}
