# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter that judges the GPUs of a host."""

from __future__ import annotations

import typing as t

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.lambdal.cloud.plugins.filter.gpu_report import gpu_report

HOST = "train-1 (id 7f)"
LINKED = "GPU 0: NVIDIA A100\n\t Link 0: 25 GB/s\n\t Link 1: 25 GB/s\nGPU 1: NVIDIA A100\n\t Link 0: 25 GB/s"
UNLINKED = "GPU 0: NVIDIA A100\n\t Link 0: 25 GB/s\nGPU 1: NVIDIA A100\n\t Link 0: <inactive>"


def answer(*lines: str, rc: int = 0, **rest: t.Any) -> dict[str, t.Any]:
    return {"rc": rc, "stdout": "\n".join(lines), "stdout_lines": list(lines), "stderr_lines": [], **rest}


def gpu(
    index: int = 0, memory: str = "81920", driver: str = "550.1", persistence: str = "Enabled", ecc: str = "0"
) -> str:
    return f"{index}, NVIDIA A100, {memory}, {driver}, {persistence}, {ecc}"


def faults(query: dict[str, t.Any], gpus: t.Any = 1, **options: t.Any) -> list[str]:
    found: list[str] = gpu_report(query, host=HOST, gpus=gpus, **options)["faults"]
    return found


def test_working_gpus_have_no_faults() -> None:
    expected = {"memory_mib": "80000", "driver": "550.1", "ecc_errors": 0, "persistence": True}
    report = gpu_report(answer(gpu(), gpu(1)), host=HOST, gpus="2", links=answer(*LINKED.splitlines()), **expected)
    assert report == {"faults": [], "summary": "2 GPUs answer: 0, NVIDIA A100, 81920 MiB; 1, NVIDIA A100, 81920 MiB"}
    assert gpu_report(answer(gpu()), host=HOST, gpus=1)["summary"] == "1 GPU answers: 0, NVIDIA A100, 81920 MiB"


def test_a_type_without_gpus_is_not_checked() -> None:
    report = gpu_report({"skipped": True}, host=HOST, gpus=0, links={"skipped": True}, computed={"skipped": True})
    assert report == {"faults": [], "summary": f"The type of {HOST} has no GPUs."}


@pytest.mark.parametrize(
    ("query", "said"),
    [
        (answer(gpu(), "Unable to determine the device handle"), "0 and said: Unable to determine the device handle."),
        (answer(gpu(), gpu(1), gpu(2)), "0 and said: nothing."),
        (answer(gpu(), gpu(1), rc=15, stderr_lines=["lost"], msg="failed"), "15 and said: lost failed."),
        ({"msg": "No such file", "failed": True}, "no code and said: No such file."),
    ],
)
def test_missing_gpus_are_a_fault(query: dict[str, t.Any], said: str) -> None:
    answering = len([line for line in query.get("stdout_lines", []) if "A100" in line])
    assert faults(query, 2) == [
        f"{HOST} should have 2 working GPUs, but only {answering} answer. nvidia-smi exited with {said}"
    ]


@pytest.mark.parametrize(
    ("line", "options", "fault"),
    [
        (gpu(memory="40960"), {"memory_mib": 80000}, "has 40960 MiB, not 80000 or more."),
        (gpu(memory="[N/A]"), {"memory_mib": 1}, "has [N/A] MiB, not 1 or more."),
        (gpu(driver="535.104"), {"driver": "550.0"}, "has the driver 535.104, older than 550.0."),
        (gpu(driver="[N/A]"), {"driver": "550.0"}, "has the driver [N/A], older than 550.0."),
        (gpu(persistence="Disabled"), {"persistence": True}, "is not in persistence mode."),
        (gpu(ecc="3"), {"ecc_errors": "2"}, "has 3 uncorrected memory errors."),
    ],
)
def test_what_a_gpu_lacks_is_a_fault(line: str, options: dict[str, t.Any], fault: str) -> None:
    assert faults(answer(line), **options) == [f"GPU 0 of {HOST} {fault}"]


@pytest.mark.parametrize(
    ("line", "options"),
    [
        (gpu(driver="550.10"), {"driver": "550.9"}),
        (gpu(persistence="Disabled"), {}),
        (gpu(ecc="[N/A]"), {"ecc_errors": 0}),
        (gpu(memory="[N/A]"), {}),
    ],
)
def test_what_is_not_expected_is_no_fault(line: str, options: dict[str, t.Any]) -> None:
    assert faults(answer(line), **options) == []


def test_each_gpu_needs_a_link() -> None:
    two = answer(gpu(), gpu(1))
    fault = f"Only 1 of 2 GPUs of {HOST} have an active NVLink."
    assert faults(two, 2, links=answer(*UNLINKED.splitlines())) == [fault]
    assert faults(two, 2, links={"rc": 1, "msg": "no"}) == [fault.replace("Only 1", "Only 0")]
    for links in (None, {"skipped": True}):
        assert faults(two, 2, links=links) == []


@pytest.mark.parametrize(
    ("computed", "fault"),
    [
        (answer("devices 1"), None),
        (answer("devices 1", "GPU 0: RuntimeError: lost"), f"PyTorch on {HOST} fails on GPU 0: RuntimeError: lost."),
        (answer("devices 0"), f"PyTorch on {HOST} sees devices 0, not 1."),
        (answer("devices 0", "import: OSError: x"), f"PyTorch on {HOST} fails on import: OSError: x."),
        # No PyTorch, no interpreter, and one that said something else.
        (answer(rc=3), None),
        ({"msg": "No such file", "failed": True}, None),
        (answer("hello"), None),
        (None, None),
    ],
)
def test_pytorch_has_to_compute_on_each(computed: t.Any, fault: str | None) -> None:
    assert faults(answer(gpu()), computed=computed) == ([] if fault is None else [fault])


def test_the_summary_tells_that_pytorch_computes() -> None:
    report = gpu_report(answer(gpu()), host=HOST, gpus=1, computed=answer("devices 1"))
    assert report["summary"].endswith("MiB; PyTorch computes on each")


def test_what_is_no_result_or_number_is_refused() -> None:
    with pytest.raises(AnsibleFilterError, match="the result of a task"):
        gpu_report("text", host=HOST, gpus=1)
    with pytest.raises(AnsibleFilterError, match="gpus must be a whole number"):
        gpu_report(answer(), host=HOST, gpus="all")


@pytest.mark.parametrize(
    ("cuda", "found"),
    [
        (answer("cuInit 0", "devices 1"), []),
        # No library of the driver, no interpreter, and a task that was not run
        (answer(rc=3), []),
        ({"rc": 2, "msg": "No such file"}, []),
        (None, []),
        (
            answer("cuInit 802 CUDA_ERROR_SYSTEM_NOT_READY: system not yet initialized"),
            [
                f"CUDA on {HOST} does not start: cuInit returns 802 (CUDA_ERROR_SYSTEM_NOT_READY: system not yet initialized)."
            ],
        ),
        (answer("cuInit 100"), [f"CUDA on {HOST} does not start: cuInit returns 100 (no device)."]),
        (answer("cuInit 4321"), [f"CUDA on {HOST} does not start: cuInit returns 4321."]),
        (answer(rc=-14), [f"CUDA on {HOST} does not start: cuInit has not returned."]),
        (answer("cuInit 0", "devices 0"), [f"CUDA on {HOST} sees devices 0, not 1."]),
    ],
)
def test_cuda_has_to_start(cuda: t.Any, found: list[str]) -> None:
    assert faults(answer(gpu()), cuda=cuda) == found
