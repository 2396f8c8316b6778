# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Scheduling launches: where each instance goes, and for how long to look for capacity."""

from __future__ import annotations

import typing as t

from ansible_collections.lambdal.cloud.plugins.module_utils._errors import (
    ApiError,
    CausedError,
    DeadlineExceeded,
    InvalidInput,
    LambdaCloudError,
    StateError,
)
from ansible_collections.lambdal.cloud.plugins.module_utils._instances.candidates import (
    Attachments,
    Candidate,
    NoCapacity,
    affordable_types,
    allowed_regions,
    candidates,
    needs_offers,
    offer_price,
    shared_regions,
    wanted_types,
)
from ansible_collections.lambdal.cloud.plugins.module_utils._instances.catalog import Catalog
from ansible_collections.lambdal.cloud.plugins.module_utils._instances.launch import Launcher
from ansible_collections.lambdal.cloud.plugins.module_utils._instances.spec import InstanceSpec, Policy
from ansible_collections.lambdal.cloud.plugins.module_utils._interrupts import signals_delayed
from ansible_collections.lambdal.cloud.plugins.module_utils._timing import Deadline, WaitSettings

# What a launch is refused with that asks for what there is not
_NOT_UNDERSTOOD = ("global/invalid-parameters", "global/object-does-not-exist")


class Order(t.NamedTuple):
    """An instance to launch and what it is launched with."""

    spec: InstanceSpec
    attachments: Attachments


class Scheduler:
    """Places instances that have to be launched, all of them by the same list of offers where possible.

    Args:
        home: the region that `same_region` binds all instances to, if it is known already.
    """

    def __init__(self, catalog: Catalog, policy: Policy, waits: WaitSettings, home: str | None) -> None:
        self._catalog = catalog
        self._policy = policy
        self._waits = waits
        self._home = home if policy.same_region else None
        timeout = policy.capacity_timeout
        if waits.deadline:
            timeout = min(timeout, waits.deadline.remaining())
        self._until = Deadline(timeout, waits.clock)
        self._insisting = False
        self._told: str | None = None

    def insist(self) -> None:
        """Keep looking for capacity until the task's deadline from now on, since instances were terminated for these."""
        self._insisting = True
        if self._waits.deadline:
            self._until = Deadline(self._waits.deadline.remaining(), self._waits.clock)

    def place(self, missing: t.Sequence[InstanceSpec], refresh: bool) -> tuple[list[Order], list[Candidate]]:
        """Return what to launch, and where each instance would go if the service accepted every launch.

        Where the task keeps looking for capacity, an instance that there is none for gets its best guess.

        Args:
            refresh: fetch types, prices and capacity even where choosing does not need them.

        Raises:
            InvalidInput: an instance can be launched nowhere.
            NoCapacity: one can be launched nowhere now, and the task does not wait for capacity.
        """
        orders = [Order(spec, self._catalog.attachments(spec)) for spec in missing]
        # Of instances that go to different places, none is launched when there is no capacity for another.
        if orders and (refresh or len({(spec.instance_types, spec.needs, spec.regions) for spec in missing}) > 1):
            self._catalog.offers()
        try:
            return orders, self._best(self._choices(orders, check_regions=True))
        except NoCapacity as error:
            if not self._policy.capacity_timeout:
                raise self._with_advice(error) from None
        return orders, [self._best_guess(order) for order in orders]

    def wait_for_room(self, orders: t.Sequence[Order], refresh: bool = False) -> list[Candidate]:
        """Poll until there is capacity for all instances at once, as far as the list tells. Returns where each would go.

        Args:
            refresh: fetch the list anew, since what was launched meanwhile may have taken the capacity.

        Raises:
            NoCapacity: there was none before `capacity_timeout` was over.
        """
        if refresh:
            self._catalog.refresh()
            self._catalog.offers()
        while True:
            try:
                return self._best(self._choices(orders))
            except NoCapacity as error:
                if not self._until.allows(self._waits.pace):
                    raise
                self._refresh(error, orders)

    def launch_all(
        self,
        orders: t.Sequence[Order],
        launcher: Launcher,
        launched: t.Callable[..., None],
        later: t.Sequence[Order] = (),
    ) -> None:
        """Launch every instance; `launched` is called with the spec, the ID and the candidate of each, at once.

        Args:
            later: what will be launched after these, and has to find room in the same region with `same_region`.

        Raises:
            NoCapacity: an instance found no capacity before `capacity_timeout` was over.
            DeadlineExceeded: the task's time is over.
            LambdaCloudError: the service refused a launch for another reason, or nobody knows what became of it.
        """
        pending = list(orders)
        while pending:
            pending, refusal = self._launch_round(
                pending, later, launcher, launched, patient=self._until.allows(self._waits.pace)
            )
            if refusal:
                self._refresh(refusal, pending)
                launcher.forget_refusals()

    def _refresh(self, refusal: NoCapacity, orders: t.Iterable[Order]) -> None:
        # Each poll is a detail, what lacks capacity is news.
        show = self._waits.log if str(refusal) == self._told else self._waits.progress
        self._told = str(refusal)
        show(f"{refusal} Looking{self._priced(orders)} for {self._until.remaining():.0f} s more.")
        self._waits.sleep(self._waits.pace)
        self._catalog.refresh()
        self._catalog.offers()

    def _with_advice(self, refusal: NoCapacity) -> NoCapacity:
        """Return the refusal with what the user can do, if it has not been done."""
        if self._policy.capacity_timeout:
            return refusal
        return NoCapacity(f"{refusal} Set capacity_timeout to keep looking, or allow more types or regions.")

    def _priced(self, orders: t.Iterable[Order]) -> str:
        """Return what any of the instances costs, as far as it is known, for a sentence."""
        offers = self._catalog.known_offers()
        if not offers:
            return ""
        types = {name for order in orders for name in affordable_types(order.spec, offers)}
        prices = sorted(price for name in types if (price := offer_price(offers, name)) is not None)
        return (
            f" at {' to '.join(str(price) for price in dict.fromkeys((prices[0], prices[-1])))} US cents per hour"
            if prices
            else ""
        )

    def _launch_round(
        self,
        pending: list[Order],
        later: t.Sequence[Order],
        launcher: Launcher,
        launched: t.Callable[..., None],
        patient: bool,
    ) -> tuple[list[Order], NoCapacity | None]:
        """Try each order once. Returns what is left over, and why."""
        left: list[Order] = []
        refusal: NoCapacity | None = None
        for position, order in enumerate(pending):
            deadline = self._waits.deadline
            if deadline and not deadline.remaining():
                raise DeadlineExceeded(f"The {deadline.seconds:g} s were over before '{order.spec.name}' was launched.")
            try:
                choice = self._choose(order, pending[position + 1 :], later)
                with signals_delayed():
                    instance_id, candidate = launcher.launch(order.spec, choice, order.attachments)
                    launched(order.spec, instance_id, candidate)
            except NoCapacity as error:
                if not patient:
                    raise self._with_advice(error) from None
                left.append(order)
                refusal = error
                continue
            except ApiError as error:
                raise self._explained(error, order.spec) from None
            if self._policy.same_region:
                self._home = candidate.region
        return left, refusal

    def _explained(self, refusal: ApiError, spec: InstanceSpec) -> LambdaCloudError:
        """Return a refused launch with the types or regions that there are, where it asked for another.

        One type in one region is asked for without a look at what there is.
        """
        if refusal.code not in _NOT_UNDERSTOOD or self._catalog.known_offers():
            return refusal
        try:
            wanted_types(spec, self._catalog.offers())
            self._catalog.require_regions(spec.regions)
        except InvalidInput as reason:
            return CausedError(f"{refusal} {reason}", refusal)
        except LambdaCloudError:
            pass
        return refusal

    def _choose(self, order: Order, pending: t.Sequence[Order], later: t.Sequence[Order]) -> list[Candidate]:
        """Return the candidates of an order, best first. What binds several orders is decided for all still to come.

        Raises:
            NoCapacity: there is none.
        """
        if not self._policy.same_region:
            return self._choices([order])[0]
        try:
            return self._choices([order, *pending, *later])[0]
        except NoCapacity:
            if not (later and self._insisting):
                raise
        # An instance was terminated for these: getting them back matters more than where the others will go.
        return self._choices([order, *pending])[0]

    def _choices(self, orders: t.Sequence[Order], check_regions: bool = False) -> list[list[Candidate]]:
        """Return the candidates of each order, best first, in one region if they have to be."""
        try:
            choices = [
                candidates(order.spec, self._offers_for(order), order.attachments, self._policy.prefer)
                for order in orders
            ]
            if not self._policy.same_region:
                return choices
            regions = [self._home] if self._home else shared_regions(choices)
            choices = [[each for each in choice if each.region in regions] for choice in choices]
            if not all(choices):
                where = self._home or "any one region"
                names = ", ".join(order.spec.name for order in orders)
                raise NoCapacity(f"There is no capacity for all of {names} in {where} now (same_region).")
            return choices
        except NoCapacity:
            if check_regions:
                self._catalog.require_regions(region for order in orders for region in order.spec.regions)
            raise

    def _best(self, choices: t.Sequence[t.Sequence[Candidate]]) -> list[Candidate]:
        """Return where each order goes if no launch is refused: the first decides on the region that binds the rest."""
        if not self._policy.same_region:
            return [choice[0] for choice in choices]
        region = choices[0][0].region if choices else None
        return [next(each for each in choice if each.region == region) for choice in choices]

    def _offers_for(self, order: Order) -> t.Any:
        known = self._catalog.known_offers()
        needed = needs_offers(order.spec, self._policy, order.attachments)
        return known or (self._catalog.offers() if needed else None)

    def _best_guess(self, order: Order) -> Candidate:
        spec = order.spec
        types = affordable_types(spec, self._catalog.offers())
        regions = allowed_regions(spec, order.attachments)
        fitting = [
            Candidate(name, region)
            for name in types
            for region in ([self._home] if self._home else regions or ())
            if order.attachments.fits(name, region, self._catalog.offers())
        ]
        return fitting[0] if fitting else Candidate(types[0], "")


def common_region(regions: t.Collection[str | None], policy: Policy) -> str | None:
    """Return the region that existing instances bind the others to.

    Raises:
        StateError: they have to be in one region and are not.
    """
    known = sorted({region for region in regions if region})
    if not policy.same_region or not known:
        return None
    if len(known) > 1:
        raise StateError(
            f"All instances have to be in one region (same_region), and some are in {' and '.join(known)}."
        )
    return known[0]
