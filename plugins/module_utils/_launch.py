# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Launching: one request per machine, each sent again only when it is certain that it brought nothing."""

from __future__ import annotations

import typing as t
import uuid

from ansible_collections.lambdal.cloud.plugins.module_utils._api import Api
from ansible_collections.lambdal.cloud.plugins.module_utils._errors import ApiError, LambdaCloudError, StateError
from ansible_collections.lambdal.cloud.plugins.module_utils._instances import Wanted, describe, is_live
from ansible_collections.lambdal.cloud.plugins.module_utils._outcome import settle
from ansible_collections.lambdal.cloud.plugins.module_utils._patience import Patience
from ansible_collections.lambdal.cloud.plugins.module_utils._placement import (
    Candidate,
    is_effect_of,
    launch_request,
)
from ansible_collections.lambdal.cloud.plugins.module_utils._types import Instance

NO_CAPACITY = "instance-operations/launch/insufficient-capacity"


class Launcher:
    """Launches machines one after the other and remembers what it tried.

    `placements` has an entry per attempt: `name`, `instance_type`, `region`, and `id` or `refused`.
    """

    def __init__(self, api: Api, patience: Patience, known: t.Iterable[Instance]) -> None:
        self._api = api
        self._patience = patience
        self._known_ids = {row["id"] for row in known}
        self._exhausted: set[Candidate] = set()
        self.placements: list[dict[str, t.Any]] = []

    def launch(self, wanted: Wanted, candidates: t.Sequence[Candidate]) -> tuple[str, Candidate]:
        """The id of the new machine and where it is.

        A refusal for want of capacity moves on to the next candidate, and that candidate is not asked again for the
        machines that follow, since each launch takes a turn of twelve seconds.

        Raises:
            StateError: no candidate has capacity.
            LambdaCloudError: the launch was refused for another reason, or nobody knows what became of it.
        """
        refusals: list[str] = []
        for candidate in candidates:
            place = f"{candidate.instance_type} in {candidate.region}"
            if candidate in self._exhausted:
                refusals.append(place)
                continue
            attempt: dict[str, t.Any] = {
                "name": wanted.name,
                "instance_type": candidate.instance_type,
                "region": candidate.region,
            }
            self.placements.append(attempt)
            try:
                instance_id = self._launch_at(wanted, candidate)
            except ApiError as error:
                attempt["refused"] = error.code
                if error.code != NO_CAPACITY:
                    raise
                self._exhausted.add(candidate)
                refusals.append(place)
                self._patience.log(str(error))
                continue
            except LambdaCloudError as error:
                attempt["refused"] = str(error)
                raise
            attempt["id"] = instance_id
            self._known_ids.add(instance_id)
            self._patience.log(f"Launched {wanted.name} (id {instance_id}): {place}.")
            return instance_id, candidate
        raise StateError(f"No capacity for '{wanted.name}': refused for {', '.join(refusals)} ({NO_CAPACITY}).")

    def _launch_at(self, wanted: Wanted, candidate: Candidate) -> str:
        # One id for all tries of this launch: whichever of them took effect is the one that is looked for.
        launch_id = uuid.uuid4().hex
        request = launch_request(wanted, candidate, launch_id)
        try:
            return settle(
                lambda: self._api.launch_instance(request, self._patience.deadline),
                lambda: self._appeared(wanted.name, launch_id),
                self._patience,
            )
        except LambdaCloudError as error:
            if error.may_have_executed:
                raise UncertainLaunch(wanted.name, error) from error
            raise

    def _appeared(self, name: str, launch_id: str) -> str | None:
        """The id of a machine that came from this launch and was not there before.

        Raises:
            StateError: there are several, so that a launch took effect more than once.
        """
        new = [
            row
            for row in self._api.list_instances()
            if row["id"] not in self._known_ids and is_live(row) and is_effect_of(row, name, launch_id)
        ]
        if len(new) > 1:
            raise StateError(
                f"Launching '{name}' brought several instances, all billing: {', '.join(map(describe, new))}."
            )
        return new[0]["id"] if new else None


class UncertainLaunch(LambdaCloudError):
    """A launch failed, and nothing can tell whether a machine will appear."""

    may_have_executed = True

    def __init__(self, name: str, cause: LambdaCloudError) -> None:
        super().__init__(
            f"{cause} No instance named '{name}' was seen, but one may yet appear, and bill. Run the same task again: it finds the "
            "instance if it is there, and launches only what is missing."
        )
        self._cause = cause

    def failure(self) -> dict[str, t.Any]:
        return self._cause.failure()
