# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import typing as t

from ansible_collections.lambdal.cloud.plugins.plugin_utils._billing import Ledger


class Clock:
    now = 10_000.0

    def __call__(self) -> float:
        return self.now


def row(name: str, price: int | None = 180) -> dict[str, t.Any]:
    return {
        "id": f"id-{name}",
        "name": name,
        "status": "active",
        "instance_type": {"name": "gpu_1x_a10", "price_cents_per_hour": price},
    }


def launched(*names: str, price: int | None = 180) -> dict[str, t.Any]:
    identities = [{"id": f"id-{name}", "name": name} for name in names]
    return {"instances": [row(name, price) for name in names], "launched": identities, "terminated": []}


def cost(ledger: Ledger) -> list[str]:
    return [line for line in ledger.lines() if "cost at most" in line]


def test_the_cost_since_launch_counts_from_the_task_to_now_or_to_the_termination() -> None:
    clock = Clock()
    ledger = Ledger(clock)
    ledger.record(launched("a", "b"), began=clock.now)
    clock.now += 600
    ledger.record({"terminated": [{"id": "id-a", "name": "a"}]}, began=clock.now)
    clock.now += 600
    # Ten minutes of the one and twenty of the other, at 1.80 an hour
    assert cost(ledger) == ["That has cost at most 0.90 US dollars since its launch."]


def test_a_part_of_a_cent_is_a_cent() -> None:
    clock = Clock()
    ledger = Ledger(clock)
    ledger.record(launched("a"), began=clock.now)
    clock.now += 1
    assert cost(ledger) == ["That has cost at most 0.01 US dollars since its launch."]


def test_what_is_not_known_is_not_told() -> None:
    clock = Clock()
    for price, began in ((None, clock.now), (180, None)):
        ledger = Ledger(clock)
        ledger.record(launched("a", price=price), began)
        clock.now += 600
        assert cost(ledger) == []
    ledger = Ledger(clock)
    ledger.record({"instances": [row("a")]}, began=clock.now)
    assert cost(ledger) == []
