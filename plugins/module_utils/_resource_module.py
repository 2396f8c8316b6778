# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Modules that ensure one resource with a name: a kind, the options that say what is wanted of it, and how it is shown."""

from __future__ import annotations

import typing as t

from ansible_collections.lambdal.cloud.plugins.module_utils._holdings import Row
from ansible_collections.lambdal.cloud.plugins.module_utils._module import WAIT_SPEC, Task, run_module
from ansible_collections.lambdal.cloud.plugins.module_utils._resource import Kind, Wanted
from ansible_collections.lambdal.cloud.plugins.module_utils._work import Means

_NAMED: dict[str, t.Any] = {
    "name": {"type": "str", "required": True},
    "region": {"type": "str"},
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    "outcome_timeout": WAIT_SPEC["outcome_timeout"],
}


def run_resource(
    kind: Kind[Wanted, Row],
    *,
    returns: str,
    wanted: t.Callable[[t.Mapping[str, t.Any]], Wanted],
    options: t.Mapping[str, t.Any],
    shown: t.Callable[[Row], t.Mapping[str, t.Any]] = lambda row: row,
    remarks: t.Callable[[Row], t.Iterable[str]] = lambda row: (),
    **rules: t.Any,
) -> None:
    """Run a module.

    Args:
        kind: what it manages.
        returns: under which name the resource is returned.
        wanted: reads the options. Raises InvalidInput for what the API would refuse.
        options: its own options, beside name, region and state.
        shown: a resource as the diff shows it.
        remarks: what to warn of where there is such a resource.
        rules: between options, as AnsibleModule takes them.
    """

    def execute(task: Task) -> None:
        wish = wanted(task.options)
        means = Means(task.open_api(), task.patience(), task.check_mode)
        if task.options["state"] == "absent":
            change = kind.ensure_absent(means, wish)
        else:
            with task.claimed(kind.noun, [wish.name], means.patience):
                change = kind.ensure_present(means, wish)
        for remark in remarks(change.after) if change.after else ():
            task.warn(remark)
        task.result = lambda: {"changed": change.before != change.after, returns: change.after or change.before}
        task.diff = lambda: {
            "before": shown(change.before) if change.before else {},
            "after": shown(change.after) if change.after else {},
        }

    run_module(execute, {**_NAMED, **options}, **rules)
