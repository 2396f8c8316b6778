# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Machines as the user asks for them, and how far to go for them."""

from __future__ import annotations

import re
import typing as t
from dataclasses import dataclass, field

from ansible_collections.lambdal.cloud.plugins.module_utils._errors import InvalidInput

# A tag by which a machine is known as the effect of one launch, and of no other of the same name. Versions of the API that
# know no tags pass it over.
LAUNCH_TAG = "lambdal-cloud-launch"
# A tag by which a fleet knows the machines again that it launched. Those that were there before are not held against it, and
# versions of the API that know no tags pass it over as well.
FLEET_TAG = "lambdal-cloud-fleet"

LARGEST_USER_DATA_BYTES = 1_000_000

_HOSTNAME = re.compile(r"[a-z0-9][0-9a-z-]{0,62}")
_TAG_KEY = re.compile(r"[a-z][a-z0-9-:]{1,54}")
_LONGEST_TAG_VALUE = 128


@dataclass(frozen=True)
class Mount:
    """A file system and where in the machine it is mounted."""

    file_system: str
    mount_point: str


@dataclass(frozen=True)
class Wanted:
    """One machine as the user asked for it. None means that nothing was asked.

    `instance_types` and `regions` are in order of preference; `image` is an id or a family; `firewall_rulesets` are names
    or ids.
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

    def attached(self) -> tuple[str, ...]:
        """The names of all file systems that the machine is launched with."""
        return tuple(dict.fromkeys((*(self.file_systems or ()), *(mount.file_system for mount in self.mounts))))

    def newer_options(self) -> list[str]:
        """The options in use that version 1.5.3 of the API does not know."""
        chosen = {
            "image": self.image,
            "hostname": self.hostname,
            "tags": {key: value for key, value in (self.tags or {}).items() if key != FLEET_TAG},
            "firewall_rulesets": self.firewall_rulesets,
            "file_system_mounts": self.mounts,
            "user_data": self.user_data,
        }
        return [option for option, value in chosen.items() if value]


@dataclass(frozen=True)
class Policy:
    """How far to go for a fleet, and what to do where it cannot be had as asked for.

    Args:
        prefer: what counts most when choosing a place: `type`, `region` or `price`.
        same_region: whether all machines have to be in one region.
        capacity_timeout: seconds to keep looking for capacity; 0 asks each place once.
        on_partial: `keep` or `terminate` what was launched when the rest cannot be.
        on_failed: `keep`, `terminate` or `replace` a machine that will not become active.
        max_replacements: how many failed machines one task replaces.
        on_drift: `fail`, `warn`, `ignore` or `replace` where an existing machine differs.
    """

    prefer: str = "type"
    same_region: bool = False
    capacity_timeout: float = 0.0
    on_partial: str = "keep"
    on_failed: str = "keep"
    max_replacements: int = 3
    on_drift: str = "fail"


def check_fleet(fleet: t.Iterable[Wanted]) -> None:
    """Refuse what the API would refuse, before the first launch.

    Raises:
        InvalidInput: a host name, a tag or the user data of a machine is none that the API takes.
    """
    for wanted in fleet:
        for reason in _faults(wanted):
            raise InvalidInput(f"'{wanted.name}' asks for {reason}")


def _faults(wanted: Wanted) -> t.Iterator[str]:
    if wanted.hostname is not None and not _HOSTNAME.fullmatch(wanted.hostname):
        yield (
            f"the host name '{wanted.hostname}'; one has 1 to 63 lower-case letters, digits and hyphens, and does not begin "
            "with a hyphen."
        )
    for key, value in (wanted.tags or {}).items():
        if key == LAUNCH_TAG:
            yield f"the tag '{key}', which this collection gives by itself."
        elif not _TAG_KEY.fullmatch(key):
            yield (
                f"the tag '{key}'; a key has 2 to 55 lower-case letters, digits, hyphens and colons, and begins with a letter."
            )
        elif len(value) > _LONGEST_TAG_VALUE:
            yield f"a value of {len(value)} characters for the tag '{key}'; one has at most {_LONGEST_TAG_VALUE}."
    if wanted.user_data is not None and len(wanted.user_data.encode()) > LARGEST_USER_DATA_BYTES:
        yield f"user data of more than {LARGEST_USER_DATA_BYTES} bytes."
