# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Asking ansible-inventory what it makes of configurations."""

from __future__ import annotations

import json
import typing as t
from pathlib import Path

import yaml
from support.runner import ansible


class Inventory:
    """Writes a configuration and asks ansible-inventory what it makes of it.

    Args:
        folder: where the configuration is written.
        environment: the environment of the command.
    """

    def __init__(self, folder: Path, environment: dict[str, str]) -> None:
        self.folder = folder
        self.environment = environment
        self.name = "lambda.yml"

    def path(self, **options: t.Any) -> str:
        """Write a configuration and return its path."""
        file = self.folder / self.name
        file.write_text(yaml.safe_dump({"plugin": "lambdal.cloud.lambda_cloud", **options}))
        return str(file)

    def list(self, *arguments: str, **options: t.Any) -> dict[str, t.Any]:
        """Return the inventory, of which nothing is to be warned."""
        listed, warnings = self.told(*arguments, **options)
        assert not warnings or "of one host alone" in warnings, warnings
        return listed

    def told(self, *arguments: str, **options: t.Any) -> tuple[dict[str, t.Any], str]:
        """Return the inventory and the warnings, in one line."""
        done = ansible(["ansible-inventory", "-i", self.path(**options), "--list", *arguments], self.environment)
        return t.cast("dict[str, t.Any]", json.loads(done.stdout)), " ".join(done.stderr.split())

    def refused(self, *arguments: str, **options: t.Any) -> str:
        """Return what is said instead of an inventory, in one line."""
        command = ["ansible-inventory", "-i", self.path(**options), "--list", *arguments]
        done = ansible(command, self.environment, succeed=False)
        assert "Traceback" not in done.stderr
        return " ".join(done.stderr.split())

    def hosts(self, *arguments: str, **options: t.Any) -> dict[str, dict[str, t.Any]]:
        """Return the variables of each host."""
        return hosts_of(self.list(*arguments, **options))


def hosts_of(listed: t.Mapping[str, t.Any]) -> dict[str, dict[str, t.Any]]:
    """Return the variables of each host of what ansible-inventory lists."""
    return t.cast("dict[str, dict[str, t.Any]]", listed["_meta"]["hostvars"])
