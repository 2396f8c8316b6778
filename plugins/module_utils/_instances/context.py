# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The context of a task on instances."""

from __future__ import annotations

from dataclasses import dataclass, field

from ansible_collections.lambdal.cloud.plugins.module_utils._context import Context
from ansible_collections.lambdal.cloud.plugins.module_utils._instances.pending import PendingLaunches
from ansible_collections.lambdal.cloud.plugins.module_utils._instances.readiness import Readiness
from ansible_collections.lambdal.cloud.plugins.module_utils._instances.report import InstanceReport
from ansible_collections.lambdal.cloud.plugins.module_utils._instances.spec import Policy


@dataclass(frozen=True)
class InstanceContext(Context):
    """What a task on instances works with. `report` is true at any moment, so that a failure loses nothing.

    Args:
        assume_created: names of SSH keys, file systems and firewall rulesets that are not missed in check mode.
    """

    report: InstanceReport
    wait: bool = True
    readiness: Readiness = field(default_factory=Readiness)
    policy: Policy = field(default_factory=Policy)
    pending: PendingLaunches = field(default_factory=PendingLaunches)
    assume_created: frozenset[str] = frozenset()
