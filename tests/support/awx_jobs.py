# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What AWX does with a project: surveys, jobs and inventory updates, by its rules, run with ansible-runner as it runs them.

Each rule names the file and the function of AWX 24.6.1 that has it.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import stat
import sys
import typing as t
from pathlib import Path

import jinja2.sandbox
import yaml
from support.awx_import import import_inventory, inventory_script
from support.runner import ansible

Row = dict[str, t.Any]

# awx/main/constants.py, ENV_BLOCKLIST: what no credential may set
_BLOCKED = """
VIRTUAL_ENV PATH PYTHONPATH JOB_ID INVENTORY_ID INVENTORY_SOURCE_ID INVENTORY_UPDATE_ID AD_HOC_COMMAND_ID REST_API_URL
REST_API_TOKEN MAX_EVENT_RES CALLBACK_QUEUE CALLBACK_CONNECTION CACHE JOB_CALLBACK_DEBUG INVENTORY_HOSTVARS AWX_HOST
PROJECT_REVISION SUPERVISOR_CONFIG_PATH
"""
BLOCKED = frozenset(_BLOCKED.split())
# awx/main/constants.py, STANDARD_INVENTORY_UPDATE_ENV
_UPDATE = {
    "ANSIBLE_INVENTORY_UNPARSED_FAILED": "True",
    "ANSIBLE_INVENTORY_EXPORT": "True",
    "ANSIBLE_VERBOSE_TO_STDERR": "True",
    "ANSIBLE_HOST_PATTERN_MISMATCH": "error",
}
# awx/settings/defaults.py, which tasks/jobs.py, BaseTask.build_env, hands to every process
_EVERYWHERE = {
    "ANSIBLE_HOST_KEY_CHECKING": "False",
    "ANSIBLE_PARAMIKO_RECORD_HOST_KEYS": "False",
    "ANSIBLE_FORCE_COLOR": "True",
    "ANSIBLE_INVENTORY_UNPARSED_FAILED": "True",
}
_DEFAULT_PATHS = "~/.ansible/collections:/usr/share/ansible/collections"
# Where AWX mounts a job's folder in its container
_ROOT = "/runner"
_TYPES: dict[str, tuple[type, ...]] = {
    "text": (str,),
    "textarea": (str,),
    "password": (str,),
    "multiplechoice": (str,),
    "multiselect": (str,),
    "integer": (int,),
    "float": (float,),
}


class Refused(Exception):
    """What AWX answers with 400, or what fails a job before Ansible starts."""


class _Unsafe(yaml.SafeDumper):
    """awx/main/utils/safe_yaml.py, safe_dump: a user's text is never a template, and neither are its names."""


_Unsafe.add_representer(str, lambda dumper, text: dumper.represent_scalar("!unsafe", text))


def unsafe_yaml(variables: Row) -> str:
    return "".join(yaml.dump({name: value}, Dumper=_Unsafe) for name, value in variables.items())


def check_survey(survey: Row) -> None:
    """Refuse a survey as AWX does: awx/api/views/__init__.py, JobTemplateSurveySpec._validate_spec_data."""
    for field, kind in (("name", str), ("description", str), ("spec", list)):
        if not isinstance(survey.get(field), kind):
            raise Refused(f"the survey's {field}")
    if not survey["spec"]:
        raise Refused("'spec' has no question")
    variables = [each["variable"] for each in survey["spec"]]
    if len(set(variables)) != len(variables):
        raise Refused("a variable is asked for twice")
    for question in survey["spec"]:
        if not all(isinstance(question.get(field), str) for field in ("type", "question_name", "variable")):
            raise Refused(f"{question}: type, question_name and variable are text")
        if not isinstance(question.get("required"), bool) or question["type"] not in _TYPES:
            raise Refused(f"{question}: required is a boolean, and the type a known one")
        default = question.get("default", "")
        if default != "" and not isinstance(default, _TYPES[question["type"]]):
            raise Refused(f"{question}: the default is of another type")
        if any(not isinstance(question.get(bound), (int, type(None))) for bound in ("min", "max")):
            raise Refused(f"{question}: min and max are whole numbers")
        if question["type"] in ("multiplechoice", "multiselect"):
            chosen = str(default).splitlines()
            if "choices" not in question or not set(chosen) <= set(question["choices"]):
                raise Refused(f"{question}: the default is one of the choices")
            if question["type"] == "multiplechoice" and len(chosen) > 1:
                raise Refused(f"{question}: one default at most")


def _problem(question: Row, answers: Row) -> str | None:
    """Return what is wrong with an answer: awx/main/models/mixins.py, SurveyJobTemplateMixin._survey_element_validation."""
    name, kind = question["variable"], question["type"]
    if name not in answers:
        # Empty text is an answer, and the default of a required question is none.
        return f"'{name}' value missing" if question["required"] else None
    value = answers[name]
    low, high = question.get("min"), question.get("max")
    if kind in ("text", "textarea", "password"):
        if not isinstance(value, str):
            return f"{name}: a string is expected"
        size: t.Any = len(value)
    elif kind in ("integer", "float"):
        # To AWX, true and false are no numbers.
        if isinstance(value, bool) or not isinstance(value, int if kind == "integer" else (int, float)):
            return f"{name}: a number is expected"
        size = value
    else:
        if kind == "multiselect" and not isinstance(value, list):
            return f"{name}: a list is expected"
        wrong = set(value if isinstance(value, list) else [value]) - set(question["choices"])
        return f"{name}: {wrong} is not one of the choices" if wrong else None
    if (low is not None and size < low) or (high is not None and size > high):
        return f"{name}: {size} is not from {low} to {high}"
    return None


def answered(survey: Row, answers: Row) -> Row:
    """Return the extra variables of a launch with these answers.

    awx/main/models/mixins.py, SurveyJobTemplateMixin: _accept_or_ignore_variables refuses a launch, and
    _update_unified_job_kwargs adds defaults that would be valid answers, which that of a multiselect, being text, never is.
    """
    questions = survey["spec"]
    if problems := [text for each in questions if (text := _problem(each, answers))]:
        raise Refused(f"variables_needed_to_start: {problems}")
    if unknown := set(answers) - {each["variable"] for each in questions}:
        raise Refused(f"extra_vars: {unknown} are not allowed on launch")
    defaults = {each["variable"]: each["default"] for each in questions if each.get("default") is not None}
    valid = {
        each["variable"]: defaults[each["variable"]]
        for each in questions
        if each["variable"] in defaults and not _problem(each, defaults)
    }
    return {**valid, **answers}


def injected(inputs: Row, injectors: Row, values: Row) -> dict[str, str]:
    """Return what a credential puts into the environment: awx/main/models/credential, CredentialType.inject_credential."""
    given = {field["id"]: values.get(field["id"], field.get("default", "")) for field in inputs["fields"]}
    # Empty inputs are not there.
    names = {name: value for name, value in given.items() if value != ""}
    sandbox = jinja2.sandbox.ImmutableSandboxedEnvironment()
    return {
        name: sandbox.from_string(template).render(names)
        for name, template in injectors["env"].items()
        # awx/main/fields.py, CredentialTypeInjectorField.validate_env_var_allowed
        if name not in BLOCKED and not name.startswith("ANSIBLE_")
    }


class Controller:
    """AWX around ansible-runner: a folder for each job, the project in it, the credential injected.

    Args:
        folder: where jobs have their folders.
        project: the project as it is in its repository.
        collections: the folder that AWX installs collections/requirements.yml into.
        environment: that of the execution environment.
        credential: what the cloud credential injects.
        private_key: the private half of the machine credential.
        here: extra variables of the job templates, which are trusted.
    """

    def __init__(
        self,
        folder: Path,
        project: Path,
        collections: Path,
        environment: dict[str, str],
        credential: dict[str, str],
        private_key: str = "",
        here: Row | None = None,
    ) -> None:
        self._folder = folder
        self._project = project
        self._collections = collections
        self._environment = {**environment, **_EVERYWHERE}
        self._credential = credential
        self._private_key = private_key
        self._here = here or {}
        self.inventory: Row = {"all": {"hosts": []}, "_meta": {"hostvars": {}}}
        # What was written about the last job: its output and its events, which AWX shows
        self.shown = ""

    def _prepared(self, name: str) -> Path:
        """Return a new folder with a copy of the project, in which that folder stands for the container's root."""
        folder = self._folder / f"{name}-{len(list(self._folder.iterdir()))}"
        shutil.copytree(self._project, folder / "project")
        config = folder / "project" / "ansible.cfg"
        if config.exists():
            config.write_text(config.read_text().replace(_ROOT, str(folder)))
        (folder / "requirements_collections").symlink_to(self._collections, target_is_directory=True)
        for part in ("env", "inventory"):
            (folder / part).mkdir()
        return folder

    def update_inventory(self, source: str = "lambda.yml") -> Row:
        """Update the inventory from a file of the project, and return it as AWX has it then."""
        folder = self._prepared("inventory")
        # tasks/jobs.py, RunInventoryUpdate.build_env: only this spelling, which ansible-core 2.19 and later do not read
        paths = {"ANSIBLE_COLLECTIONS_PATHS": f"{folder}/requirements_collections:{_DEFAULT_PATHS}"}
        output = folder / "output.json"
        # tasks/jobs.py, RunInventoryUpdate.build_args
        command = ["ansible-inventory", "--list", "--export", "-i", str(folder / "project" / source)]
        command += ["--output", str(output), "--playbook-dir", str(folder / "project")]
        environment = {**self._environment, **paths, **_UPDATE, **self._credential}
        # ansible-runner works in the project's folder, so that its ansible.cfg counts.
        ansible(command, environment, cwd=folder / "project")
        self.inventory = import_inventory(json.loads(output.read_text()))
        return self.inventory

    def run(self, job: str, extra_vars: Row, *arguments: str, succeed: bool = True) -> str:
        """Run a job of a template with the inventory of the last update, and return its output.

        Args:
            job: name of the playbook.
            extra_vars: the answers to its survey, as `answered` returns them.
            arguments: more of the command's, such as those of a limit or of check mode.
            succeed: whether the job is to be successful.
        """
        folder = self._prepared(job)
        # tasks/jobs.py, RunJob.build_extra_vars_file: a template's own variables are trusted, and no others. The variables of
        # the job itself are of models/unified_jobs.py, UnifiedJob.awx_meta_vars.
        variables = {"awx_job_id": 7, "awx_job_launch_type": "manual", **extra_vars}
        (folder / "env" / "extravars").write_text(yaml.safe_dump(self._here) + unsafe_yaml(variables))
        hosts = folder / "inventory" / "hosts"
        hosts.write_text(inventory_script(self.inventory))
        hosts.chmod(stat.S_IRWXU)
        # tasks/jobs.py, RunJob.build_env: both spellings
        paths = f"{folder}/requirements_collections:{_DEFAULT_PATHS}"
        environment = {"ANSIBLE_COLLECTIONS_PATHS": paths, "ANSIBLE_COLLECTIONS_PATH": paths, "JOB_ID": "7"}
        (folder / "env" / "envvars").write_text(json.dumps({**_EVERYWHERE, **environment, **self._credential}))
        # tasks/jobs.py, BaseTask.build_private_data_files: with its newline
        if self._private_key:
            (folder / "env" / "ssh_key").write_text(self._private_key)
        # tasks/jobs.py, RunJob.build_args: the machine credential's user comes first
        command_line = " ".join(["-u", "ubuntu", *arguments])
        command = [
            "ansible-runner",
            "run",
            str(folder),
            "-p",
            f"{job}.yml",
            "--ident",
            job,
            f"--cmdline={command_line}",
        ]
        path = f"{Path(sys.executable).parent}{os.pathsep}{self._environment['PATH']}"
        done = ansible(command, {**self._environment, "PATH": path}, cwd=folder / "project", succeed=succeed)
        # AWX masks the environment of the command by itself: tasks/jobs.py, build_safe_env.
        shown = [path for path in (folder / "artifacts" / job).rglob("*") if path.is_file() and path.name != "command"]
        assert {"stdout", "rc"} <= {path.name for path in shown}
        self.shown = done.stdout + "".join(path.read_text(errors="replace") for path in shown)
        return re.sub(r"\x1b\[[0-9;]*m", "", done.stdout)
