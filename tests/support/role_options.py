# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The options of roles, as their argument specs describe them."""

from __future__ import annotations

import typing as t

import yaml
from support.runner import ROOT

Option = dict[str, t.Any]


def role_options(roles: t.Iterable[str]) -> dict[str, Option]:
    """Return the options of all entry points of some roles, by name."""
    found: dict[str, Option] = {}
    for role in roles:
        spec = yaml.safe_load((ROOT / "roles" / role / "meta" / "argument_specs.yml").read_text())["argument_specs"]
        for entry in spec.values():
            found.update(entry.get("options") or {})
    return found


def bears_nothing(option: Option) -> bool:
    """Return whether Ansible takes null for an option of a role: where it is of another kind than text, it refuses it."""
    return option.get("type", "str") in ("str", "path") and "choices" not in option
