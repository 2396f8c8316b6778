# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
name: server_problem
version_added: 1.1.0
author: lambdal.cloud contributors (@lambdal-cloud)
short_description: Tell why a server is not ready
description: Tells why a server of P(lambdal.cloud.inference_server#role) is not ready, from the last look at it.
options:
  _input:
    description: What was seen of the server.
    type: dict
    required: true
  name:
    description: Name of the server.
    type: str
    required: true
  host:
    description: Host that it runs on.
    type: str
    required: true
  port:
    description: Port on which it is to listen.
    type: int
    required: true
  path:
    description: Path that answers 200 when it is ready.
    type: str
    required: true
  timeout:
    description: Seconds that it had.
    type: float
    required: true
"""

EXAMPLES = r"""
- name: Show why a server is not ready
  ansible.builtin.debug:
    msg: "{{ look | lambdal.cloud.server_problem(name='vllm', host='serve-1', port=8000, path='/health', timeout=60) }}"
  vars:
    look: {state: ended, exit_code: 203}
"""

RETURN = r"""
_value:
  description: A sentence. Empty when the server is ready.
  type: str
  sample: The server vllm on serve-1 did not answer 200 at /health within 60 seconds, and does not listen on port 8000.
"""

import typing as t

from ansible_collections.lambdal.cloud.plugins.module_utils._terminal import printable
from ansible_collections.lambdal.cloud.plugins.plugin_utils import _servers
from ansible_collections.lambdal.cloud.plugins.plugin_utils._filter_input import ansible_filter
from ansible_collections.lambdal.cloud.plugins.plugin_utils._values import mapping, whole_number


@ansible_filter
def server_problem(look: t.Any, name: t.Any, host: t.Any, port: t.Any, path: t.Any, timeout: t.Any) -> str:
    """Tell why a server is not ready."""
    seen = mapping(look, "what was seen of a server", "state")
    return printable(
        _servers.problem(seen, str(name), str(host), whole_number(port, "port"), str(path), float(timeout))
    )


class FilterModule:
    """The filter lambdal.cloud.server_problem."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """Return the filter by its name."""
        return {"server_problem": server_problem}
