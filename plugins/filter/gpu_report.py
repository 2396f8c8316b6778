# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
name: gpu_report
version_added: 1.0.0
author: lambdal.cloud contributors (@lambdal-cloud)
short_description: Judge the GPUs of a host
description:
  - Compares what C(nvidia-smi) reports of the GPUs of a host with what is expected of them.
  - C(nvidia-smi) is to be asked for C(index,name,memory.total,driver_version,persistence_mode,ecc.errors.uncorrected.volatile.total) in
    the format C(csv,noheader,nounits).
options:
  _input:
    description: Result of the task that ran C(nvidia-smi --query-gpu). It may have failed.
    type: dict
    required: true
  host:
    description: What the host is called in the sentences.
    type: str
    required: true
  gpus:
    description: How many GPUs the host must have. With V(0) nothing is checked.
    type: int
    required: true
  memory_mib:
    description: MiB that each GPU must have at least.
    type: int
    default: 0
  driver:
    description: The oldest driver that is accepted. Empty for any.
    type: str
    default: ""
  ecc_errors:
    description: Uncorrected memory errors that a GPU may have.
    type: int
    default: 0
  persistence:
    description: Whether persistence mode must be on.
    type: bool
    default: false
  links:
    description: Result of the task that ran C(nvidia-smi nvlink --status), when each GPU must have an active NVLink.
    type: dict
  computed:
    description: Result of the task with which the role P(lambdal.cloud.gpu_check#role) computes on each GPU with PyTorch.
    type: dict
  cuda:
    description: Result of the task with which the role P(lambdal.cloud.gpu_check#role) starts CUDA with the driver alone.
    type: dict
    version_added: 1.1.0
"""

EXAMPLES = r"""
- name: Query the GPUs
  ansible.builtin.command:
    argv:
      - nvidia-smi
      - --query-gpu=index,name,memory.total,driver_version,persistence_mode,ecc.errors.uncorrected.volatile.total
      - --format=csv,noheader,nounits
  register: queried
  changed_when: false
  failed_when: false

- name: Show what is wrong with them
  ansible.builtin.debug:
    msg: "{{ (queried | lambdal.cloud.gpu_report(host=inventory_hostname, gpus=8)).faults }}"
"""

RETURN = r"""
_value:
  description: What was found.
  type: dict
  contains:
    faults:
      description: A sentence for each thing that is wrong.
      type: list
      elements: str
      sample: ["GPU 0 of train-1 is not in persistence mode."]
    summary:
      description: A sentence that says which GPUs answer.
      type: str
"""

import typing as t

from ansible_collections.lambdal.cloud.plugins.module_utils._terminal import printable
from ansible_collections.lambdal.cloud.plugins.plugin_utils import _gpus
from ansible_collections.lambdal.cloud.plugins.plugin_utils._filter_input import ansible_filter
from ansible_collections.lambdal.cloud.plugins.plugin_utils._values import mapping, whole_number


@ansible_filter
def gpu_report(
    query: t.Any,
    host: str,
    gpus: t.Any,
    memory_mib: t.Any = 0,
    driver: str = "",
    ecc_errors: t.Any = 0,
    persistence: bool = False,
    links: t.Any = None,
    computed: t.Any = None,
    cuda: t.Any = None,
) -> dict[str, t.Any]:
    """Judge the GPUs of a host."""
    result = mapping(query, "the result of a task")
    expected = _gpus.Expected(
        whole_number(gpus, "gpus"),
        whole_number(memory_mib, "memory_mib"),
        str(driver or ""),
        whole_number(ecc_errors, "ecc_errors"),
        persistence,
    )
    return {
        "faults": [printable(fault) for fault in _gpus.gpu_faults(expected, host, result, links, computed, cuda)],
        "summary": printable(_gpus.gpu_summary(expected, host, result, computed)),
    }


class FilterModule:
    """The filter lambdal.cloud.gpu_report."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """Return the filter by its name."""
        return {"gpu_report": gpu_report}
