# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Launching: one request per instance, each sent again only when it certainly launched nothing."""

from __future__ import annotations

import time
import typing as t
import uuid

from ansible_collections.lambdal.cloud.plugins.module_utils._client.api import Api
from ansible_collections.lambdal.cloud.plugins.module_utils._client.confirm import confirm_write
from ansible_collections.lambdal.cloud.plugins.module_utils._client.models import (
    Instance,
    LaunchRequest,
    Tag,
    describe,
    instance_type_name,
    is_live,
    region_name,
    tags_of,
)
from ansible_collections.lambdal.cloud.plugins.module_utils._errors import (
    ApiError,
    CausedError,
    LambdaCloudError,
    StateError,
)
from ansible_collections.lambdal.cloud.plugins.module_utils._expiry import EXPIRY_TAG, time_text
from ansible_collections.lambdal.cloud.plugins.module_utils._instances.candidates import (
    NO_CAPACITY,
    Attachments,
    Candidate,
    NoCapacity,
    Offers,
)
from ansible_collections.lambdal.cloud.plugins.module_utils._instances.pending import PendingLaunches
from ansible_collections.lambdal.cloud.plugins.module_utils._instances.spec import IMAGE_TAG, LAUNCH_TAG, InstanceSpec
from ansible_collections.lambdal.cloud.plugins.module_utils._interrupts import Interrupted
from ansible_collections.lambdal.cloud.plugins.module_utils._timing import WaitSettings


class Launcher:
    """Launches instances one after the other and remembers what it tried.

    `placements` has an entry per attempt: `name`, `instance_type`, `region`, and `id` or `refused`. An attempt without either
    was broken off, and may have launched an instance.

    Args:
        known: instances that are not the effect of any launch to come.
        permit: is called right before each launch, and raises what forbids it.
        pending: notes of launches that no list has shown yet.
    """

    def __init__(
        self,
        api: Api,
        waits: WaitSettings,
        known: t.Iterable[Instance],
        permit: t.Callable[[InstanceSpec, Candidate], None],
        pending: PendingLaunches,
    ) -> None:
        self._api = api
        self._permit = permit
        self._waits = waits
        self._pending = pending
        known = list(known)
        self._known_ids = {row["id"] for row in known}
        # Whose place a launch may take, or who lives beside it until it has
        self._older = {row["id"]: row.get("name") for row in known if is_live(row)}
        self._exhausted: set[Candidate] = set()
        self.placements: list[dict[str, t.Any]] = []

    def forget_refusals(self) -> None:
        """Try candidates again that had no capacity."""
        self._exhausted.clear()

    def launch(
        self, spec: InstanceSpec, candidates: t.Sequence[Candidate], attachments: Attachments
    ) -> tuple[str, Candidate]:
        """Launch an instance. Returns its ID and where it is.

        A refusal for want of capacity moves on to the next candidate, and that candidate is not asked again for the
        instances that follow, since each launch takes a slot of twelve seconds.

        Raises:
            NoCapacity: no candidate has any.
            LambdaCloudError: the launch was refused for another reason, or nobody knows what became of it.
        """
        for candidate in candidates:
            if candidate in self._exhausted:
                continue
            self._permit(spec, candidate)
            attempt: dict[str, t.Any] = {
                "name": spec.name,
                "instance_type": candidate.instance_type,
                "region": candidate.region,
            }
            self.placements.append(attempt)
            try:
                instance_id = self._launch_at(spec, candidate, attachments)
            except ApiError as error:
                attempt["refused"] = error.code
                if error.code != NO_CAPACITY:
                    raise
                self._exhausted.add(candidate)
                self._waits.log(str(error))
                continue
            except LambdaCloudError as error:
                attempt["refused"] = str(error)
                raise
            except Interrupted as stop:
                if not stop.may_have_executed:
                    self.placements.remove(attempt)
                raise
            attempt["id"] = instance_id
            self._known_ids.add(instance_id)
            return instance_id, candidate
        raise NoCapacity(
            f"No capacity for '{spec.name}': refused for {', '.join(map(str, candidates))} ({NO_CAPACITY})."
        )

    def _launch_at(self, spec: InstanceSpec, candidate: Candidate, attachments: Attachments) -> str:
        # One id for all tries of this launch: whichever of them took effect is the one that is looked for.
        launch_id = uuid.uuid4().hex
        request = launch_request(spec, candidate, attachments, launch_id)
        older = [instance_id for instance_id, name in self._older.items() if name == spec.name]
        self._pending.add(launch_id, spec.name, older)
        try:
            instance_id = confirm_write(
                lambda: self._send(request), lambda: self._find_launched(request, launch_id), self._waits
            )
        except LambdaCloudError as error:
            if error.may_have_executed:
                raise UncertainLaunch(spec.name, error) from error
            self._pending.drop(launch_id)
            raise
        except Interrupted as stop:
            if not stop.may_have_executed:
                self._pending.drop(launch_id)
            raise
        self._pending.identify(launch_id, instance_id)
        return instance_id

    def _send(self, request: LaunchRequest) -> str:
        try:
            return self._api.launch_instance(request, self._waits.deadline)
        except ApiError as error:
            # Two keys of one name are answered so, and then nothing was launched.
            if error.code == "global/unknown":
                self._require_one_key(request["ssh_key_names"][0], error)
            raise

    def _require_one_key(self, name: str, error: ApiError) -> None:
        try:
            ids = [row["id"] for row in self._api.list_ssh_keys(self._waits.deadline) if row.get("name") == name]
        except LambdaCloudError:
            return
        if len(ids) > 1:
            raise AmbiguousKey(name, ids, error) from error

    def _find_launched(self, request: LaunchRequest, launch_id: str) -> str | None:
        """Return the ID of an instance that this launch brought and that was not there before.

        Raises:
            StateError: there are several, so that a launch took effect more than once, or one that may be another's.
        """
        new = [row for row in self._api.list_instances() if row["id"] not in self._known_ids and is_live(row)]
        # The tag tells for sure, also where somebody renamed the instance at once.
        ours = [row for row in new if tags_of(row).get(LAUNCH_TAG) == launch_id]
        new = [row for row in new if is_as_requested(row, request)]
        ours = ours or [row for row in new if is_effect_of(row, launch_id)]
        if len(ours) > 1:
            raise StateError(
                f"Launching '{request['name']}' brought several instances, all billing: {', '.join(map(describe, ours))}."
            )
        if not ours and any(row.get("tags") is None for row in new):
            raise StateError(
                f"The response to the launch of '{request['name']}' was lost, and nothing tells whether this is the instance that it "
                f"brought, since it shows no tags: {', '.join(map(describe, new))}. It was left alone, and nothing was launched again. "
                "Run the same task again to adopt it, or terminate it by its id first."
            )
        return ours[0]["id"] if ours else None


class UncertainLaunch(CausedError):
    """A launch failed, and nothing can tell whether an instance will appear."""

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


def launch_request(spec: InstanceSpec, candidate: Candidate, attachments: Attachments, launch_id: str) -> LaunchRequest:
    """Return the body of POST /instance-operations/launch; `launch_id` is unique to the launch."""
    image = {IMAGE_TAG: spec.image} if spec.image else {}
    tags = {**(spec.tags or {}), **image, LAUNCH_TAG: launch_id}
    if spec.expires_after:
        tags[EXPIRY_TAG] = time_text(time.time() + spec.expires_after)
    request: LaunchRequest = {
        "region_name": candidate.region,
        "instance_type_name": candidate.instance_type,
        "ssh_key_names": [spec.ssh_key] if spec.ssh_key else [],
        "name": spec.name,
        "tags": _tag_rows(tags),
    }
    if spec.hostname:
        request["hostname"] = spec.hostname
    if spec.user_data is not None:
        request["user_data"] = spec.user_data
    _add_attachments(request, attachments, spec)
    return request


def _add_attachments(request: LaunchRequest, attachments: Attachments, spec: InstanceSpec) -> None:
    """Add the fields that name what is attached."""
    region = request["region_name"]
    if spec.file_systems:
        request["file_system_names"] = list(spec.file_systems)
    if spec.mounts:
        request["file_system_mounts"] = [
            {"mount_point": mount.mount_point, "file_system_id": attachments.file_systems[mount.file_system][region]}
            for mount in spec.mounts
        ]
    if spec.firewall_rulesets:
        request["firewall_rulesets"] = [
            {"id": attachments.firewall_rulesets[name][region]} for name in spec.firewall_rulesets
        ]
    if attachments.image:
        request["image"] = dict(attachments.image)


def is_as_requested(row: Instance, request: LaunchRequest) -> bool:
    """Return whether all that the API shows of an instance is as a launch requested it."""
    asked_file_systems = set(request.get("file_system_names", ()))
    has_file_systems = set(row.get("file_system_names") or ())
    # A mount names its file system by the ID.
    exact = not request.get("file_system_mounts")
    return (
        row.get("name") == request["name"]
        and region_name(row) in (None, request["region_name"])
        and instance_type_name(row) in (None, request["instance_type_name"])
        and list(row.get("ssh_key_names") or request["ssh_key_names"]) == list(request["ssh_key_names"])
        and (has_file_systems == asked_file_systems if exact else has_file_systems >= asked_file_systems)
    )


def is_effect_of(row: Instance, launch_id: str) -> bool:
    """Return whether an instance has the tag of a launch, or is of a version of the API that shows no tags.

    Versions since 1.10.0 show tags, and the actions of every instance as well.
    """
    if row.get("tags") is None and "actions" not in row:
        return True
    return tags_of(row).get(LAUNCH_TAG) == launch_id


def predicted_instance(spec: InstanceSpec, candidate: Candidate, offers: Offers, status: str) -> Instance:
    """Return the instance that a launch would bring, in the API's form: what only the service can know is null."""
    offer = offers.get(candidate.instance_type)
    regions = offer["regions_with_capacity_available"] if offer else []
    region = next((each for each in regions if each["name"] == candidate.region), None)
    return t.cast(
        "Instance",
        {
            "id": None,
            "name": spec.name,
            "status": status,
            "ip": None,
            "hostname": spec.hostname,
            "region": region or {"name": candidate.region or None, "description": None},
            "instance_type": offer["instance_type"] if offer else {"name": candidate.instance_type},
            "ssh_key_names": [spec.ssh_key] if spec.ssh_key else [],
            "file_system_names": list(spec.attached()),
            **({"tags": _tag_rows(spec.tags)} if spec.tags else {}),
        },
    )


def _tag_rows(tags: t.Mapping[str, str]) -> list[Tag]:
    return [{"key": key, "value": value} for key, value in tags.items()]
