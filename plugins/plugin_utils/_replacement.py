# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Replacing an instance by another like it. Pure functions."""

from __future__ import annotations

import typing as t

from ansible_collections.lambdal.cloud.plugins.module_utils._client.models import (
    Row,
    instance_type_name,
    is_live,
    region_name,
    tags_of,
)
from ansible_collections.lambdal.cloud.plugins.module_utils._errors import InvalidInput
from ansible_collections.lambdal.cloud.plugins.module_utils._instances.spec import IMAGE_TAG, OWN_TAGS


def replacement_options(instance: Row, name: str = "") -> dict[str, t.Any]:
    """Return the options of lambda_instance by which another instance like this one is launched.

    The image is among them where it is known. User data and host name are not, since the API does not report them.

    Args:
        name: what the other is called where this one has no name.

    Raises:
        InvalidInput: the instance has no name and none is given, or the API does not report what a launch needs.
    """
    name = instance.get("name") or name
    if not name:
        raise InvalidInput(
            f"The instance {instance.get('id')} has no name by which its replacement could be found. Terminate it by its id."
        )
    if missing := _unreported(instance):
        raise InvalidInput(f"The API does not report the {missing} of the instance {name} (id {instance.get('id')}).")
    mounts = [
        {"file_system": mount["file_system_id"], "mount_point": mount["mount_point"]}
        for mount in instance.get("file_system_mounts") or ()
    ]
    tags = {key: value for key, value in tags_of(instance).items() if key not in OWN_TAGS}
    image = replacement_image(instance)
    rulesets = [ruleset["id"] for ruleset in instance.get("firewall_rulesets") or ()]
    return {
        "name": [name],
        "instance_type": [instance_type_name(instance)],
        "region": [region_name(instance)],
        "ssh_key": instance["ssh_key_names"][0],
        # Where the API reports mount points, the file systems are mounted at the same ones again.
        "file_systems": [] if mounts else list(instance.get("file_system_names") or ()),
        **({"file_system_mounts": mounts} if mounts else {}),
        **({"image": image} if image else {}),
        **({"firewall_rulesets": rulesets} if rulesets else {}),
        **({"tags": tags} if tags else {}),
    }


def replacement_image(instance: Row) -> str:
    """Return the image of an instance: its id, or the family that the launch named; empty where nobody knows it.

    The API does not report it, so it is known where lambda_instance launched the instance with an image.
    """
    told = instance.get("image")
    if isinstance(told, dict) and (told.get("id") or told.get("family")):
        return str(told.get("id") or told["family"])
    return tags_of(instance).get(IMAGE_TAG) or ""


def replacement_problem(
    instances: t.Iterable[Row], identity: str, name: str = "", images: t.Iterable[Row] | None = None
) -> str:
    """Return why an instance of an account cannot be replaced; empty where it can.

    Args:
        instances: all of the account, since another one of the same name would be taken for the replacement.
        name: what the replacement is called where the instance has no name.
        images: those that can be launched, to make sure that the instance's still is; None where nobody looked.
    """
    live = [row for row in instances if is_live(t.cast("t.Any", row))]
    instance = next((row for row in live if row["id"] == identity), None)
    if instance is None:
        return "the account has no live instance of this id"
    name = instance.get("name") or name
    if not name:
        return "it has no name by which its replacement could be found"
    namesakes = [row["id"] for row in live if row["id"] != identity and row.get("name") == name]
    if namesakes:
        return f"the name {name} is also used by {', '.join(namesakes)}"
    missing = _unreported(instance)
    if missing:
        return f"the API does not report its {missing}"
    image = replacement_image(instance)
    if image and images is not None and not _is_offered(image, region_name(instance), images):
        return f"its image {image} can no longer be launched in {region_name(instance)}"
    return ""


def _is_offered(image: str, region: str | None, images: t.Iterable[Row]) -> bool:
    return any(image in (row.get("id"), row.get("family")) and region_name(row) == region for row in images)


def _unreported(instance: Row) -> str:
    known = {
        "type": instance_type_name(instance),
        "region": region_name(instance),
        "SSH key": instance.get("ssh_key_names"),
    }
    return " and ".join(what for what, value in known.items() if not value)
