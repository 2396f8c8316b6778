# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Operations on several instances in one request, which the service refuses as a whole because of a single one."""

from __future__ import annotations

import typing as t

from ansible_collections.lambdal.cloud.plugins.module_utils._client.api import Api
from ansible_collections.lambdal.cloud.plugins.module_utils._client.models import Instance, describe
from ansible_collections.lambdal.cloud.plugins.module_utils._errors import ApiError, LambdaCloudError
from ansible_collections.lambdal.cloud.plugins.module_utils._instances.lookup import live_by_id

# A key or an account that is refused is refused for each instance alike.
_NOT_FOR_ONE = frozenset({401, 403})


class Unreached(t.NamedTuple):
    """An instance that an operation did not reach, and the refusal if there was one."""

    row: Instance
    error: LambdaCloudError | None

    def __str__(self) -> str:
        return f"{describe(self.row)}: {self.error}" if self.error else describe(self.row)


def on_each(
    api: Api, rows: t.Sequence[Instance], operate: t.Callable[[t.Sequence[Instance]], t.Sequence[Instance]]
) -> list[Unreached]:
    """Operate on all instances at once, or, where that is refused, on each by itself, so that the rest still go.

    Args:
        operate: makes the request for some instances, and returns those that it did not reach.

    Raises:
        LambdaCloudError: the refusal, where it is not due to a single one of several instances.
    """
    try:
        return [Unreached(row, None) for row in operate(rows)]
    except ApiError as error:
        if len(rows) == 1 or error.status in _NOT_FOR_ONE:
            raise
    left: list[Unreached] = []
    for row in alive(api, rows):
        try:
            left += [Unreached(each, None) for each in operate([row])]
        except LambdaCloudError as error:
            left.append(Unreached(row, error))
    return left


def alive(api: Api, rows: t.Sequence[Instance]) -> list[Instance]:
    """Return those of some instances that are still live, as they are now."""
    return live_by_id(api.list_instances(), [row["id"] for row in rows])
