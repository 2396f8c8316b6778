# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What filters are given: checks, and one kind of error for all of them."""

from __future__ import annotations

import functools
import typing as t

from ansible.errors import AnsibleFilterError
from ansible_collections.lambdal.cloud.plugins.module_utils._client.models import Row
from ansible_collections.lambdal.cloud.plugins.module_utils._errors import LambdaCloudError
from ansible_collections.lambdal.cloud.plugins.module_utils._module.core import core_problem
from ansible_collections.lambdal.cloud.plugins.module_utils._terminal import printable
from ansible_collections.lambdal.cloud.plugins.plugin_utils._values import mapping, mappings

if t.TYPE_CHECKING:
    # Python 3.9, which older cores run on, has none.
    Parameters = t.ParamSpec("Parameters")
Result = t.TypeVar("Result")


def ansible_filter(function: t.Callable[Parameters, Result]) -> t.Callable[Parameters, Result]:
    """Turn errors of this collection into those that Ansible expects of a filter."""

    @functools.wraps(function)
    def wrapper(*args: Parameters.args, **kwargs: Parameters.kwargs) -> Result:
        if problem := core_problem():
            raise AnsibleFilterError(problem)
        try:
            return function(*args, **kwargs)
        except LambdaCloudError as error:
            raise AnsibleFilterError(printable(str(error))) from None

    return wrapper


def instances(value: t.Any) -> list[Row]:
    """Return instances as modules of this collection return them.

    Raises:
        InvalidInput: it is something else.
    """
    return mappings(value, "a list of instances, as lambda_instance_info returns it", "id")


def instance(value: t.Any) -> Row:
    """Return one instance as modules of this collection return it.

    Raises:
        InvalidInput: it is something else.
    """
    return mapping(value, "an instance, as lambda_instance_info returns it", "id")
