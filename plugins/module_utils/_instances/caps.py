# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Spending caps: whether launches fit what a task and the account may cost. Pure functions."""

from __future__ import annotations

import typing as t
from collections import Counter

from ansible_collections.lambdal.cloud.plugins.module_utils._client.models import (
    Instance,
    describe,
    instance_type_name,
    is_live,
    price_cents_per_hour,
)
from ansible_collections.lambdal.cloud.plugins.module_utils._errors import StateError
from ansible_collections.lambdal.cloud.plugins.module_utils._instances.candidates import Candidate, Offers, offer_price
from ansible_collections.lambdal.cloud.plugins.module_utils._instances.spec import InstanceSpec, Policy

# An instance to launch and where
Order = tuple[InstanceSpec, Candidate]


class CapExceeded(StateError):
    """A launch would exceed a spending cap, or nobody knows whether it would."""


def require_room(
    policy: Policy,
    orders: t.Sequence[Order],
    own: t.Iterable[Instance],
    account: t.Iterable[Instance],
    offers: Offers,
) -> None:
    """Refuse launches that the caps leave no room for.

    Args:
        orders: what is to be launched now, on top of what exists.
        own: the task's instances.
        account: all instances of the account; needed only for a cap on the account.

    Raises:
        CapExceeded: a cap would be exceeded, or a price is not known.
    """
    if not orders:
        return
    own = list(filter(is_live, own))
    if policy.max_instances is not None and len(own) + len(orders) > policy.max_instances:
        raise CapExceeded(
            f"max_instances is {policy.max_instances}: the task has {len(own)} live instances and would launch {len(orders)} "
            f"more ({_listed(orders)}), {len(own) + len(orders)} together. These were not launched. Ask for fewer names, or "
            "raise max_instances."
        )
    _require_cost("max_hourly_cost_cents", policy.max_hourly_cost_cents, "the task's", orders, own, offers)
    account = list(filter(is_live, account))
    _require_cost(
        "account_max_hourly_cost_cents", policy.account_max_hourly_cost_cents, "the account's", orders, account, offers
    )


def _require_cost(
    option: str, cap: int | None, whose: str, orders: t.Sequence[Order], rows: t.Sequence[Instance], offers: Offers
) -> None:
    if cap is None:
        return
    unknown = [candidate.instance_type for _spec, candidate in orders if _price(candidate, offers) is None]
    # What was launched when prices were not listed has its price in the list of types.
    prices = [_row_price(row, offers) for row in rows]
    unknown += [describe(row) for row, price in zip(rows, prices, strict=True) if price is None]
    if unknown:
        raise CapExceeded(
            f"{option} is {cap}, and the service does not report the price of {', '.join(dict.fromkeys(unknown))}, so that nobody "
            f"knows whether {_listed(orders)} would exceed it. These were not launched. Choose a type that has a price, or leave "
            f"out {option}."
        )
    now = sum(price for price in prices if price is not None)
    more = sum(_price(candidate, offers) or 0 for _spec, candidate in orders)
    if now + more > cap:
        raise CapExceeded(
            f"{option} is {cap} US cents per hour: {whose} {len(rows)} live instances cost {now}, and {_priced(orders, offers)} "
            f"would add {more}, {now + more} together. These were not launched. Ask for fewer or cheaper instances, terminate "
            f"some, or raise {option}."
        )


def _price(candidate: Candidate, offers: Offers) -> int | None:
    return offer_price(offers, candidate.instance_type)


def _row_price(row: Instance, offers: Offers) -> int | None:
    price = price_cents_per_hour(row)
    return offer_price(offers, instance_type_name(row) or "") if price is None else price


def _listed(orders: t.Iterable[Order]) -> str:
    return ", ".join(spec.name for spec, _candidate in orders)


def _priced(orders: t.Sequence[Order], offers: Offers) -> str:
    """Return what is to be launched, by types with their prices: `train-1, train-2 (2 x gpu_1x_a10 at 75)`."""
    counts = Counter(candidate.instance_type for _spec, candidate in orders)
    types = [f"{count} x {name} at {offer_price(offers, name)}" for name, count in counts.items()]
    return f"{_listed(orders)} ({', '.join(types)})"
