# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
name: interconnect_report
version_added: 1.1.0
author: lambdal.cloud contributors (@lambdal-cloud)
short_description: Read what a check of the network between hosts has found
description: Reads what the entry point C(check) of the role torchrun has printed on the first host.
options:
  _input:
    description: The lines.
    type: list
    elements: str
    required: true
  hosts:
    description: Hosts of the job in the order of their ranks.
    type: list
    elements: str
    required: true
  minimum:
    description: GB per second that the all-reduce has to reach.
    type: float
    default: 0
"""

EXAMPLES = r"""
- name: Show what was found
  ansible.builtin.debug:
    msg: "{{ (log | lambdal.cloud.interconnect_report(['train-01', 'train-02'])).lines }}"
  vars:
    log: ['torchrun-check: {"workers": 2, "wrong": 0, "bandwidth": 3.1, "pairs": [[0, 1, 2.9]]}']
"""

RETURN = r"""
_value:
  description: What was found.
  type: dict
  contains:
    bandwidth:
      description: GB per second of an all-reduce over all workers, for each of them.
      type: float
    pairs:
      description: Each pair of C(hosts) with its C(bandwidth) in GB per second, the slowest first.
      type: list
      elements: dict
    slow:
      description: Pairs that are less than half as fast as the fastest one.
      type: list
      elements: dict
    problem:
      description: A sentence when the sum was wrong, the bandwidth is below O(minimum), or nothing was measured. Empty otherwise.
      type: str
    lines:
      description: A summary for a person.
      type: list
      elements: str
"""

import typing as t

from ansible_collections.lambdal.cloud.plugins.module_utils._terminal import printable
from ansible_collections.lambdal.cloud.plugins.plugin_utils import _interconnect
from ansible_collections.lambdal.cloud.plugins.plugin_utils._filter_input import ansible_filter
from ansible_collections.lambdal.cloud.plugins.plugin_utils._values import sequence


@ansible_filter
def interconnect_report(log: t.Any, hosts: t.Any, minimum: t.Any = 0) -> dict[str, t.Any]:
    """Read what a check of the network between hosts has found."""
    lines = [str(line) for line in sequence(log, "lines of a log")]
    found = _interconnect.report(lines, [str(host) for host in sequence(hosts, "a list of hosts")], float(minimum))
    return {
        "bandwidth": found.bandwidth,
        "pairs": [{"hosts": list(pair.hosts), "bandwidth": pair.bandwidth} for pair in found.pairs],
        "slow": [{"hosts": list(pair.hosts), "bandwidth": pair.bandwidth} for pair in found.slow],
        "problem": printable(found.problem),
        "lines": [printable(line) for line in found.lines],
    }


class FilterModule:
    """The filter lambdal.cloud.interconnect_report."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """Return the filter by its name."""
        return {"interconnect_report": interconnect_report}
