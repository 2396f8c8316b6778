# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The variables that roles and playbooks know, so that a misspelt one is not ignored in silence."""

from __future__ import annotations

import difflib
import functools
import typing as t
from pathlib import Path

import yaml
from ansible_collections.lambdal.cloud.plugins.module_utils._errors import InvalidInput

_ROLES = Path(__file__).resolve().parents[2] / "roles"
# Of the playbooks alone, and facts that the roles set.
_OTHERS = {
    "fleet": ("fleet_ending", "fleet_not_pulled", "fleet_pull_first", "fleet_pulled", "fleet_successor"),
    "gpu_check": ("gpu_check_faults", "gpu_check_summary"),
    "python_env": ("python_env_fingerprint",),
    "ray_cluster": ("ray_cluster_job_result",),
    "reaper": ("reaper_report", "reaper_seen", "reaper_terminate_expired"),
    "sync": ("sync_fingerprint", "sync_report"),
    "torchrun": ("torchrun_result", "torchrun_check_result"),
}
# Names that are alike to this degree are taken for the same, misspelt.
_LIKENESS = 0.6


def unknown_variables(names: t.Iterable[str], role: str) -> list[str]:
    """Return a sentence for each variable with a role's prefix that neither the role nor a playbook knows.

    Raises:
        InvalidInput: there is no such role.
    """
    known = known_variables(role)
    unknown = sorted(name for name in set(names) if name.startswith(f"{role}_") and name not in known)
    return [f"There is no variable {name}.{_hint(name, known, role)}" for name in unknown]


def _hint(name: str, known: t.Collection[str], role: str) -> str:
    # The prefix is the same in all and would make them alike.
    ends = {each.removeprefix(f"{role}_"): each for each in known}
    nearest = difflib.get_close_matches(name.removeprefix(f"{role}_"), ends, n=1, cutoff=_LIKENESS)
    if nearest:
        return f" Did you mean {ends[nearest[0]]}?"
    return f" If it is your own, give it a name that does not begin with {role}_."


@functools.cache
def known_variables(role: str) -> frozenset[str]:
    """Return the variables of a role's entry points, with those that playbooks and facts have of its prefix.

    Raises:
        InvalidInput: there is no such role.
    """
    try:
        text = (_ROLES / role / "meta" / "argument_specs.yml").read_text(encoding="utf-8")
    except OSError:
        raise InvalidInput(f"There is no role '{role}' in this collection.") from None
    specs = yaml.safe_load(text)["argument_specs"].values()
    return frozenset([*(name for spec in specs for name in spec.get("options") or ()), *_OTHERS.get(role, ())])
