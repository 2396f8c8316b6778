# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
name: billing
type: aggregate
version_added: 1.1.0
author: lambdal.cloud contributors (@lambdal-cloud)
short_description: Show what a run launched and terminated, and what bills now
description:
  - After the recap, and also after a failure or an interruption, shows which instances the run launched and terminated, what those that it
    launched have cost since then, and what the instances that it saw cost per hour.
  - The API does not tell when an instance was launched. The cost is therefore counted from the beginning of the task that launched it,
    and not shown for other instances.
  - It reads the results of M(lambdal.cloud.lambda_instance) and M(lambdal.cloud.lambda_instance_info), and requests nothing. Instances
    that the run did not list are not counted, nor is what a task with C(no_log) did, or one that was interrupted before its result.
  - Tasks in check mode are left out.
requirements:
  - Set C(callbacks_enabled = lambdal.cloud.billing) in the section C([defaults]) of C(ansible.cfg), or E(ANSIBLE_CALLBACKS_ENABLED).
seealso:
  - plugin: lambdal.cloud.hourly_cost
    plugin_type: filter
"""

import atexit
import time
import typing as t

from ansible.plugins.callback import CallbackBase
from ansible_collections.lambdal.cloud.plugins.plugin_utils._billing import MODULES, Ledger


class CallbackModule(CallbackBase):  # type: ignore[misc]
    """Callback that shows what a run launched and terminated, and what bills now."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "lambdal.cloud.billing"
    CALLBACK_NEEDS_ENABLED = True

    def __init__(self) -> None:
        super().__init__()
        self._ledger = Ledger()
        # By the task's ID, when its first host began
        self._began: dict[str, float] = {}
        # An interrupted run has no recap. Workers do not come here: they end without it.
        atexit.register(self._show)

    def _record(self, result: t.Any) -> None:
        task = result.task
        names = {task.action, getattr(task, "resolved_action", None)}
        if names & MODULES and not task.check_mode:
            self._ledger.record(result.result, self._began.get(task._uuid))

    def v2_playbook_on_task_start(self, task: t.Any, is_conditional: bool) -> None:
        self._began.setdefault(task._uuid, time.time())

    def v2_playbook_on_handler_task_start(self, task: t.Any) -> None:
        self._began.setdefault(task._uuid, time.time())

    def v2_runner_on_ok(self, result: t.Any) -> None:
        self._record(result)

    def v2_runner_on_failed(self, result: t.Any, ignore_errors: bool = False) -> None:
        self._record(result)

    def v2_runner_retry(self, result: t.Any) -> None:
        self._record(result)

    def v2_runner_item_on_ok(self, result: t.Any) -> None:
        self._record(result)

    def v2_runner_item_on_failed(self, result: t.Any) -> None:
        self._record(result)

    def v2_playbook_on_stats(self, stats: t.Any) -> None:
        self._show()

    def _show(self) -> None:
        """Show what was recorded since the last time."""
        lines, self._ledger = self._ledger.lines(), Ledger()
        if lines:
            self._display.banner("BILLING")
            for line in lines:
                self._display.display(line)
