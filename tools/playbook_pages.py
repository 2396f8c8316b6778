# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Write a page in Markdown for each playbook: what it does, how to run it, and every variable that it reads.

A playbook begins with a comment: paragraphs, indented commands, and lines `variable, variable  meaning`. What its roles take comes from
their meta/argument_specs.yml.
"""

from __future__ import annotations

import re
import typing as t
from dataclasses import dataclass, field
from pathlib import Path

import role_readmes
import yaml

ROOT = Path(__file__).resolve().parent.parent
# The inventory lies beside the playbooks, so that Ansible finds their group variables.
PLAYBOOKS = [path for path in sorted((ROOT / "playbooks").glob("*.yml")) if path.name != "lambda.yml"]
COMMAND = re.compile(r"  (ansible-\S.*|export .*)$")
VARIABLE = re.compile(r"(?P<names>[a-z_]+(?:, [a-z_]+)*)(?:  +(?P<meaning>\S.*))?$")
ROLE = "lambdal.cloud."


@dataclass
class Header:
    """What the comment at a playbook's beginning says.

    Attributes:
        paragraphs: in the comment's order.
        commands: that run the playbook.
        variables: the meaning of each, by their names as they are written there.
    """

    paragraphs: list[str] = field(default_factory=list)
    commands: list[str] = field(default_factory=list)
    variables: dict[str, str] = field(default_factory=dict)


def read_header(text: str) -> Header:
    """Return what the comment at the beginning of a playbook says."""
    header = Header()
    names = ""
    for line in _comment(text):
        if not line.strip():
            names = ""
            if header.paragraphs and header.paragraphs[-1]:
                header.paragraphs.append("")
        elif command := COMMAND.match(line):
            header.commands.append(command[1])
        elif not line.startswith(" ") and (found := VARIABLE.match(line)) and ("_" in found["names"]):
            names = found["names"]
            header.variables[names] = found["meaning"] or ""
        elif names and line.startswith(" "):
            header.variables[names] = f"{header.variables[names]} {line.strip()}".strip()
        else:
            header.paragraphs = header.paragraphs or [""]
            header.paragraphs[-1] = f"{header.paragraphs[-1]} {line.strip()}".strip()
    header.paragraphs = [paragraph for paragraph in header.paragraphs if paragraph]
    return header


def _comment(text: str) -> t.Iterator[str]:
    for line in text.removeprefix("---\n").splitlines():
        if not line.startswith("#"):
            return
        yield line[1:].removeprefix(" ")


def entry_points(playbook: t.Any) -> list[tuple[str, str]]:
    """Return the entry points of our roles that a playbook includes, as pairs of a role and an entry point, each once."""
    found: dict[tuple[str, str], None] = {}
    for part in _mappings(playbook):
        for action in ("ansible.builtin.include_role", "ansible.builtin.import_role"):
            role = part.get(action)
            if role and role["name"].startswith(ROLE):
                found[role["name"].removeprefix(ROLE), role.get("tasks_from", "main")] = None
    return list(found)


def _mappings(value: t.Any) -> t.Iterator[dict[str, t.Any]]:
    if isinstance(value, dict):
        yield value
    for part in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from _mappings(part)


def imported(playbook: t.Any) -> list[str]:
    """Return the names of the playbooks that a playbook imports."""
    names = (part.get("ansible.builtin.import_playbook") for part in playbook)
    return [Path(name).stem for name in names if name]


def role_options(role: str, entry_point: str) -> role_readmes.Options:
    """Return the options of an entry point of a role, by name."""
    specs = yaml.safe_load((ROOT / "roles" / role / "meta" / "argument_specs.yml").read_text())["argument_specs"]
    return specs.get(entry_point, {}).get("options") or {}


def page(path: Path) -> str:
    """Return the page of a playbook in Markdown."""
    text = path.read_text()
    header, playbook = read_header(text), yaml.safe_load(text)
    parts = [f"# {path.stem}", header.paragraphs[0]]
    if header.commands:
        parts.append("\n".join(["```sh", *header.commands, "```"]))
    parts.extend(header.paragraphs[1:])
    if header.variables:
        rows = "".join(f"| {_code(names)} | {_cell(meaning)} |\n" for names, meaning in header.variables.items())
        parts.append(f"## Variables\n\n| variable | meaning |\n| --- | --- |\n{rows}")
    if others := imported(playbook):
        links = ", ".join(f"[{name}](playbook_{name}.md)" for name in others)
        parts.append(f"It runs these playbooks one after another, and takes their variables: {links}.")
    shown: set[str] = set()
    for role, entry_point in entry_points(playbook):
        options = {name: option for name, option in role_options(role, entry_point).items() if name not in shown}
        shown |= set(options)
        if options:
            tasks = "" if entry_point == "main" else f", entry point `{entry_point}`"
            parts.append(f"## Variables of the role {role}{tasks}\n\n{role_readmes.table(options)}")
    return "\n\n".join(part.rstrip() for part in parts) + "\n"


def _code(names: str) -> str:
    return ", ".join(f"`{name}`" for name in names.split(", "))


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def write(folder: Path) -> list[str]:
    """Write the pages into a folder. Returns their names without the ending."""
    for path in PLAYBOOKS:
        (folder / f"playbook_{path.stem}.md").write_text(page(path))
    return [f"playbook_{path.stem}" for path in PLAYBOOKS]
