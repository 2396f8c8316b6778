# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Options by which every module and the inventory reach the API."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  api_key:
    description:
      - The key of the Lambda Cloud account.
      - Read from the environment variable E(LAMBDA_API_KEY) when not set.
    type: str
  api_url:
    description:
      - Base address of the API.
      - Read from the environment variable E(LAMBDA_API_URL) when not set.
    type: str
    default: https://cloud.lambda.ai/api/v1
  validate_certs:
    description: Whether the server's certificate must be valid.
    type: bool
    default: true
  ca_path:
    description: A file or folder of certificate authorities to trust instead of the default ones.
    type: path
  request_timeout:
    description: Seconds without an answer after which a request counts as lost.
    type: float
    default: 60
  retry_timeout:
    description:
      - Seconds for which a request that is safe to repeat is repeated after a temporary failure.
      - A launch is never repeated blindly, whatever is set here.
    type: float
    default: 60
  request_interval:
    description:
      - Seconds between two requests of this account by all processes of this user on this machine. V(0) turns pacing off.
      - Read from the environment variable E(LAMBDA_REQUEST_INTERVAL) when not set.
    type: float
    default: 1
  launch_interval:
    description:
      - Seconds between two launches of this account by all processes of this user on this machine. V(0) turns pacing off.
      - Read from the environment variable E(LAMBDA_LAUNCH_INTERVAL) when not set.
    type: float
    default: 12
requirements:
  - python >= 3.11
  - requests >= 2.32
  - urllib3 >= 2.0
"""
