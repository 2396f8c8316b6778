# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Launching: one request per machine, each sent again only when it is certain that it brought nothing."""

from __future__ import annotations

import typing as t
import uuid

from ansible_collections.lambdal.cloud.plugins.module_utils._api import Api
from ansible_collections.lambdal.cloud.plugins.module_utils._attachments import Attachments
from ansible_collections.lambdal.cloud.plugins.module_utils._errors import (
    ApiError,
    CausedError,
    LambdaCloudError,
    StateError,
)
from ansible_collections.lambdal.cloud.plugins.module_utils._instances import describe, is_live
from ansible_collections.lambdal.cloud.plugins.module_utils._launch_request import is_effect_of, launch_request
from ansible_collections.lambdal.cloud.plugins.module_utils._outcome import settle
from ansible_collections.lambdal.cloud.plugins.module_utils._patience import Patience
from ansible_collections.lambdal.cloud.plugins.module_utils._placement import NO_CAPACITY, Candidate, NoCapacity
from ansible_collections.lambdal.cloud.plugins.module_utils._types import Instance, LaunchRequest
from ansible_collections.lambdal.cloud.plugins.module_utils._wanted import Wanted


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

    def forget_refusals(self) -> None:
        """Try places again that had no capacity."""
        self._exhausted.clear()

    def launch(
        self, wanted: Wanted, candidates: t.Sequence[Candidate], attachments: Attachments
    ) -> tuple[str, Candidate]:
        """The id of the new machine and where it is.

        A refusal for want of capacity moves on to the next candidate, and that candidate is not asked again for the
        machines that follow, since each launch takes a turn of twelve seconds.

        Raises:
            NoCapacity: no candidate has any.
            LambdaCloudError: the launch was refused for another reason, or nobody knows what became of it.
        """
        for candidate in candidates:
            if candidate in self._exhausted:
                continue
            attempt: dict[str, t.Any] = {
                "name": wanted.name,
                "instance_type": candidate.instance_type,
                "region": candidate.region,
            }
            self.placements.append(attempt)
            try:
                instance_id = self._launch_at(wanted, candidate, attachments)
            except ApiError as error:
                attempt["refused"] = error.code
                if error.code != NO_CAPACITY:
                    raise
                self._exhausted.add(candidate)
                self._patience.log(str(error))
                continue
            except LambdaCloudError as error:
                attempt["refused"] = str(error)
                raise
            attempt["id"] = instance_id
            self._known_ids.add(instance_id)
            self._patience.log(f"Launched {wanted.name} (id {instance_id}): {candidate}.")
            return instance_id, candidate
        raise NoCapacity(
            f"No capacity for '{wanted.name}': refused for {', '.join(map(str, candidates))} ({NO_CAPACITY})."
        )

    def _launch_at(self, wanted: Wanted, candidate: Candidate, attachments: Attachments) -> str:
        # One id for all tries of this launch: whichever of them took effect is the one that is looked for.
        launch_id = uuid.uuid4().hex
        request = launch_request(wanted, candidate, attachments, launch_id)
        try:
            return settle(lambda: self._send(request), lambda: self._appeared(wanted.name, launch_id), self._patience)
        except LambdaCloudError as error:
            if error.may_have_executed:
                raise UncertainLaunch(wanted.name, error) from error
            raise

    def _send(self, request: LaunchRequest) -> str:
        try:
            return self._api.launch_instance(request, self._patience.deadline)
        except ApiError as error:
            # Two keys of one name are answered so, and then nothing was launched.
            if error.code == "global/unknown":
                self._require_one_key(request["ssh_key_names"][0], error)
            raise

    def _require_one_key(self, name: str, error: ApiError) -> None:
        try:
            ids = [row["id"] for row in self._api.list_ssh_keys(self._patience.deadline) if row.get("name") == name]
        except LambdaCloudError:
            return
        if len(ids) > 1:
            raise AmbiguousKey(name, ids, error) from error

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


class UncertainLaunch(CausedError):
    """A launch failed, and nothing can tell whether a machine will appear."""

    may_have_executed = True

    def __init__(self, name: str, cause: LambdaCloudError) -> None:
        super().__init__(
            f"{cause} No instance named '{name}' was seen, but one may yet appear, and bill. Run the same task again: it finds the "
            "instance if it is there, and launches only what is missing.",
            cause,
        )


class AmbiguousKey(CausedError):
    """Two SSH keys have the name that a launch gave, so that the service cannot tell which is meant."""

    def __init__(self, name: str, ids: t.Sequence[str], cause: LambdaCloudError) -> None:
        super().__init__(
            f"{cause} {len(ids)} SSH keys are named '{name}': {', '.join(ids)}. Delete those not meant by their id "
            "(lambda_ssh_key, state: absent with id).",
            cause,
        )
