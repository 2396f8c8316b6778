# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The body of a launch, how to know again what came of it, and what it would bring. Pure functions."""

from __future__ import annotations

import typing as t

from ansible_collections.lambdal.cloud.plugins.module_utils._attachments import Attachments
from ansible_collections.lambdal.cloud.plugins.module_utils._placement import Candidate, Offers
from ansible_collections.lambdal.cloud.plugins.module_utils._types import Instance, LaunchRequest, Tag
from ansible_collections.lambdal.cloud.plugins.module_utils._wanted import LAUNCH_TAG, Wanted


def launch_request(wanted: Wanted, candidate: Candidate, attachments: Attachments, launch_id: str) -> LaunchRequest:
    """The body of POST /instance-operations/launch; `launch_id` is unique to the launch."""
    tags = {**(wanted.tags or {}), LAUNCH_TAG: launch_id}
    request: LaunchRequest = {
        "region_name": candidate.region,
        "instance_type_name": candidate.instance_type,
        "ssh_key_names": [wanted.ssh_key] if wanted.ssh_key else [],
        "name": wanted.name,
        "tags": _tag_rows(tags),
    }
    if wanted.hostname:
        request["hostname"] = wanted.hostname
    if wanted.user_data is not None:
        request["user_data"] = wanted.user_data
    attachments.complete(request, wanted)
    return request


def is_effect_of(row: Instance, name: str, launch_id: str) -> bool:
    """Whether a machine may have come from a launch: it bears the name, and the launch's tag if the API tells tags."""
    tags = row.get("tags")
    return row.get("name") == name and (tags is None or {"key": LAUNCH_TAG, "value": launch_id} in tags)


def predicted_instance(wanted: Wanted, candidate: Candidate, offers: Offers, status: str) -> Instance:
    """The machine that a launch would bring, in the API's form: what only the service can know is null."""
    offer = offers.get(candidate.instance_type)
    regions = offer["regions_with_capacity_available"] if offer else []
    region = next((each for each in regions if each["name"] == candidate.region), None)
    return t.cast(
        "Instance",
        {
            "id": None,
            "name": wanted.name,
            "status": status,
            "ip": None,
            "hostname": wanted.hostname,
            "region": region or {"name": candidate.region or None, "description": None},
            "instance_type": offer["instance_type"] if offer else {"name": candidate.instance_type},
            "ssh_key_names": [wanted.ssh_key] if wanted.ssh_key else [],
            "file_system_names": list(wanted.attached()),
            **({"tags": _tag_rows(wanted.tags)} if wanted.tags else {}),
        },
    )


def _tag_rows(tags: t.Mapping[str, str]) -> list[Tag]:
    return [{"key": key, "value": value} for key, value in tags.items()]
