# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Options for the connection to the API: of every module, and of plugins that only read."""

from __future__ import annotations

import re


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  api_key:
    description:
      - API key of the Lambda Cloud account.
      - The variable C(lambda_api_key), which may be in a vault, is used when this is not set. The inventory plugin takes it from
        extra variables.
      - When not set, the value of the environment variable E(LAMBDA_API_KEY) is used.
    type: str
  api_url:
    description:
      - Base URL of the API.
      - The variable C(lambda_api_url) is used when this is not set, as for O(api_key).
      - When not set, the value of the environment variable E(LAMBDA_API_URL) is used.
    type: str
    default: https://cloud.lambda.ai/api/v1
  validate_certs:
    description: Whether to validate the server's certificate.
    type: bool
    default: true
  ca_path:
    description: File or folder with the certificate authorities to trust instead of the default ones.
    type: path
  request_timeout:
    description: Seconds to wait for a response before the request counts as lost.
    type: float
    default: 60
  retry_timeout:
    description:
      - Seconds for which to retry a request after a temporary failure, if it is safe to retry.
      - A launch is never retried before the module has looked for its effect, whatever is set here.
      - A task without a C(wait_timeout) also waits for the rate limiter for at most so many seconds, or 120 if that is more.
    type: float
    default: 60
  request_interval:
    description:
      - Minimum number of seconds between two requests to this account from all processes of this user on this host. V(0) switches
        the rate limiter off.
      - When not set, the value of the environment variable E(LAMBDA_REQUEST_INTERVAL) is used.
    type: float
    default: 1
  launch_interval:
    description:
      - Minimum number of seconds between two launches in this account from all processes of this user on this host. V(0) switches
        the rate limiter for launches off.
      - When not set, the value of the environment variable E(LAMBDA_LAUNCH_INTERVAL) is used.
    type: float
    default: 12
requirements:
  - python >= 3.11
  - requests >= 2.32
  - urllib3 >= 2.0
"""


def _of_plugins(documentation: str) -> str:
    """Return the documentation for a plugin that never launches.

    Ansible reads the environment variables of plugins from a field, which modules must not have.
    """
    without_launches = re.sub(r"\n  launch_interval:(\n    .*)+", "", documentation)
    with_environment = re.sub(
        r"\n +- When not set, the value of the environment variable E\((\w+)\) is used\.(\n    type: \w+)",
        r"\2\n    env: [{name: \1}]",
        without_launches,
    )
    return re.sub(
        r"\n    env: \[\{name: LAMBDA_(API_\w+)\}\]",
        lambda found: f"{found[0]}\n    vars: [{{name: lambda_{found[1].lower()}}}]",
        with_environment,
    )


# Not in the class, where ansible-test reads nothing but literals.
ModuleDocFragment.PLUGIN = _of_plugins(ModuleDocFragment.DOCUMENTATION)  # type: ignore[attr-defined]
