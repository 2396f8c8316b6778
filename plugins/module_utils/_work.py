# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What every kind of work on machines is given."""

from __future__ import annotations

from dataclasses import dataclass, field

from ansible_collections.lambdal.cloud.plugins.module_utils._api import Api
from ansible_collections.lambdal.cloud.plugins.module_utils._patience import Patience
from ansible_collections.lambdal.cloud.plugins.module_utils._report import InstanceReport
from ansible_collections.lambdal.cloud.plugins.module_utils._wanted import Policy


@dataclass(frozen=True)
class Work:
    """One task on machines. `report` is true at any moment, so that a failure loses nothing."""

    api: Api
    patience: Patience
    report: InstanceReport
    check_mode: bool = False
    wait: bool = True
    policy: Policy = field(default_factory=Policy)
