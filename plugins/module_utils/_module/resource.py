# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Base of the modules that ensure one named resource: its type, its options, and how it is returned and shown."""

from __future__ import annotations

import typing as t

from ansible_collections.lambdal.cloud.plugins.module_utils._client.models import RowT
from ansible_collections.lambdal.cloud.plugins.module_utils._client.options import Options
from ansible_collections.lambdal.cloud.plugins.module_utils._context import Context
from ansible_collections.lambdal.cloud.plugins.module_utils._module.task import Task, run_module
from ansible_collections.lambdal.cloud.plugins.module_utils._resources.resource import (
    Change,
    ResourceType,
    SpecT,
)


def run_resource(
    resource_type: t.Callable[[Context], ResourceType[SpecT, RowT]],
    *,
    returns: str,
    read_spec: t.Callable[[Options], SpecT],
    argument_spec: dict[str, t.Any],
    show: t.Callable[[RowT], dict[str, t.Any]] = dict,
    diff_state: t.Callable[[list[dict[str, t.Any]]], dict[str, t.Any]] = lambda rows: rows[0] if rows else {},
    extra_results: t.Callable[[Change[RowT], Options], dict[str, t.Any]] = lambda change, options: {},
    **constraints: t.Any,
) -> None:
    """Run a module that ensures one named resource.

    Args:
        resource_type: what it manages.
        returns: under which name the resource is returned.
        read_spec: makes the spec of the module's options. Raises InvalidInput for what the API would refuse.
        argument_spec: its options.
        show: makes of a resource what is returned.
        diff_state: makes of such resources the state before and after, as the diff shows it.
        extra_results: returns what the result has beside the resource.
        constraints: between options, as AnsibleModule takes them.
    """

    def execute(task: Task) -> None:
        spec = read_spec(task.options)
        context = Context(task.open_api(), task.waits(), task.check_mode, task.run_command)
        resources = resource_type(context)
        task.result = lambda: {"changed": bool(context.effects)}
        task.note = lambda: f"Until then, this task {', '.join(context.effects)}." if context.effects else None
        if task.options["state"] == "absent":
            change = resources.ensure_absent(spec)
        else:
            with task.lock_names(resources.noun, [spec.name], resources.context.waits):
                change = resources.ensure_present(spec)
        for remark in resources.remarks(change, spec):
            task.warn(remark)
        before, after = ([show(row) for row in rows] for rows in (change.before, change.after))
        result = {
            "changed": before != after,
            # What is present, or else the first that was deleted
            returns: next(iter((*after, *before)), None),
            **extra_results(change, task.options),
        }
        task.result = lambda: result
        task.diff = lambda: {"before": diff_state(before), "after": diff_state(after)}

    run_module(execute, argument_spec, **constraints)
