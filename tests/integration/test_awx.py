# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The files for AWX: by its rules, and run as it runs them, with ansible-runner and what its credentials inject."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import typing as t
import zipfile
from pathlib import Path
from shutil import which

import jinja2
import pytest
import yaml
from lambda_cloud_simulator.testing import Simulator
from support.awx_api import running_awx
from support.awx_jobs import Controller, answered, check_survey, injected
from support.documents import follow, script
from support.runner import (
    BUILD,
    MODULE_NAMES,
    ROOT,
    UNPACED,
    module_environment,
    simulator_with_hosts,
    ssh_environment,
)

AWX = ROOT / "extensions" / "awx"
INPUTS = yaml.safe_load((AWX / "credential_type" / "inputs.yml").read_text())
INJECTORS = yaml.safe_load((AWX / "credential_type" / "injectors.yml").read_text())
JOBS = ("launch", "provision", "train", "pull", "reap", "terminate")
SURVEYS = {job: json.loads((AWX / "surveys" / f"{job}.json").read_text()) for job in JOBS}
SSH_PORT = 2225


def test_the_inputs_are_as_awx_takes_them() -> None:
    """By awx/main/fields.py, CredentialTypeInputField.schema and CredentialTypeInputField.validate."""
    assert set(INPUTS) <= {"fields", "required", "metadata", "dependencies"}
    ids = [field["id"] for field in INPUTS["fields"]]
    assert len(set(ids)) == len(ids)
    assert set(INPUTS["required"]) <= set(ids)
    for field in INPUTS["fields"]:
        assert re.fullmatch(r"[a-zA-Z_]+[a-zA-Z0-9_]*", field["id"])
        assert field["id"] != "tower"
        assert field["label"]
        assert field["type"] in ("string", "boolean")
        known = "id type label help_text secret multiline format choices default ask_at_runtime"
        assert set(field) <= set(known.split())
        assert field.get("format") in (None, "url", "ssh_private_key", "vault_id")
        assert not (field.get("secret") and "default" in field)
    assert [field["id"] for field in INPUTS["fields"] if field.get("secret")] == ["api_key"]


def test_the_injectors_are_as_awx_takes_them() -> None:
    """By awx/main/fields.py, CredentialTypeInjectorField.validate."""
    assert set(INJECTORS) <= {"env", "extra_vars", "file"}
    fields = {field["id"]: "x" for field in INPUTS["fields"]}
    for name, template in INJECTORS["env"].items():
        assert re.fullmatch(r"[a-zA-Z_]+[a-zA-Z0-9_]*", name)
        # A field that is not there is an error to AWX.
        jinja2.Environment(undefined=jinja2.StrictUndefined).from_string(template).render(fields)
    assert set(injected(INPUTS, INJECTORS, {"api_key": "x"})) == set(INJECTORS["env"])
    # A secret must not be an extra variable, which job pages show.
    assert "extra_vars" not in INJECTORS


@pytest.mark.parametrize("job", JOBS)
def test_a_survey_is_as_awx_takes_it_and_all_of_it_is_read(job: str) -> None:
    check_survey(SURVEYS[job])
    playbook = (AWX / "project" / f"{job}.yml").read_text()
    if "choose.yml" in playbook:
        playbook += (AWX / "project" / "choose.yml").read_text()
    # Whether what fails is replaced is asked for provision alone.
    used = set(re.findall(r"\bsurvey_\w+(?= \| default)", playbook)) - (
        {"survey_on_failure"} if job in ("train", "pull") else set()
    )
    assert used == {question["variable"] for question in SURVEYS[job]["spec"]}
    for question in SURVEYS[job]["spec"]:
        # AWX lets empty text through as the answer to a required question, unless it is too short.
        if question["required"] and question["type"] in ("text", "textarea"):
            assert question["min"] == 1


# What AWX's pages call an option that the playbook switches on
SWITCHES = {
    "scm_update_on_launch": "*Update revision on launch*",
    "overwrite": "*Overwrite*",
    "overwrite_vars": "*Overwrite variables*",
    "update_on_launch": "*Update on launch*",
    "ask_job_type_on_launch": "*Prompt on launch* for the job type and the limit",
    "ask_limit_on_launch": "*Prompt on launch* for the job type and the limit",
    "survey_enabled": "*Survey Enabled*",
}
# How the playbook runs, which is nothing of AWX
UNSEEN = {"update_project", "wait"}


def test_by_hand_is_the_same_as_by_playbook() -> None:
    (play,) = yaml.safe_load((AWX / "configure.yml").read_text())
    text = (AWX / "README.md").read_text().partition("## By hand\n")[2].partition("\n## ")[0]
    words = " ".join(text.split())
    made = [
        (kind.removeprefix("awx.awx."), options)
        for task in play["tasks"]
        for kind, options in task.items()
        if kind.startswith("awx.awx.") and kind != "awx.awx.organization"
    ]
    # Each in a step of its own, but both credentials and the source of the inventory, in the same order
    steps = ["execution_environment", "credential_type", "credential", "credential", "project", "inventory"]
    steps += ["inventory_source", "notification_template", "job_template", "schedule", "workflow_job_template"]
    assert [kind for kind, _options in made] == steps
    titles = "Execution environment|Credential type|Credentials|Project|Inventory|Notification|Job templates|Schedule|Workflow"
    assert re.findall(r"(?m)^\d\. \*\*(.*)\.\*\*", text) == titles.split("|")
    for kind, options in made:
        name = options["name"].replace("{{ prefix }}", "Lambda Cloud").replace("{{ environment_name }}", "Lambda Cloud")
        assert f"`{name.replace('{{ awx_template }}', 'launch')}`" in words
        for option, value in options.items():
            if value is True and option not in UNSEEN:
                assert SWITCHES[option] in words, f"{kind}: {option}"
    assert all(f"`{job}`" in words or f"`{job}.yml`" in words for job in play["vars"]["templates"])
    assert {"ubuntu", "lambda.yml"} <= {*re.findall(r"`([^`]+)`", words)}

    answers = re.findall(r"'survey_\w+': '?(\w+)", play["vars"]["reap_answers"])
    assert answers == ["60", "0", "no", "fail"]
    assert "every 15 minutes" in words
    assert "60 minutes, 0 dollars, `no`, and `fail` if there is a notification, else `report`" in words
    rows = [
        [cell.strip() for cell in line.strip().strip("|").split("|")] for line in text.splitlines() if " | " in line
    ]
    table = {row[0].strip("`"): row[1:] for row in rows[2:]}
    for node in next(task for task in play["tasks"] if "nodes" in task.get("vars", {}))["vars"]["nodes"]:
        links = [
            ", ".join(f"`{each['identifier']}`" for each in node.get("related", {}).get(f"{way}_nodes", []))
            for way in ("success", "failure", "always")
        ]
        own = ", ".join(f"`{question}: {answer}`" for question, answer in node.get("extra_data", {}).items())
        assert table.pop(node["identifier"]) == [*links, own]
    assert table == {}


@pytest.fixture
def cloud(tmp_path: Path) -> t.Iterator[Simulator]:
    with simulator_with_hosts(tmp_path, SSH_PORT) as simulator:
        yield simulator


def controller(simulator: Simulator, folder: Path, home: Path, private_key: str = "") -> Controller:
    folder.mkdir(exist_ok=True)
    credential = injected(INPUTS, INJECTORS, {"api_key": simulator.api_key, "api_url": simulator.api_url})
    # Other ports, and no time to lose
    environment = {**module_environment(home), **ssh_environment(SSH_PORT), **UNPACED}
    del environment["PYTHONPATH"]
    here = {
        "fleet_wait_interval": 0.1,
        # The instances have this system's files, so what a test before this one saw of them must be elsewhere.
        "reaper_state_file": str(folder / "seen.json"),
        # The hosts are this one, where not everybody becomes root.
        "ansible_become": False,
    }
    return Controller(folder, AWX / "project", BUILD, environment, credential, private_key, here)


@pytest.mark.skipif(
    not which("ssh-agent"), reason="ssh-agent (Debian: openssh-client) is what ansible-runner hands keys to"
)
def test_jobs_run_as_awx_runs_them(cloud: Simulator, tmp_path: Path, home: Path) -> None:
    import asyncssh

    pair = asyncssh.generate_private_key("ssh-ed25519")
    awx = controller(cloud, tmp_path / "jobs", home, pair.export_private_key().decode())

    def run(job: str, answers: dict[str, t.Any], *arguments: str, succeed: bool = True) -> str:
        output = awx.run(job, answered(SURVEYS[job], answers), *arguments, succeed=succeed)
        assert cloud.api_key not in awx.shown
        return output

    launch = {
        "survey_names": "train-[01:02]\nmy notebook",
        "survey_instance_types": ["gpu_1x_a10"],
        "survey_max_price_cents": 400,
        "survey_ssh_key": "awx",
        "survey_ssh_public_key": pair.export_public_key().decode(),
        # As the page of a launch sends what was left empty
        **dict.fromkeys(("survey_image", "survey_fleet", "survey_file_systems", "survey_needs_gpu"), ""),
    }
    assert "3 instances cost 2.25 US dollars per hour" in run("launch", launch)
    assert set(cloud.live()) == {"train-01", "train-02", "my notebook"}
    inventory = awx.update_inventory()
    assert sorted(inventory["lambda_cloud"]["hosts"]) == ["my_notebook", "train-01", "train-02"]
    assert inventory["_meta"]["hostvars"]["my_notebook"]["ansible_host"] == cloud.live()["my notebook"]["ip"]
    assert cloud.api_key not in json.dumps(inventory)
    assert re.search(r"localhost .*changed=0 ", run("launch", launch))

    one = run("provision", {"survey_names": "my notebook", "survey_on_failure": "report", "survey_node": "no"})
    assert one.count("1 GPU answers") == 1
    refused = run(
        "provision", {"survey_names": "all", "survey_on_failure": "replace", "survey_node": "no"}, succeed=False
    )
    assert "To replace instances, say which: names, ids or a fleet. Nothing was done." in refused
    nobody = {"survey_names": "train-09", "survey_on_failure": "fail", "survey_node": "no"}
    assert "No active instance has one of the names or ids" in run("provision", nobody, succeed=False)

    limits = {"survey_idle_minutes": 60, "survey_budget_dollars": 0}
    run("reap", {**limits, "survey_terminate": "yes", "survey_owner_names": "my notebook"})
    left_out = run("terminate", {"survey_names": "train-01"}, "-l", "train-01", succeed=False)
    assert "the limit leaves out localhost" in left_out
    run("terminate", {"survey_names": "train-[01:02]"}, "--check")
    assert len(cloud.live()) == 3

    twins = {cloud.seed_instance("twin") for _each in range(2)}
    mixed = run("terminate", {"survey_names": "my notebook\ntwin\ngone\ntrain-[01:02]"}, succeed=False)
    assert "Several live instances share these names, so they were left, and bill: twin" in mixed
    assert "No live instance has the name or id gone." in mixed
    live = [row for row in cloud.state()["instances"] if row["status"] not in ("terminating", "terminated")]
    assert {row["id"] for row in live} == twins
    run("terminate", {"survey_names": "\n".join([*twins, "gone"]), "survey_on_missing": "report"})
    assert cloud.live() == {}


@pytest.mark.parametrize("job", ["launch", "reap", "terminate"])
def test_no_job_is_successful_with_a_limit_that_leaves_out_the_work(job: str) -> None:
    """Every job that works on localhost looks for it first, and fails on the hosts of the limit if it is not there."""
    look, require, *_work = yaml.safe_load((AWX / "project" / f"{job}.yml").read_text())
    assert (look["hosts"], require["hosts"]) == ("localhost", "all")
    (fact,) = look["tasks"][0]["ansible.builtin.set_fact"]
    assert f"hostvars['localhost'].{fact} | " in require["tasks"][0]["ansible.builtin.assert"]["that"]


def test_answers_that_nobody_gave(simulator: Simulator, tmp_path: Path, home: Path) -> None:
    """A launch by the API, a workflow or a schedule may leave out or null what the page of a launch asks for."""
    awx = controller(simulator, tmp_path / "jobs", home)
    for job, told in (
        ("launch", "No name was given, so nothing is launched"),
        ("terminate", "No name and no id was given"),
        ("reap", "0 of 0 instances exceed a limit"),
    ):
        # Newer cores read `!unsafe ''` as null.
        nothing = dict.fromkeys((question["variable"] for question in SURVEYS[job]["spec"]), "")
        output = awx.run(job, nothing, succeed=job == "reap")
        assert told in output
        assert "Traceback" not in output


@pytest.mark.slow
def test_a_core_that_is_too_old_is_told_in_one_sentence(home: Path, tmp_path: Path) -> None:
    """As in AWX's own execution environment, which has ansible-core 2.15 on Python 3.9."""
    unpack_package("ansible-core==2.15.*", tmp_path / "core")
    (tmp_path / "lambda.yml").write_text("plugin: lambdal.cloud.lambda_cloud\n")
    tasks = [{f"lambdal.cloud.{module}": {}, "ignore_errors": True} for module in MODULE_NAMES]
    (tmp_path / "play.yml").write_text(json.dumps([{"hosts": "localhost", "gather_facts": False, "tasks": tasks}]))

    def told(*command: str, **more: str) -> str:
        done = subprocess.run(
            [sys.executable, "-m", "ansible", *command],
            env={
                **module_environment(home),
                "PYTHONPATH": str(tmp_path / "core"),
                "ANSIBLE_COLLECTIONS_PATHS": str(BUILD),
                **more,
            },
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )
        return " ".join((done.stdout + done.stderr).split())

    fleet = {"fleet_machines": [{"name": "a", "instance_type": "gpu_1x_a10"}], "fleet_ssh_key": "awx"}
    for text, times in (
        (told("playbook", "play.yml"), len(MODULE_NAMES)),
        (told("playbook", "lambdal.cloud.launch", "-e", json.dumps(fleet)), 1),
        (told("inventory", "-i", "lambda.yml", "--list", ANSIBLE_INVENTORY_UNPARSED_FAILED="True"), 1),
    ):
        assert text.count("lambdal.cloud needs ansible-core 2.19 or later, and this is 2.15.") == times, text
        assert not re.search("ImportError|cannot import|has no attribute|Skipping", text), text


def unpack_package(requirement: str, folder: Path, prefix: str = "") -> None:
    """Unpack a package of PyPI into a folder: all of it, or what has a prefix."""
    download = ["pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps", requirement]
    subprocess.run([sys.executable, "-m", *download, "--dest", f"{folder}.wheel"], check=True)
    (wheel,) = Path(f"{folder}.wheel").iterdir()
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder, [name for name in archive.namelist() if name.startswith(prefix)])


@pytest.fixture
def awx_collection(tmp_path: Path) -> Path:
    """Return a folder of collections with awx.awx, which is on PyPI as a part of Ansible's community package."""
    unpack_package("ansible<14", tmp_path / "collections", "ansible_collections/awx/awx/")
    return tmp_path / "collections"


@pytest.mark.slow
def test_its_playbook_sets_awx_up_once(awx_collection: Path, home: Path, tmp_path: Path, simulator: Simulator) -> None:
    (home / ".ssh").mkdir()
    (home / ".ssh" / "id_ed25519").write_text("the private half\n")
    folder = tmp_path / "here"
    shutil.copytree(AWX, folder)
    environment = {
        **module_environment(home),
        "PATH": f"{Path(sys.executable).parent}:{module_environment(home)['PATH']}",
        "ANSIBLE_COLLECTIONS_PATH": f"{awx_collection}:{BUILD}",
        "ANSIBLE_NOCOLOR": "true",
        "LAMBDA_API_KEY": simulator.api_key,
    }
    text = script(AWX / "README.md", ["secret"]).replace("ansible-galaxy collection install awx.awx\n", "")
    more = {
        "awx_lambda_api_url": simulator.api_url,
        # One that is not there yet
        "awx_organization": "Research",
        "awx_notification": {
            "notification_type": "webhook",
            "notification_configuration": {"url": "https://chat.example.com", "http_method": "POST", "headers": {}},
        },
    }
    (folder / "more.json").write_text(json.dumps(more))
    output = []
    with running_awx(AWX / "project") as (awx, address):
        text = text.replace("https://awx.example.com", address)

        def run(*options: str, succeed: bool = True) -> str:
            ending = "" if succeed else " || true"
            command = " ".join(["-e @vars.yml -e @more.json", *options]) + ending
            done = follow(text.replace("-e @vars.yml", command), environment, folder, 600)
            assert ("failed=0" in done) == succeed, done
            output.append(done)
            return done

        assert "Set awx_project_url, awx_lambda_api_key" in run("-e awx_execution_environment_image=", succeed=False)
        assert "The organization Research has no Galaxy credential" in run(succeed=False)
        (folder / "more.json").write_text(json.dumps({**more, "awx_galaxy_credentials": ["Ansible Galaxy"]}))
        # After each failure, the next run goes on.
        awx.failing_syncs = 2
        assert re.search(r"Ensure the project\].*fatal", run(succeed=False), re.DOTALL)
        awx.failing_table = "schedules"
        assert "The database went away" in run(succeed=False)
        # A secret that is there is not written again, unless told to.
        (home / ".ssh" / "id_ed25519").write_text("another private half\n")
        run("-e awx_update_secrets=true")
        (home / ".ssh" / "id_ed25519").write_text("a third private half\n")
        assert re.search(r"changed=0 ", run())
        assert (
            awx.secrets[awx.one("credentials", "Lambda Cloud machines")["id"]]["ssh_key_data"] == "another private half"
        )

        account, login = (awx.one("credentials", f"Lambda Cloud {name}") for name in ("account", "machines"))
        assert account["inputs"] == {"api_key": "$encrypted$", "api_url": simulator.api_url}
        assert awx.secrets[account["id"]]["api_key"] == simulator.api_key
        assert awx.one("credential_types", "Lambda Cloud")["injectors"] == INJECTORS
        environment_id = awx.one("execution_environments", "Lambda Cloud")["id"]
        source = awx.one("inventory_sources", "Lambda Cloud")
        assert (source["credential"], source["execution_environment"]) == (account["id"], environment_id)
        templates = {job: awx.one("job_templates", f"Lambda Cloud: {job}") for job in JOBS}
        for template in templates.values():
            assert (template["ask_limit_on_launch"], template["ask_job_type_on_launch"]) == (True, True)
            assert template["execution_environment"] == environment_id
            both = awx.associations["job_templates", template["id"], "credentials"]
            assert sorted(both) == sorted([account["id"], login["id"]])
        asked = {each["variable"]: each for each in awx.surveys[templates["launch"]["id"]]["spec"]}
        assert "cpu_4x_general" in asked["survey_instance_types"]["choices"]
        schedule = awx.one("schedules", "Lambda Cloud: look for idle machines")
        assert schedule["unified_job_template"] == templates["reap"]["id"]
        assert schedule["extra_data"]["survey_terminate"] == "no"

        nodes = {row["identifier"]: row["id"] for row in awx.tables["workflow_job_template_nodes"]}
        paths = {
            (source, kind.removesuffix("_nodes"), target)
            for source, number in nodes.items()
            for kind in ("success_nodes", "failure_nodes", "always_nodes")
            for target in nodes
            if nodes[target] in awx.associations.get(("workflow_job_template_nodes", number, kind), [])
        }
        assert paths == {
            ("launch", "success", "provision"),
            ("launch", "failure", "terminate"),
            ("provision", "success", "train"),
            ("provision", "failure", "terminate"),
            ("train", "always", "pull"),
            ("pull", "always", "terminate"),
        }

        told = awx.one("notification_templates", "Lambda Cloud")["id"]
        assert awx.associations["job_templates", templates["reap"]["id"], "notification_templates_error"] == [told]
        assert schedule["extra_data"]["survey_on_found"] == "fail"
    assert simulator.api_key not in "".join(output)
    assert "private half" not in "".join(output)
