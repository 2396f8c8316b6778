# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
name: systemd_mounts
version_added: 1.1.0
author: lambdal.cloud contributors (@lambdal-cloud)
short_description: List the paths for whose mounts a unit has to wait
description:
  - Lists the absolute paths that a command and its environment name, quoted for C(RequiresMountsFor) of a unit.
  - In arguments, these are C(/PATH) and C(--option=/PATH). Of the environment, only variables count whose names end in C(_HOME), C(_DIR),
    C(_CACHE), C(_PATH), C(_ROOT) or C(_FOLDER), since anybody can read units.
positional: environment
options:
  _input:
    description: The command, its arguments, and other paths.
    type: list
    elements: raw
    required: true
  environment:
    description: Environment variables of the command.
    type: dict
    default: {}
"""

EXAMPLES = r"""
- name: Show a line of a unit
  ansible.builtin.debug:
    msg: "RequiresMountsFor={{ ['/srv/env/bin/vllm', 'serve', '/lambda/nfs/models/mine'] | lambdal.cloud.systemd_mounts }}"
"""

RETURN = r"""
_value:
  description: The paths in quotes, with spaces between.
  type: str
  sample: '"/srv/env/bin/vllm" "/lambda/nfs/models/mine"'
"""

import typing as t

from ansible_collections.lambdal.cloud.plugins.plugin_utils import _systemd
from ansible_collections.lambdal.cloud.plugins.plugin_utils._filter_input import ansible_filter
from ansible_collections.lambdal.cloud.plugins.plugin_utils._values import mapping, sequence


@ansible_filter
def systemd_mounts(words: t.Any, environment: t.Any = None) -> str:
    """List the paths for whose mounts a unit has to wait."""
    return _systemd.mount_paths(sequence(words, "a list of words"), mapping(environment or {}, "environment variables"))


class FilterModule:
    """The filter lambdal.cloud.systemd_mounts."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """Return the filter by its name."""
        return {"systemd_mounts": systemd_mounts}
