# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Launching several machines: where each goes, and for how long to look for capacity."""

from __future__ import annotations

import typing as t

from ansible_collections.lambdal.cloud.plugins.module_utils._attachments import Attachments
from ansible_collections.lambdal.cloud.plugins.module_utils._deadline import Deadline
from ansible_collections.lambdal.cloud.plugins.module_utils._errors import DeadlineExceeded, StateError
from ansible_collections.lambdal.cloud.plugins.module_utils._launch import Launcher
from ansible_collections.lambdal.cloud.plugins.module_utils._patience import Patience
from ansible_collections.lambdal.cloud.plugins.module_utils._placement import (
    Candidate,
    NoCapacity,
    affordable_types,
    allowed_regions,
    candidates,
    needs_offers,
    shared_regions,
)
from ansible_collections.lambdal.cloud.plugins.module_utils._stock import Stock
from ansible_collections.lambdal.cloud.plugins.module_utils._wanted import Policy, Wanted


class Order(t.NamedTuple):
    """A machine to launch and what it is launched with."""

    wanted: Wanted
    attachments: Attachments


class Placing:
    """Places machines that have to be launched, all of them by the same look at the account where possible.

    Args:
        home: the region that `same_region` binds all machines to, if it is known already.
    """

    def __init__(self, stock: Stock, policy: Policy, patience: Patience, home: str | None) -> None:
        self._stock = stock
        self._policy = policy
        self._patience = patience
        self._home = home if policy.same_region else None
        timeout = policy.capacity_timeout
        if patience.deadline:
            timeout = min(timeout, patience.deadline.remaining())
        self._until = Deadline(timeout, patience.clock)

    def plan(self, missing: t.Sequence[Wanted], look: bool) -> tuple[list[Order], list[Candidate]]:
        """What to launch, and where each machine would go if the service took every launch.

        Where the task keeps looking for capacity, a machine that there is none for goes where it would go best.

        Args:
            look: ask for types, prices and capacity even where choosing does not need them.

        Raises:
            InvalidInput: a machine can be launched nowhere.
            NoCapacity: one can be launched nowhere now, and the task does not wait for capacity.
        """
        orders = [Order(wanted, self._stock.attachments(wanted)) for wanted in missing]
        # Of machines that go to different places, none is launched when there is no capacity for another.
        if orders and (look or len({(wanted.instance_types, wanted.regions) for wanted in missing}) > 1):
            self._stock.offers()
        try:
            return orders, self._best(self._choices(orders, check_regions=True))
        except NoCapacity:
            if not self._policy.capacity_timeout:
                raise
        return orders, [self._hoped_for(order) for order in orders]

    def wait_for_room(self, orders: t.Sequence[Order]) -> None:
        """Look until there is capacity for all machines at once, as far as the list tells.

        Raises:
            NoCapacity: there was none before `capacity_timeout` was over.
        """
        while True:
            try:
                self._best(self._choices(orders))
                return
            except NoCapacity as error:
                if not self._until.allows(self._patience.pace):
                    raise
                self._look_again(error)

    def launch_all(self, orders: t.Sequence[Order], launcher: Launcher, launched: t.Callable[..., None]) -> None:
        """Launch every machine; `launched` is told the machine, its id and where it is, at once.

        Raises:
            NoCapacity: a machine found no capacity before `capacity_timeout` was over.
            DeadlineExceeded: the task's time is over.
            LambdaCloudError: the service refused a launch for another reason, or nobody knows what became of it.
        """
        pending = list(orders)
        while pending:
            pending, refusal = self._launch_round(
                pending, launcher, launched, patient=self._until.allows(self._patience.pace)
            )
            if refusal:
                self._look_again(refusal)
                launcher.forget_refusals()

    def _look_again(self, refusal: NoCapacity) -> None:
        self._patience.log(f"{refusal} Looking for {self._until.remaining():.0f} s more.")
        self._patience.sleep(self._patience.pace)
        self._stock.look_again()
        self._stock.offers()

    def _launch_round(
        self, pending: list[Order], launcher: Launcher, launched: t.Callable[..., None], patient: bool
    ) -> tuple[list[Order], NoCapacity | None]:
        """Try each machine once; what is left over, and why."""
        left: list[Order] = []
        refusal: NoCapacity | None = None
        for position, order in enumerate(pending):
            deadline = self._patience.deadline
            if deadline and not deadline.remaining():
                raise DeadlineExceeded(
                    f"The {deadline.seconds:g} s were over before '{order.wanted.name}' was launched."
                )
            try:
                # What is decided together is decided for all that are still to come.
                places = self._choices([order, *pending[position + 1 :]] if self._policy.same_region else [order])[0]
                instance_id, place = launcher.launch(order.wanted, places, order.attachments)
            except NoCapacity as error:
                if not patient:
                    raise
                left.append(order)
                refusal = error
                continue
            if self._policy.same_region:
                self._home = place.region
            launched(order.wanted, instance_id, place)
        return left, refusal

    def _choices(self, orders: t.Sequence[Order], check_regions: bool = False) -> list[list[Candidate]]:
        """The places of each machine, best first, in one region if they have to be."""
        try:
            choices = [
                candidates(order.wanted, self._offers_for(order.wanted), order.attachments, self._policy.prefer)
                for order in orders
            ]
            if not self._policy.same_region:
                return choices
            regions = [self._home] if self._home else shared_regions(choices)
            choices = [[place for place in places if place.region in regions] for places in choices]
            if not all(choices):
                where = self._home or "any one region"
                names = ", ".join(order.wanted.name for order in orders)
                raise NoCapacity(f"There is no capacity for all of {names} in {where} now (same_region).")
            return choices
        except NoCapacity:
            if check_regions:
                self._stock.require_regions(region for order in orders for region in order.wanted.regions)
            raise

    def _best(self, choices: t.Sequence[t.Sequence[Candidate]]) -> list[Candidate]:
        """Where each machine goes if no launch is refused: the first decides on the region that binds the rest."""
        if not self._policy.same_region:
            return [places[0] for places in choices]
        region = choices[0][0].region if choices else None
        return [next(place for place in places if place.region == region) for places in choices]

    def _offers_for(self, wanted: Wanted) -> t.Any:
        known = self._stock.known_offers()
        return known or (self._stock.offers() if needs_offers(wanted, self._policy) else None)

    def _hoped_for(self, order: Order) -> Candidate:
        wanted = order.wanted
        types = affordable_types(wanted, self._stock.offers())
        regions = allowed_regions(wanted, order.attachments)
        fitting = [
            Candidate(name, region)
            for name in types
            for region in ([self._home] if self._home else regions or ())
            if order.attachments.fits(name, region)
        ]
        return fitting[0] if fitting else Candidate(types[0], "")


def home_region(regions: t.Collection[str | None], policy: Policy) -> str | None:
    """The region that machines which exist bind the others to.

    Raises:
        StateError: they have to be in one region and are not.
    """
    known = sorted({region for region in regions if region})
    if not policy.same_region or not known:
        return None
    if len(known) > 1:
        raise StateError(f"All machines have to be in one region (same_region), and some are in {' and '.join(known)}.")
    return known[0]
