# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Request bodies that are the same in every version. Fields that a version does not know are passed over."""

from __future__ import annotations

import typing as t

from pydantic import BaseModel, ConfigDict, Field


class Body(BaseModel):
    """A body whose JSON is taken as it is: a number is no string."""

    model_config = ConfigDict(strict=True)


def optional(**limits: t.Any) -> t.Any:
    """Describe a field that may be left out, and then is None, but may not be null."""
    return Field(default=None, json_schema_extra=_without_default, **limits)


def _without_default(schema: dict[str, t.Any]) -> None:
    schema.pop("default", None)


class InstanceIds(Body):
    """The instances to terminate or to restart."""

    instance_ids: list[str]
