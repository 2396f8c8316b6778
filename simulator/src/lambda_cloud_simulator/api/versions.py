# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The versions of the API, and where the service behaves in each one's own way."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from fastapi import APIRouter

from ..account.account import Account
from . import dialects
from .dialects import Dialect
from .v1_5_3.routes import router as router_1_5_3
from .v1_10_0.routes import router as router_1_10_0


@dataclass(frozen=True)
class Version:
    """A version of the API.

    Attributes:
        router: makes its routes over an account.
        dialect: how it words errors.
        mount_root: the folder in which instances mount file systems by default.
    """

    name: str
    router: t.Callable[[Account], APIRouter]
    dialect: Dialect
    mount_root: str


VERSIONS = {
    version.name: version
    for version in (
        Version("1.5.3", router_1_5_3, dialects.V1_5_3, mount_root="/home/ubuntu"),
        Version("1.10.0", router_1_10_0, dialects.V1_10_0, mount_root="/lambda/nfs"),
    )
}
DEFAULT_VERSION = "1.10.0"
