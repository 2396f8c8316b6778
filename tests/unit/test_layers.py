# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Imports go down only: what a package may import is written here, and nothing else is imported."""

from __future__ import annotations

import ast
import typing as t
from pathlib import Path

PLUGINS = Path(__file__).resolve().parents[2] / "plugins"
PREFIX = "ansible_collections.lambdal.cloud.plugins."

# From the ground up. A file may import from its own package and from those below it.
FLOORS: list[set[str]] = [
    {"_errors", "_interrupts", "_timing", "_version", "_unsafe", "_terminal"},
    {"_expiry", "_names", "_client"},
    {"_filters", "_context", "_host_vars"},
    {"_resources", "_events", "_results"},
    {"_instances"},
    {"_module"},
]
# What only the edges know
ANSIBLE_IN = {"_module"}


def imports(path: Path) -> t.Iterator[str]:
    """Yield the modules that a file imports."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{each.name}" for each in node.names if node.module == PREFIX[:-1])
        elif isinstance(node, ast.Import):
            yield from (each.name for each in node.names)


def module_utils() -> dict[str, Path]:
    folder = PLUGINS / "module_utils"
    return {".".join(path.relative_to(folder).with_suffix("").parts): path for path in folder.rglob("*.py")}


def test_every_file_has_a_floor() -> None:
    packages = {name.split(".")[0] for name in module_utils()}
    assert packages == set().union(*FLOORS)


def test_imports_go_down() -> None:
    floor_of = {package: number for number, floor in enumerate(FLOORS) for package in floor}
    for name, path in module_utils().items():
        package = name.split(".")[0]
        for imported in imports(path):
            if not imported.startswith(f"{PREFIX}module_utils."):
                assert not imported.startswith("ansible_collections."), f"{name} imports {imported}"
                continue
            other = imported.removeprefix(f"{PREFIX}module_utils.").split(".")[0]
            assert other == package or floor_of[other] < floor_of[package], f"{name} imports {imported}"


def test_no_file_imports_itself_in_a_circle() -> None:
    prefix = f"{PREFIX}module_utils."
    graph = {
        name: {each.removeprefix(prefix) for each in imports(path) if each.startswith(prefix)}
        for name, path in module_utils().items()
    }
    while leaves := {name for name, needed in graph.items() if not needed & graph.keys()}:
        graph = {name: needed for name, needed in graph.items() if name not in leaves}
    assert not graph, f"these import each other: {sorted(graph)}"


def test_only_the_edge_knows_ansible() -> None:
    for name, path in module_utils().items():
        if name.split(".")[0] not in ANSIBLE_IN:
            assert not [each for each in imports(path) if each.split(".")[0] == "ansible"], name


def test_the_plan_never_imports_what_applies_it() -> None:
    below = {"plan": {"apply", "present"}, "lookup": {"plan"}, "spec": {"plan"}}
    for name, forbidden in below.items():
        names = set(imports(PLUGINS / "module_utils" / "_instances" / f"{name}.py"))
        assert not names & {f"{PREFIX}module_utils._instances.{each}" for each in forbidden}
