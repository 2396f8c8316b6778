# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
name: job_failure
version_added: 1.1.0
author: lambdal.cloud contributors (@lambdal-cloud)
short_description: Find where a job over several hosts failed first
description:
  - Returns the host on which a job failed first, and what its log says of the error.
  - A part that has an error of its own comes before those that only miss another part.
options:
  _input:
    description:
      - Parts of the job in the order of their ranks, each a dictionary of C(host), C(result), which is the fact C(torchrun_result), and
        C(printed), what the role torchrun found in the log.
    type: list
    elements: dict
    required: true
"""

EXAMPLES = r"""
- name: Show where the job failed
  ansible.builtin.debug:
    msg: "{{ parts | lambdal.cloud.job_failure }}"
  vars:
    parts:
      - host: train-01
        result: {ended: true, succeeded: false, reachable: true, exit_code: 1}
        printed: {log: ['ValueError: no data'], journal: []}
"""

RETURN = r"""
_value:
  description: An empty dictionary when no part has failed.
  type: dict
  contains:
    host:
      description: Where the job failed first.
      type: str
    error:
      description: The line that says why.
      type: str
    lines:
      description: The lines of the log around it, 60 at most.
      type: list
      elements: str
    lost:
      description: Hosts that no longer answered.
      type: list
      elements: str
  sample:
    host: train-01
    error: "ValueError: no data"
    lines: ["ValueError: no data"]
    lost: []
"""

import typing as t

from ansible_collections.lambdal.cloud.plugins.module_utils._terminal import printable
from ansible_collections.lambdal.cloud.plugins.plugin_utils import _job
from ansible_collections.lambdal.cloud.plugins.plugin_utils._filter_input import ansible_filter
from ansible_collections.lambdal.cloud.plugins.plugin_utils._values import mapping, mappings


@ansible_filter
def job_failure(parts: t.Any) -> dict[str, t.Any]:
    """Find where a job over several hosts failed first."""
    failure = _job.first_failure([_part(row) for row in mappings(parts, "a list of parts of a job", "result")])
    if failure is None:
        return {}
    return {
        "host": failure.host,
        "error": printable(failure.error, keep="\t"),
        "lines": [printable(line, keep="\t") for line in failure.lines],
        "lost": list(failure.lost),
    }


def _part(row: t.Mapping[str, t.Any]) -> _job.Part:
    result = mapping(row["result"], "a result of the role torchrun")
    printed = mapping(row.get("printed") or {}, "what the role torchrun found in the log")
    return _job.Part(
        host=str(row.get("host", "")),
        reachable=bool(result.get("reachable", True)),
        ended=bool(result.get("ended")),
        succeeded=bool(result.get("succeeded")),
        exited_at=printed.get("exited_at"),
        log=tuple(str(line) for line in printed.get("log") or ()),
        journal=tuple(str(line) for line in printed.get("journal") or ()),
    )


class FilterModule:
    """The filter lambdal.cloud.job_failure."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """Return the filter by its name."""
        return {"job_failure": job_failure}
