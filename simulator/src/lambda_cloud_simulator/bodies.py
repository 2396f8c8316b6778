# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Request bodies that are the same in every version. Fields that a version does not know are passed over."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Body(BaseModel):
    """JSON is taken as it is: a number is no string."""

    model_config = ConfigDict(strict=True)


class InstanceIds(Body):
    """Terminate and restart."""

    instance_ids: list[str]
