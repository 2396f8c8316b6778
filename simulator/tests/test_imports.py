# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which modules import which: down only, and never in a circle."""

from __future__ import annotations

import ast
import graphlib
from pathlib import Path

import pytest

import lambda_cloud_simulator

PACKAGE = "lambda_cloud_simulator"
FOLDER = Path(lambda_cloud_simulator.__file__).parent
MODULES = {
    ".".join((PACKAGE, *path.relative_to(FOLDER).with_suffix("").parts)).removesuffix(".__init__"): path
    for path in FOLDER.rglob("*.py")
}
# What each part may import beside itself. Parts are named by the longest name that fits.
ALLOWED = {
    "api_keys": set(),
    "terminal": set(),
    "hosts": set(),
    "hosts.local": {"hosts"},
    "hosts.machine": {"hosts"},
    "account": {"hosts"},
    "api": {"account"},
    "middleware": {"account", "api"},
    "simulator": {"account", "api", "hosts", "middleware"},
    "control": {"account", "api", "simulator"},
    "asgi": {"api", "control", "middleware", "simulator"},
    "cli": {
        *("account", "api", "api_keys", "asgi", "hosts", "hosts.local", "hosts.machine", "middleware", "simulator"),
        "terminal",
    },
    # What tests import starts the simulator as a program.
    "testing": {"api_keys"},
    "pytest_plugin": {"testing"},
}


def part(module: str) -> str:
    """Return the part of the package that a module belongs to."""
    name = module.removeprefix(f"{PACKAGE}.")
    return max((each for each in ALLOWED if name == each or name.startswith(f"{each}.")), key=len)


def imported(module: str) -> set[str]:
    """Return the package's modules that a module imports, anywhere in it."""
    path = MODULES[module]
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = module.split(".") if path.name == "__init__.py" else module.split(".")[:-1]
            parts = base[: len(base) - node.level + 1] if node.level else []
            source = ".".join([*parts, *([node.module] if node.module else [])])
            # A name is a module of its own, or something that its source holds.
            names = {f"{source}.{alias.name}" for alias in node.names}
            found |= {name if name in MODULES else source for name in names}
    return found & set(MODULES)


@pytest.mark.parametrize("module", sorted(set(MODULES) - {PACKAGE}))
def test_imports_lead_down(module: str) -> None:
    here = part(module)
    others = {part(each) for each in imported(module) - {PACKAGE}} - {here}
    assert others <= ALLOWED[here], f"{here} must not import {sorted(others - ALLOWED[here])}"


def test_no_import_leads_back() -> None:
    graph = {module: imported(module) - {module} for module in MODULES}
    assert sum(map(len, graph.values())) > 100
    # It raises CycleError, which names the modules.
    assert set(graphlib.TopologicalSorter(graph).static_order()) == set(MODULES)
