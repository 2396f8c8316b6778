# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Instances as the user asks for them, and how far to go for them."""

from __future__ import annotations

import re
import typing as t
from dataclasses import dataclass, field

from ansible_collections.lambdal.cloud.plugins.module_utils._errors import InvalidInput
from ansible_collections.lambdal.cloud.plugins.module_utils._expiry import EXPIRY_TAG, time_seconds
from ansible_collections.lambdal.cloud.plugins.module_utils._instances.needs import Needs

# A tag by which an instance is known as the effect of one launch, and of no other of the same name. Versions of the API that
# know no tags pass it over.
LAUNCH_TAG = "lambdal-cloud-launch"
# A tag by which a fleet knows the instances again that it launched. Those that were there before are not held against it, and
# versions of the API that know no tags pass it over as well.
FLEET_TAG = "lambdal-cloud-fleet"
# A tag that keeps which image a launch named, since the API does not tell: a replacement is launched with the same one.
IMAGE_TAG = "lambdal-cloud-image"
# Tags that a launch gives by itself, and nobody else.
OWN_TAGS = frozenset({LAUNCH_TAG, IMAGE_TAG})

LARGEST_USER_DATA_BYTES = 1_000_000

_HOSTNAME = re.compile(r"[a-z0-9][0-9a-z-]{0,62}")
_TAG_KEY = re.compile(r"[a-z][a-z0-9-:]{1,54}")
_LONGEST_TAG_VALUE = 128


@dataclass(frozen=True)
class Mount:
    """A file system and where it is mounted."""

    file_system: str
    mount_point: str


@dataclass(frozen=True)
class InstanceSpec:
    """One instance as the user asked for it. None means that nothing was asked.

    `instance_types` and `regions` are in order of preference; `needs` choose the types instead of their names;
    `expires_after` is in seconds; `image` is an ID or a family; `firewall_rulesets` are names or IDs.
    """

    name: str
    instance_types: tuple[str, ...] = ()
    ssh_key: str | None = None
    regions: tuple[str, ...] = ()
    file_systems: tuple[str, ...] | None = None
    mounts: tuple[Mount, ...] = ()
    max_price_cents_per_hour: int | None = None
    image: str | None = None
    hostname: str | None = None
    tags: t.Mapping[str, str] | None = None
    firewall_rulesets: tuple[str, ...] | None = None
    user_data: str | None = field(default=None, repr=False)
    needs: Needs | None = None
    expires_after: int | None = None

    def attached(self) -> tuple[str, ...]:
        """Return the names of all file systems that the instance is launched with."""
        return tuple(dict.fromkeys((*(self.file_systems or ()), *(mount.file_system for mount in self.mounts))))

    def newer_options(self) -> list[str]:
        """Return the options in use that version 1.5.3 of the API does not know."""
        chosen = {
            "image": self.image,
            "hostname": self.hostname,
            "tags": {key: value for key, value in (self.tags or {}).items() if key != FLEET_TAG},
            "firewall_rulesets": self.firewall_rulesets,
            "file_system_mounts": self.mounts,
            "user_data": self.user_data,
            "expires_after": self.expires_after,
        }
        return [option for option, value in chosen.items() if value]


@dataclass(frozen=True)
class Policy:
    """How far to go for a set of instances, and what to do where they cannot be had as asked for.

    Args:
        prefer: what counts most when choosing a candidate: `type`, `region` or `price`.
        same_region: whether all instances have to be in one region.
        capacity_timeout: seconds to keep looking for capacity; 0 asks each candidate once.
        on_partial: `keep` or `terminate` what was launched when the rest cannot be.
        on_failed: `keep`, `terminate` or `replace` an instance that will not become active.
        max_replacements: how many failed instances one task replaces.
        replace_order: `terminate_first`, or `launch_first` to terminate an instance only when its replacement is ready.
        on_drift: `fail`, `warn`, `ignore` or `replace` where an existing instance differs.
        max_hourly_cost_cents: what the task's live instances may cost together, in US cents per hour; None is no cap.
        account_max_hourly_cost_cents: the same for all live instances of the account.
        max_instances: how many live instances the task may have; None is no cap.
    """

    prefer: str = "type"
    same_region: bool = False
    capacity_timeout: float = 0.0
    on_partial: str = "keep"
    on_failed: str = "keep"
    max_replacements: int = 3
    replace_order: str = "terminate_first"
    on_drift: str = "fail"
    max_hourly_cost_cents: int | None = None
    account_max_hourly_cost_cents: int | None = None
    max_instances: int | None = None

    @property
    def caps_cost(self) -> bool:
        """Return whether a cap needs prices."""
        return self.max_hourly_cost_cents is not None or self.account_max_hourly_cost_cents is not None


def validate(specs: t.Iterable[InstanceSpec]) -> None:
    """Refuse what the API would refuse, before the first launch.

    Raises:
        InvalidInput: a host name, a tag or user data is not valid.
    """
    for spec in specs:
        for reason in _problems(spec):
            raise InvalidInput(f"'{spec.name}' asks for {reason}")


def _problems(spec: InstanceSpec) -> t.Iterator[str]:
    if spec.hostname is not None and not _HOSTNAME.fullmatch(spec.hostname):
        yield (
            f"the host name '{spec.hostname}'; one has 1 to 63 lower-case letters, digits and hyphens, and does not begin "
            "with a hyphen."
        )
    for key, value in (spec.tags or {}).items():
        if key in OWN_TAGS:
            yield f"the tag '{key}', which this collection gives by itself."
        elif key == EXPIRY_TAG and time_seconds(value) is None:
            yield f"the tag '{key}' with the value '{value}', which is no time such as 2026-11-26T18:00:00Z."
        elif not _TAG_KEY.fullmatch(key):
            yield (
                f"the tag '{key}'; a key has 2 to 55 lower-case letters, digits, hyphens and colons, and begins with a letter."
            )
        elif len(value) > _LONGEST_TAG_VALUE:
            yield f"a value of {len(value)} characters for the tag '{key}'; one has at most {_LONGEST_TAG_VALUE}."
    if spec.user_data is not None and len(spec.user_data.encode()) > LARGEST_USER_DATA_BYTES:
        yield f"user data of more than {LARGEST_USER_DATA_BYTES} bytes."
