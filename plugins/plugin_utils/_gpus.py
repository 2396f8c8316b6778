# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What nvidia-smi and PyTorch say of a host's GPUs, against what is expected of them. Pure functions."""

from __future__ import annotations

import re
import signal
import typing as t
from dataclasses import dataclass

from ansible.module_utils.compat.version import LooseVersion

HostResult = t.Mapping[str, t.Any]

# A line of nvidia-smi for one GPU begins with its number. Complaints about a GPU stand among the lines of the others.
_GPU = re.compile(r"[0-9]+, ")
# Where the driver does not say it, from the reference of the CUDA driver API, CUresult
_CUDA_ERRORS = {
    100: "no device",
    802: "the system is not ready, as where the fabric manager does not run",
    803: "the driver's library and its kernel module do not fit together",
}
_LINKED = re.compile(r"(?s)GPU ([0-9]+):(?:(?!\nGPU ).)*?Link [0-9]+: [0-9.]+ GB/s")


@dataclass(frozen=True)
class Expected:
    """What the GPUs of a host have to be like."""

    gpus: int
    memory_mib: int = 0
    driver: str = ""
    ecc_errors: int = 0
    persistence: bool = False


def gpu_faults(
    expected: Expected,
    host: str,
    query: HostResult,
    links: HostResult | None = None,
    computed: HostResult | None = None,
    cuda: HostResult | None = None,
) -> list[str]:
    """Return a sentence for each thing that is wrong with a host's GPUs.

    Args:
        host: what the host is called in these sentences.
        query: the result of the command that queried nvidia-smi for QUERY.
        links: the result of `nvidia-smi nvlink --status`; None where no links are needed.
        computed: the result of the program that computes on each GPU with PyTorch; None where it was not run.
        cuda: the result of the program that starts CUDA with the driver alone; None where it was not run.
    """
    if expected.gpus == 0:
        return []
    rows = _rows(query)
    return [
        *_count_faults(expected, host, query, rows),
        *(fault for row in rows for fault in _row_faults(expected, f"GPU {row[0]} of {host}", row)),
        *_link_faults(host, rows, links),
        *_cuda_faults(expected, host, cuda or {}),
        *_compute_faults(expected, host, computed or {}),
    ]


def gpu_summary(expected: Expected, host: str, query: HostResult, computed: HostResult | None = None) -> str:
    """Return a sentence that says which GPUs answer."""
    if expected.gpus == 0:
        return f"The type of {host} has no GPUs."
    rows = _rows(query)
    shown = "; ".join(", ".join(row[:3]) + " MiB" for row in rows)
    torch = "; PyTorch computes on each" if _has_torch(computed or {}) else ""
    return f"{len(rows)} GPU{' answers' if len(rows) == 1 else 's answer'}: {shown}{torch}"


def _rows(query: HostResult) -> list[list[str]]:
    return [line.split(", ") for line in query.get("stdout_lines") or () if _GPU.match(line)]


def _count_faults(expected: Expected, host: str, query: HostResult, rows: t.Sequence[t.Any]) -> list[str]:
    if query.get("rc", 1) == 0 and len(rows) == expected.gpus:
        return []
    said = [line for line in query.get("stdout_lines") or () if not _GPU.match(line)]
    said += [*(query.get("stderr_lines") or ()), query.get("msg") or ""]
    return [
        f"{host} should have {expected.gpus} working GPUs, but only {len(rows)} answer. nvidia-smi exited with "
        f"{query.get('rc', 'no code')} and said: {' '.join(filter(None, said)) or 'nothing'}."
    ]


def _row_faults(expected: Expected, gpu: str, row: t.Sequence[str]) -> t.Iterator[str]:
    _index, _name, memory, driver, persistence, ecc_errors = [*row, "", "", "", ""][:6]
    if _number(memory) < expected.memory_mib:
        yield f"{gpu} has {memory} MiB, not {expected.memory_mib} or more."
    if expected.driver and _is_older(driver, expected.driver):
        yield f"{gpu} has the driver {driver}, older than {expected.driver}."
    if expected.persistence and persistence == "Disabled":
        yield f"{gpu} is not in persistence mode."
    if re.fullmatch(r"[0-9]+", ecc_errors) and int(ecc_errors) > expected.ecc_errors:
        yield f"{gpu} has {ecc_errors} uncorrected memory errors."


def _number(text: str) -> int:
    return int(text) if re.fullmatch(r"[0-9]+", text) else 0


def _is_older(driver: str, oldest: str) -> bool:
    try:
        return bool(LooseVersion(driver) < LooseVersion(oldest))
    except TypeError:
        # What is no version, such as [N/A], is none that will do.
        return True


def _link_faults(host: str, rows: t.Sequence[t.Any], links: HostResult | None) -> list[str]:
    if links is None or links.get("skipped"):
        return []
    linked = _LINKED.findall(links.get("stdout") or "")
    if len(linked) >= len(rows):
        return []
    return [f"Only {len(linked)} of {len(rows)} GPUs of {host} have an active NVLink."]


def _cuda_faults(expected: Expected, host: str, cuda: HostResult) -> list[str]:
    # Python tells a signal as a negative code, a shell as 128 and more.
    if cuda.get("rc") in (-signal.SIGALRM, 128 + signal.SIGALRM):
        return [f"CUDA on {host} does not start: cuInit has not returned."]
    lines = cuda.get("stdout_lines") or ()
    for line in lines:
        found = re.match(r"cuInit ([0-9]+) ?(.*)", line)
        if found and found[1] != "0":
            meaning = found[2] or _CUDA_ERRORS.get(int(found[1]), "")
            return [f"CUDA on {host} does not start: cuInit returns {found[1]}{f' ({meaning})' if meaning else ''}."]
    counts = [line for line in lines if line.startswith("devices ")]
    if counts and counts[0] != f"devices {expected.gpus}":
        return [f"CUDA on {host} sees {counts[0]}, not {expected.gpus}."]
    return []


def _has_torch(computed: HostResult) -> bool:
    # The program ends with 3 where there is no PyTorch for CUDA; without the interpreter there is none either.
    return computed.get("rc", 3) == 0 and "devices" in (computed.get("stdout") or "")


def _compute_faults(expected: Expected, host: str, computed: HostResult) -> list[str]:
    if not _has_torch(computed):
        return []
    lines = list(computed.get("stdout_lines") or ())
    faults = [line for line in lines if not line.startswith("devices ")]
    if faults:
        return [f"PyTorch on {host} fails on {'; '.join(faults)}."]
    if f"devices {expected.gpus}" in lines:
        return []
    return [f"PyTorch on {host} sees {lines[0]}, not {expected.gpus}."]
