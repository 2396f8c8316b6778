# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a check of the network between hosts has found."""

from __future__ import annotations

import json
import typing as t

from ansible_collections.lambdal.cloud.plugins.filter.interconnect_report import interconnect_report

HOSTS = ["train-1", "train-2", "train-3"]


def log(**found: t.Any) -> list[str]:
    pairs = [[0, 1, 10.0], [0, 2, 2.0], [1, 2, 2.5]]
    measured = {"workers": 24, "wrong": 0, "bandwidth": 3.0, "pairs": pairs, **found}
    return ["torch warns of something", f"torchrun-check: {json.dumps(measured)}", "bye"]


def test_slow_pairs_and_the_host_that_they_share_are_named() -> None:
    found = interconnect_report(log(), HOSTS)
    assert found["problem"] == ""
    assert found["bandwidth"] == 3.0
    assert [pair["hosts"] for pair in found["pairs"]] == [
        ["train-1", "train-3"],
        ["train-2", "train-3"],
        ["train-1", "train-2"],
    ]
    assert found["slow"] == [
        {"hosts": ["train-1", "train-3"], "bandwidth": 2.0},
        {"hosts": ["train-2", "train-3"], "bandwidth": 2.5},
    ]
    assert found["lines"] == [
        "All-reduce over 24 workers of 3 hosts: 3.00 GB/s for each worker.",
        "3 pairs of hosts: 2.00 to 10.00 GB/s.",
        "Slow: train-1 and train-3 with 2.00 GB/s.",
        "Slow: train-2 and train-3 with 2.50 GB/s.",
        "train-3 is in all of these.",
    ]


def test_what_speaks_against_a_job() -> None:
    assert interconnect_report(log(), HOSTS, 4)["problem"] == "The all-reduce reaches 3.00 GB/s, and 4.00 are required."
    assert interconnect_report(log(), HOSTS, 3)["problem"] == ""
    assert interconnect_report(log(wrong=2), HOSTS)["problem"].startswith("The all-reduce gave a wrong sum to 2 of 24")
    assert interconnect_report(["nothing"], HOSTS)["problem"] == "The check has measured nothing."


def test_one_host_has_no_pairs() -> None:
    found = interconnect_report(log(pairs=[], workers=1), HOSTS[:1])
    assert found["lines"] == ["All-reduce over 1 workers of 1 host: 3.00 GB/s for each worker."]
    assert (found["slow"], found["problem"]) == ([], "")
