# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the roles say of their variables, in one place and the same everywhere."""

from __future__ import annotations

import re
import subprocess
import sys
import typing as t
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
ROLES = sorted(path for path in (ROOT / "roles").iterdir() if path.is_dir())
each_role = pytest.mark.parametrize("role", ROLES, ids=lambda role: role.name)


def specs(role: Path) -> dict[str, t.Any]:
    return t.cast(
        "dict[str, t.Any]", yaml.safe_load((role / "meta" / "argument_specs.yml").read_text())["argument_specs"]
    )


def options(role: Path) -> dict[str, t.Any]:
    return {name: option for spec in specs(role).values() for name, option in (spec.get("options") or {}).items()}


def test_the_tables_of_the_readmes_are_those_of_the_specifications() -> None:
    command = [sys.executable, str(ROOT / "tools" / "role_readmes.py"), "--check"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@each_role
def test_every_entry_point_has_a_specification(role: Path) -> None:
    # The names of files that only the role itself includes begin with an underscore.
    entry_points = {path.stem for path in (role / "tasks").glob("*.yml") if not path.name.startswith("_")}
    assert entry_points == set(specs(role))


@each_role
def test_defaults_are_as_specified(role: Path) -> None:
    specified = options(role)
    for name, value in yaml.safe_load((role / "defaults" / "main.yml").read_text()).items():
        assert name in specified
        assert not specified[name].get("required")
        if "default" in specified[name] and "{{" not in str(value):
            assert specified[name]["default"] == value, name


@each_role
def test_internal_variables_begin_with_two_underscores(role: Path) -> None:
    # Facts that the roles promise, and parts of the specifications
    promised = {"fleet_ending", "fleet_successor", "reaper_seen", "reaper_report", "sync_report", "torchrun_result"}
    promised |= {
        "gpu_check_faults",
        "gpu_check_summary",
        "python_env_fingerprint",
        "ray_cluster_job_result",
        "sync_fingerprint",
        "torchrun_check_result",
    }
    for path in role.rglob("*.yml"):
        for name in re.findall(rf"(?m)^ *(?:register: |loop_var: )?((?:__)?{role.name}_\w+)\b", path.read_text()):
            assert name.startswith("__") or name in promised | set(options(role)), (path, name)


@each_role
def test_internal_variables_are_set_and_read(role: Path) -> None:
    files = [path for path in role.rglob("*") if path.suffix in (".yml", ".j2")]
    text = "\n".join(path.read_text() for path in files)
    seen = re.findall(r"\b__[a-z][a-z0-9_]*", text)
    # The rounds of a loop need not be told apart.
    rounds = set(re.findall(r"loop_var: (\w+)", text))
    assert [name for name in sorted(set(seen) - rounds) if seen.count(name) == 1] == []


def tasks(rows: list[dict[str, t.Any]]) -> t.Iterator[dict[str, t.Any]]:
    for row in rows:
        yield row
        for part in ("block", "rescue", "always"):
            yield from tasks(row.get(part, []))


def test_the_table_of_what_is_done_as_root_has_every_task() -> None:
    done = []
    for role in ROLES:
        for path in sorted([*role.glob("tasks/*.yml"), *role.glob("handlers/*.yml")]):
            for task in tasks(yaml.safe_load(path.read_text()) or []):
                # Where a block or a file said it for many, the table would miss them.
                assert not (task.get("become") and "block" in task), path
                if task.get("become"):
                    done.append((role.name, task["name"], "the account" if "become_user" in task else "root"))
    lines = (ROOT / "docs" / "root.md").read_text().splitlines()
    told = [tuple(cell.strip() for cell in line.split("|")[1:4]) for line in lines if line.startswith("| ")][2:]
    assert sorted(told) == sorted(done)


@each_role
def test_root_writes_nothing_below_a_home(role: Path) -> None:
    for path in [*role.glob("tasks/*.yml"), *role.glob("handlers/*.yml")]:
        for task in tasks(yaml.safe_load(path.read_text()) or []):
            if task.get("become") and "become_user" not in task:
                options = next(
                    value for name, value in task.items() if name.startswith(("ansible.builtin.", "lambdal.cloud."))
                )
                target = str(options.get("dest") or options.get("path") or "")
                assert not re.search(r"home|~|/tmp", target), (path, task["name"])


def test_no_program_is_written_in_jinja() -> None:
    for folder in ("roles", "playbooks", "extensions"):
        for path in (ROOT / folder).rglob("*"):
            if path.suffix in (".yml", ".j2"):
                assert not re.search(r"\{%-|\{% *set\b", path.read_text()), path


@pytest.mark.parametrize(
    ("role", "task"),
    [
        ("python_env", "Copy the requirements"),
        ("inference_server", "Write the server's environment"),
        ("torchrun", "Write the job's environment"),
    ],
)
def test_what_may_hold_a_secret_is_its_owners_alone(role: str, task: str) -> None:
    files = (ROOT / "roles" / role / "tasks").glob("*.yml")
    found = [each for file in files for each in tasks(yaml.safe_load(file.read_text())) if each.get("name") == task]
    assert found
    for each in found:
        modes = [value["mode"] for value in each.values() if isinstance(value, dict) and "mode" in value]
        assert modes == ["0600"]


@pytest.mark.parametrize("role", ["inference_server", "torchrun"])
def test_units_take_away_what_a_job_can_do_without(role: str) -> None:
    folder = ROOT / "roles" / role
    assert yaml.safe_load((folder / "defaults" / "main.yml").read_text())[f"{role}_hardening"] is True
    hardening = yaml.safe_load((folder / "vars" / "main.yml").read_text())[f"__{role}_hardening"]
    assert hardening["NoNewPrivileges"] is True
    assert {"ProtectSystem", "ProtectKernelTunables"} <= set(hardening)
    # Without root of its own, which these options would not hold back for long.
    assert re.search(r"^User=", (folder / "templates" / "unit.service.j2").read_text(), re.MULTILINE)
