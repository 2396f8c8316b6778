# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The comments that the playbooks begin with, and the pages made of them."""

from __future__ import annotations

import sys
import typing as t
from pathlib import Path

import pytest
import yaml

TOOLS = Path(__file__).resolve().parents[2] / "tools"
if not TOOLS.is_dir():
    pytest.skip("the tools are no part of the collection, and this is the collection alone", allow_module_level=True)
sys.path.insert(0, str(TOOLS))
import playbook_pages  # noqa: E402

TEXT = """---
# Does one thing,
# and then another.
#
#   ansible-playbook lambdal.cloud.example -e @example.yml
#
# example_name            its name
# example_first, example_second
#                         two of them; the
#                         second may be empty
#
# The rest is as elsewhere.

- name: Example
  hosts: localhost
  tasks:
    - name: Wait
      block:
        - name: Wait for SSH
          ansible.builtin.include_role:
            name: lambdal.cloud.fleet
            tasks_from: wait_for_ssh
"""


def test_a_header_has_paragraphs_commands_and_variables() -> None:
    header = playbook_pages.read_header(TEXT)
    assert header.paragraphs == ["Does one thing, and then another.", "The rest is as elsewhere."]
    assert header.commands == ["ansible-playbook lambdal.cloud.example -e @example.yml"]
    assert header.variables == {
        "example_name": "its name",
        "example_first, example_second": "two of them; the second may be empty",
    }


def test_entry_points_are_found_inside_blocks() -> None:
    assert playbook_pages.entry_points(yaml.safe_load(TEXT)) == [("fleet", "wait_for_ssh")]


def known_variables(path: Path) -> t.Iterator[str]:
    """Yield the variables that a playbook, its roles and the playbooks that it imports have."""
    playbook = yaml.safe_load(path.read_text())
    for role, entry_point in playbook_pages.entry_points(playbook):
        yield from playbook_pages.role_options(role, entry_point)
        # An entry point may take defaults from other variables of the role.
        yield from yaml.safe_load((playbook_pages.ROOT / "roles" / role / "defaults" / "main.yml").read_text())
    for name in playbook_pages.imported(playbook):
        yield from known_variables(path.with_name(f"{name}.yml"))


@pytest.mark.parametrize("path", playbook_pages.PLAYBOOKS, ids=lambda path: path.stem)
def test_a_playbook_has_the_variables_that_its_header_names(path: Path) -> None:
    text = path.read_text()
    code = "\n".join(line for line in text.splitlines() if not line.startswith("#"))
    known = set(known_variables(path))
    for names in playbook_pages.read_header(text).variables:
        for name in names.split(", "):
            assert name in known or name in code, f"{path.name} does not know {name}"


@pytest.mark.parametrize("path", playbook_pages.PLAYBOOKS, ids=lambda path: path.stem)
def test_a_page_says_what_its_playbook_does(path: Path) -> None:
    page = playbook_pages.page(path)
    assert page.startswith(f"# {path.stem}\n\n")
    assert len(page.splitlines()[2]) > 20
