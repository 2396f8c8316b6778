# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Operations on several machines in one request, which the service refuses as a whole because of a single one."""

from __future__ import annotations

import typing as t

from ansible_collections.lambdal.cloud.plugins.module_utils._api import Api
from ansible_collections.lambdal.cloud.plugins.module_utils._errors import ApiError, LambdaCloudError
from ansible_collections.lambdal.cloud.plugins.module_utils._instances import describe, live_by_id
from ansible_collections.lambdal.cloud.plugins.module_utils._types import Instance

# A key or an account that is refused is refused for each machine alike.
_NOT_FOR_ONE = frozenset({401, 403})


class Left(t.NamedTuple):
    """A machine that an operation did not reach, and the refusal if there was one."""

    row: Instance
    error: LambdaCloudError | None

    def __str__(self) -> str:
        return f"{describe(self.row)}: {self.error}" if self.error else describe(self.row)


def for_all(
    api: Api, rows: t.Sequence[Instance], operate: t.Callable[[t.Sequence[Instance]], t.Sequence[Instance]]
) -> list[Left]:
    """Operate on all machines at once, or, where that is refused, on each by itself, so that the rest still go.

    Args:
        operate: makes the request for some machines; those that it did not reach.

    Raises:
        LambdaCloudError: the refusal, where it is not due to a single one of several machines.
    """
    try:
        return [Left(row, None) for row in operate(rows)]
    except ApiError as error:
        if len(rows) == 1 or error.status in _NOT_FOR_ONE:
            raise
    left: list[Left] = []
    for row in alive(api, rows):
        try:
            left += [Left(each, None) for each in operate([row])]
        except LambdaCloudError as error:
            left.append(Left(row, error))
    return left


def alive(api: Api, rows: t.Sequence[Instance]) -> list[Instance]:
    """Those of some machines that are live by now, as they are now."""
    return live_by_id(api.list_instances(), [row["id"] for row in rows])
