# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import typing as t

import pytest
from ansible_collections.lambdal.cloud.plugins.module_utils._errors import InvalidInput
from ansible_collections.lambdal.cloud.plugins.module_utils._instances.candidates import Attachments, candidates
from ansible_collections.lambdal.cloud.plugins.module_utils._instances.drift import differences
from ansible_collections.lambdal.cloud.plugins.module_utils._instances.needs import has_word, matching, read_needs
from ansible_collections.lambdal.cloud.plugins.module_utils._instances.spec import InstanceSpec


def type_row(
    name: str, gpu: str, price: int | None, gpus: int = 1, memory: int = 200, **more: t.Any
) -> dict[str, t.Any]:
    specs = {"vcpus": 30, "memory_gib": memory, "storage_gib": 1400, "gpus": gpus}
    return {"name": name, "gpu_description": gpu, "price_cents_per_hour": price, "specs": specs, **more}


TYPES = [
    type_row("gpu_8x_h100", "H100 (80 GB SXM5)", 2392, gpus=8),
    type_row("gpu_1x_gh200", "GH200 (96 GB)", 149, memory=432),
    type_row("gpu_1x_a100", "A100 (40 GB PCIe)", 129),
    type_row("gpu_1x_a10", "A10 (24 GB PCIe)", 75),
    type_row("cpu_4x", "N/A", 20, gpus=0, memory=16),
    type_row("free", "A10 (24 GB PCIe)", None, memory=500),
    # Of a model that nobody knew when this was written
    type_row("gpu_1x_z9", "Z9 (512 GB SXM9)", 900, architecture="arm64"),
    # One of which nothing is known
    {"name": "odd", "price_cents_per_hour": 1},
]


@pytest.mark.parametrize(
    ("needs", "expected"),
    [
        ({"gpus": 2}, ["gpu_8x_h100"]),
        ({"gpus": {"max": 0}}, ["cpu_4x"]),
        ({"gpus": {"min": 1, "max": 1}, "gpu_memory_gib": 40}, ["gpu_1x_a100", "gpu_1x_gh200", "gpu_1x_z9"]),
        ({"gpu_memory_gib": {"max": 24}}, ["gpu_1x_a10", "free"]),
        ({"gpu": "a10"}, ["gpu_1x_a10", "free"]),
        ({"gpu": ["A1*", "z?"], "gpus": "1"}, ["gpu_1x_a10", "gpu_1x_a100", "gpu_1x_z9", "free"]),
        ({"architecture": "arm64"}, ["gpu_1x_gh200", "gpu_1x_z9"]),
        ({"memory_gib": 400, "vcpus": 30, "storage_gib": 1000}, ["gpu_1x_gh200", "free"]),
        ({"gpu_memory_gib": 500}, ["gpu_1x_z9"]),
        ({"gpus": 9}, []),
    ],
)
def test_types_are_found_by_what_they_have_cheapest_first(needs: dict[str, t.Any], expected: list[str]) -> None:
    wanted = read_needs(needs)
    assert wanted is not None
    assert [row["name"] for row in matching(TYPES, wanted)] == expected


@pytest.mark.parametrize(
    ("needs", "message"),
    [
        ({}, "needs is empty"),
        ({"gpus": None, "gpu": None}, "needs is empty"),
        ({"gpu": [""]}, "needs is empty"),
        ({"ram": 8}, "needs has no ram"),
        ({"gpus": "many"}, "needs.gpus must be a number from 0 on, not 'many'"),
        ({"gpus": True}, "needs.gpus must be a number"),
        ({"gpus": -1}, "needs.gpus must be a number"),
        ({"gpus": float("nan")}, "needs.gpus must be a number"),
        ({"gpus": [1, 2]}, "needs.gpus must be a number"),
        ({"gpus": {"minimum": 1}}, "takes a number, or min and max, not minimum"),
        ({"gpus": {}}, "of which there is none"),
        ({"gpus": {"min": 2, "max": 1}}, "a min of 2 above its max of 1"),
        ({"architecture": "sparc"}, "must be x86_64 or arm64"),
        ([8], "must be a dictionary"),
    ],
)
def test_what_cannot_be_meant_is_refused(needs: t.Any, message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        read_needs(needs)


def test_words_are_whole() -> None:
    assert not has_word("A100 (40 GB)", "A10")
    assert has_word("RTX A6000 (48 GB)", "rtx a6000")
    assert not has_word("A100 (40 GB)", "A.00")
    assert not has_word("H100", "*200")


def test_an_instance_that_has_what_is_needed_is_no_drift() -> None:
    row: t.Any = {"id": "1", "instance_type": TYPES[0]}
    assert differences(row, InstanceSpec("a", needs=read_needs({"gpus": 1, "gpu": "H100"}))) == []
    found = differences(row, InstanceSpec("a", needs=read_needs({"gpus": {"max": 4}, "gpu": ["A100", "B*"]})))
    assert [str(each) for each in found] == [
        "needs.gpus is 8, not at most 4",
        "needs.gpu is H100 (80 GB SXM5), not A100 or B*",
    ]
    # What the API does not show is not compared.
    unknown: t.Any = {"id": "1", "instance_type": {"name": "odd"}}
    assert differences(unknown, InstanceSpec("a", needs=read_needs({"gpus": 1}))) == []


def test_without_a_type_that_fits_there_is_no_candidate() -> None:
    offers: t.Any = {row["name"]: {"instance_type": row, "regions_with_capacity_available": []} for row in TYPES}
    with pytest.raises(
        InvalidInput, match=r"No instance type has what 'a' needs: gpus at least 9\. There are: cpu_4x, "
    ):
        candidates(InstanceSpec("a", needs=read_needs({"gpus": 9})), offers, Attachments())
