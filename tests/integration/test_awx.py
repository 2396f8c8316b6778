# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The files for AWX: by its rules, and run as it runs them, with ansible-runner and what its credentials inject."""

from __future__ import annotations

import json
import re
import shutil
import stat
import subprocess
import sys
import typing as t
import zipfile
from pathlib import Path

import jinja2
import pytest
import yaml
from support.awx import running_awx
from support.documents import follow, script
from support.runner import BUILD, ROOT, ansible, module_environment
from support.simulator import KEY, Simulator, running_simulator

AWX = ROOT / "extensions" / "awx"
INPUTS = yaml.safe_load((AWX / "credential_type" / "inputs.yml").read_text())
INJECTORS = yaml.safe_load((AWX / "credential_type" / "injectors.yml").read_text())
JOBS = ("launch", "provision", "reap", "terminate")
SSH_PORT = 2225

# What AWX does not let a credential set.
BLOCKED = {"VIRTUAL_ENV", "PATH", "PYTHONPATH", "JOB_ID", "INVENTORY_ID", "INVENTORY_SOURCE_ID", "INVENTORY_UPDATE_ID"}
BLOCKED |= {
    "AD_HOC_COMMAND_ID",
    "REST_API_URL",
    "REST_API_TOKEN",
    "MAX_EVENT_RES",
    "CALLBACK_QUEUE",
    "CALLBACK_CONNECTION",
}
BLOCKED |= {"CACHE", "JOB_CALLBACK_DEBUG", "INVENTORY_HOSTVARS", "AWX_HOST", "PROJECT_REVISION"}


def test_the_inputs_are_as_awx_takes_them() -> None:
    assert set(INPUTS) <= {"fields", "required", "metadata"}
    ids = [field["id"] for field in INPUTS["fields"]]
    assert len(set(ids)) == len(ids)
    assert set(INPUTS["required"]) <= set(ids)
    for field in INPUTS["fields"]:
        assert re.fullmatch(r"[a-zA-Z_]+[a-zA-Z0-9_]*", field["id"])
        assert field["id"] != "tower"
        assert field["label"]
        assert field["type"] in ("string", "boolean")
        known = {
            "id",
            "type",
            "label",
            "help_text",
            "secret",
            "multiline",
            "format",
            "choices",
            "default",
            "ask_at_runtime",
        }
        assert set(field) <= known
        assert field.get("format") in (None, "url", "ssh_private_key", "vault_id")
        assert not (field.get("secret") and "default" in field)
    assert [field["id"] for field in INPUTS["fields"] if field.get("secret")] == ["api_key"]


def test_the_injectors_are_as_awx_takes_them() -> None:
    assert set(INJECTORS) <= {"env", "extra_vars", "file"}
    for name, template in INJECTORS["env"].items():
        assert re.fullmatch(r"[a-zA-Z_]+[a-zA-Z0-9_]*", name)
        assert name not in BLOCKED
        assert not name.startswith("ANSIBLE_")
        # A field that is not there is an error to AWX.
        render(template, {field["id"]: "x" for field in INPUTS["fields"]})
    # A secret must not be an extra variable, which job pages show.
    assert "extra_vars" not in INJECTORS


@pytest.mark.parametrize("job", JOBS)
def test_a_survey_is_as_awx_takes_it(job: str) -> None:
    survey = json.loads((AWX / "surveys" / f"{job}.json").read_text())
    assert {"name", "description", "spec"} == set(survey)
    variables = [question["variable"] for question in survey["spec"]]
    assert len(set(variables)) == len(variables)
    for question in survey["spec"]:
        assert question["type"] in ("text", "textarea", "password", "integer", "float", "multiplechoice", "multiselect")
        assert " " not in question["variable"]
        assert isinstance(question["required"], bool)
        if question["type"] in ("multiplechoice", "multiselect"):
            assert question["choices"]
            assert set(question["default"].split("\n")) - {""} <= set(question["choices"])
        if question["type"] == "integer":
            assert question["min"] <= question["default"] <= question["max"]
    used = set(re.findall(r"\bsurvey_\w+", (AWX / "project" / f"{job}.yml").read_text()))
    assert used == set(variables)


def render(template: str, values: dict[str, str]) -> str:
    return jinja2.Environment(undefined=jinja2.StrictUndefined).from_string(template).render(values)


@pytest.fixture
def cloud(tmp_path: Path) -> t.Iterator[Simulator]:
    options = ["--hosts", "local", "--ssh-port", str(SSH_PORT), "--boot-time", "0", "--time-scale", "1000"]
    with running_simulator(tmp_path, *options) as simulator:
        yield simulator


class Controller:
    """What AWX does around ansible-runner: a folder for each job, the project in it, the credentials injected."""

    def __init__(self, folder: Path, home: Path, cloud: Simulator, private_key: str) -> None:
        self._folder = folder
        self._home = home
        self._private_key = private_key
        values = {field["id"]: field.get("default", "") for field in INPUTS["fields"]}
        values.update(api_key=KEY, api_url=cloud.api_url)
        self.injected = {name: render(template, values) for name, template in INJECTORS["env"].items()}
        # The environment of its containers, and what a simulated account needs: other ports, and no time to lose
        self.environment = {
            **module_environment(home),
            "ANSIBLE_COLLECTIONS_PATH": str(BUILD),
            "ANSIBLE_REMOTE_PORT": str(SSH_PORT),
            "ANSIBLE_SSH_ARGS": "-C -o ControlMaster=no",
            "LAMBDA_REQUEST_INTERVAL": "0",
            "LAMBDA_LAUNCH_INTERVAL": "0",
        }

    def update_inventory(self) -> dict[str, t.Any]:
        """An inventory update: the source of the project, as `--list --export` prints it."""
        command = ["ansible-inventory", "-i", str(AWX / "project" / "lambda.yml"), "--list", "--export"]
        done = ansible(command, {**self.environment, **self.injected}, cwd=self._folder)
        return t.cast("dict[str, t.Any]", json.loads(done.stdout))

    def run(self, job: str, answers: dict[str, t.Any]) -> str:
        """A job of a template, with the answers to its survey and the hosts of an inventory that was just updated."""
        survey = json.loads((AWX / "surveys" / f"{job}.json").read_text())["spec"]
        folder = self._folder / f"{job}-{len(list(self._folder.iterdir()))}"
        shutil.copytree(AWX / "project", folder / "project")
        (folder / "env").mkdir()
        (folder / "inventory").mkdir()
        defaults = {each["variable"]: default_answer(each) for each in survey}
        # The machines have this system's files, so what a test before this one saw of them must be elsewhere.
        here = {"fleet_wait_interval": 0.1, "reaper_state_file": str(self._folder / "seen.json")}
        (folder / "env" / "extravars").write_text(json.dumps({**defaults, **here, **answers}))
        (folder / "env" / "envvars").write_text(json.dumps(self.injected))
        (folder / "env" / "ssh_key").write_text(self._private_key)
        hosts = folder / "inventory" / "hosts"
        hosts.write_text(f"#!/bin/sh\ncat <<'END'\n{json.dumps(self.update_inventory())}\nEND\n")
        hosts.chmod(stat.S_IRWXU)
        command = ["ansible-runner", "run", str(folder), "-p", f"{job}.yml", "--ident", job]
        path = f"{Path(sys.executable).parent}:{self.environment['PATH']}"
        done = ansible(command, {**self.environment, "PATH": path}, cwd=self._folder)
        # What a job prints and its events, AWX stores and shows. It masks the environment of its command by itself.
        shown = [path for path in (folder / "artifacts" / job).rglob("*") if path.is_file() and path.name != "command"]
        assert {"stdout", "rc"} <= {path.name for path in shown}
        left = "".join(path.read_text(errors="replace") for path in shown)
        assert KEY not in left + done.stdout
        return done.stdout


def default_answer(question: dict[str, t.Any]) -> t.Any:
    default = question["default"]
    return default.split("\n") if question["type"] == "multiselect" and default else default


@pytest.mark.skipif(
    not shutil.which("ssh-agent"), reason="ssh-agent (Debian: openssh-client) is what ansible-runner hands keys to"
)
def test_jobs_run_as_awx_runs_them(cloud: Simulator, tmp_path: Path, home: Path) -> None:
    import asyncssh

    pair = asyncssh.generate_private_key("ssh-ed25519")
    jobs = tmp_path / "jobs"
    jobs.mkdir()
    awx = Controller(jobs, home, cloud, pair.export_private_key().decode())
    answers = {"survey_names": "train-[01:02] eval", "survey_ssh_public_key": pair.export_public_key().decode()}
    assert "3 machines cost 2.25 US dollars per hour" in awx.run("launch", answers)
    assert set(cloud.live()) == {"train-01", "train-02", "eval"}
    assert re.search(r"localhost .*changed=0 ", awx.run("launch", answers))
    inventory = awx.update_inventory()
    assert sorted(inventory["lambda_cloud"]["hosts"]) == ["eval", "train-01", "train-02"]
    assert inventory["_meta"]["hostvars"]["eval"]["ansible_host"] == cloud.live()["eval"]["ip"]
    assert KEY not in json.dumps(inventory)
    assert "1 GPU answers" in awx.run("provision", {})
    awx.run("reap", {})
    assert len(cloud.live()) == 3
    awx.run("terminate", {"survey_names": "train-[01:02]"})
    assert set(cloud.live()) == {"eval"}
    awx.run("reap", {"survey_terminate": "yes", "survey_owner_names": "eval"})
    assert set(cloud.live()) == {"eval"}
    awx.run("terminate", {"survey_names": "eval"})
    assert cloud.live() == {}


@pytest.fixture
def awx_collection(tmp_path: Path) -> Path:
    """A folder of collections with awx.awx, which is on PyPI as a part of Ansible's community package."""
    download = ["pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps", "ansible"]
    subprocess.run([sys.executable, "-m", *download, "--dest", str(tmp_path / "wheel")], check=True)
    (wheel,) = (tmp_path / "wheel").iterdir()
    with zipfile.ZipFile(wheel) as archive:
        names = [name for name in archive.namelist() if name.startswith("ansible_collections/awx/awx/")]
        archive.extractall(tmp_path / "collections", names)
    return tmp_path / "collections"


@pytest.mark.slow
def test_its_playbook_sets_awx_up_once(awx_collection: Path, home: Path, tmp_path: Path) -> None:
    (home / ".ssh").mkdir()
    (home / ".ssh" / "id_ed25519").write_text("the private half\n")
    folder = tmp_path / "here"
    shutil.copytree(AWX, folder)
    environment = {
        **module_environment(home),
        "PATH": f"{Path(sys.executable).parent}:{module_environment(home)['PATH']}",
        "ANSIBLE_COLLECTIONS_PATH": str(awx_collection),
        "ANSIBLE_NOCOLOR": "true",
        "LAMBDA_API_KEY": KEY,
    }
    text = script(AWX / "README.md").replace("ansible-galaxy collection install awx.awx\n", "")
    with running_awx(AWX / "project") as (awx, address):
        text = text.replace("https://awx.example.com", address)

        def run(more: str = "") -> str:
            return follow(text.replace("-e @vars.yml", f"-e @vars.yml {more}"), environment, folder)

        first = run()
        assert re.search(r"ok=8 +changed=8 .*failed=0", first)
        account, machines = (awx.one("credentials", f"Lambda Cloud {name}") for name in ("account", "machines"))
        assert account["inputs"] == {"api_key": "$encrypted$", "api_url": INPUTS["fields"][1]["default"]}
        assert awx.secrets[account["id"]]["api_key"] == KEY
        assert awx.one("credential_types", "Lambda Cloud")["injectors"] == INJECTORS
        assert awx.one("inventory_sources", "Lambda Cloud")["credential"] == account["id"]
        for job in JOBS:
            template = awx.one("job_templates", f"Lambda Cloud: {job}")
            assert awx.surveys[template["id"]] == json.loads((AWX / "surveys" / f"{job}.json").read_text())
            both = awx.associations["job_templates", template["id"], "credentials"]
            assert sorted(both) == sorted([account["id"], machines["id"]])
        reap = awx.one("job_templates", "Lambda Cloud: reap")
        assert awx.one("schedules", "Lambda Cloud: look for idle machines")["unified_job_template"] == reap["id"]

        second = run()
        assert re.search(r"ok=8 +changed=0 .*failed=0", second)
        environment["LAMBDA_API_KEY"] = "another-key"
        assert re.search(r"ok=8 +changed=0 .*failed=0", run())
        assert awx.secrets[account["id"]]["api_key"] == KEY
        third = run("-e awx_update_secrets=true")
        assert re.search(r"ok=8 +changed=2 .*failed=0", third)
        assert awx.secrets[account["id"]]["api_key"] == "another-key"
    assert KEY not in first + second + third
    assert "the private half" not in first + second + third
