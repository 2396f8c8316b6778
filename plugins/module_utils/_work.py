# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What every task that changes an account works with, and what work on machines is given besides."""

from __future__ import annotations

from dataclasses import dataclass, field

from ansible_collections.lambdal.cloud.plugins.module_utils._api import Api
from ansible_collections.lambdal.cloud.plugins.module_utils._patience import Patience
from ansible_collections.lambdal.cloud.plugins.module_utils._report import InstanceReport
from ansible_collections.lambdal.cloud.plugins.module_utils._wanted import Policy


@dataclass(frozen=True)
class Means:
    """What a task works with; `check_mode` says that nothing may be written."""

    api: Api
    patience: Patience
    check_mode: bool = False


@dataclass(frozen=True, kw_only=True)
class Work(Means):
    """One task on machines. `report` is true at any moment, so that a failure loses nothing."""

    report: InstanceReport
    wait: bool = True
    policy: Policy = field(default_factory=Policy)
