# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the account has to offer to launches. Each list is asked for when it is first needed, and once."""

from __future__ import annotations

import typing as t

from ansible_collections.lambdal.cloud.plugins.module_utils._api import Api
from ansible_collections.lambdal.cloud.plugins.module_utils._attachments import (
    Attachments,
    DoesNotExist,
    Homes,
    find_image,
    homes,
)
from ansible_collections.lambdal.cloud.plugins.module_utils._deadline import Deadline
from ansible_collections.lambdal.cloud.plugins.module_utils._errors import InvalidInput, UnsupportedByServer
from ansible_collections.lambdal.cloud.plugins.module_utils._placement import Offers
from ansible_collections.lambdal.cloud.plugins.module_utils._types import FileSystem, FirewallRuleset, Image, Instance
from ansible_collections.lambdal.cloud.plugins.module_utils._view import region_name
from ansible_collections.lambdal.cloud.plugins.module_utils._wanted import Wanted


class Stock:
    """Types, file systems, firewall rulesets and images, by the lists that the API gives of them.

    Args:
        warn: told of what does not exist, where an earlier task may make it when all is not only tried out.
    """

    def __init__(self, api: Api, deadline: Deadline | None, warn: t.Callable[[str], None] | None = None) -> None:
        self._api = api
        self._deadline = deadline
        self._offers: Offers | None = None
        self._file_systems: list[FileSystem] | None = None
        self._rulesets: list[FirewallRuleset] | None = None
        self._images: list[Image] | None = None
        self._warn = warn
        self._warned: set[tuple[str, str]] = set()

    def offers(self) -> Offers:
        """Instance types with their prices, and where there is capacity for them."""
        if self._offers is None:
            self._offers = self._api.list_instance_types(self._deadline)
        return self._offers

    def known_offers(self) -> Offers:
        """The same as far as they have been asked for."""
        return self._offers or {}

    def look_again(self) -> None:
        """Ask for the offers anew when they are needed next: capacity comes and goes."""
        self._offers = None

    def attachments(self, wanted: Wanted) -> Attachments:
        """What a machine is launched with.

        Raises:
            InvalidInput: it does not exist, and nobody is to be warned instead.
            UnsupportedByServer: the server's version of the API does not know such things.
        """
        image, image_places = find_image(wanted, self._list_images()) if wanted.image else (None, None)
        return Attachments(
            self._homes(wanted, "file system", wanted.attached(), self._list_file_systems),
            self._homes(wanted, "firewall ruleset", wanted.firewall_rulesets or (), self._list_rulesets),
            image,
            image_places,
        )

    def _homes(
        self,
        wanted: Wanted,
        kind: str,
        names: t.Iterable[str],
        fetch: t.Callable[[], t.Sequence[t.Mapping[str, t.Any]]],
    ) -> dict[str, Homes]:
        found: dict[str, Homes] = {}
        for name in names:
            # A launch names file systems by their names, unless it says where to mount them.
            places = homes(fetch(), name, by_id=name not in (wanted.file_systems or ()))
            if places:
                found[name] = places
            elif self._warn is None:
                raise DoesNotExist(wanted, kind, name, fetch())
            elif (kind, name) not in self._warned:
                self._warned.add((kind, name))
                self._warn(f"There is no {kind} '{name}' yet; without it the launch will be refused.")
        return found

    def ruleset_ids(self, row: Instance, wanted: Wanted) -> frozenset[str] | None:
        """The ids of the rulesets that an existing machine should have; None where nothing was asked for.

        Names that stand for what the machine has need no request.
        """
        if wanted.firewall_rulesets is None or row.get("firewall_rulesets") is None:
            return None
        has = {entry["id"] for entry in row["firewall_rulesets"]}
        if set(wanted.firewall_rulesets) <= has:
            return frozenset(wanted.firewall_rulesets)
        region = region_name(row) or ""
        return frozenset(homes(self._list_rulesets(), name).get(region, name) for name in wanted.firewall_rulesets)

    def require_newer_options(self, missing: t.Iterable[Wanted], rows: t.Iterable[Instance]) -> None:
        """Make sure that the server does not pass over an option that came after version 1.5.3.

        Raises:
            UnsupportedByServer: it would.
        """
        options = sorted({option for wanted in missing for option in wanted.newer_options()})
        # An image or a ruleset is looked up, which tells.
        if options and not {"image", "firewall_rulesets"} & set(options):
            self.require_newer(f"launch with {', '.join(options)}", rows)

    def require_newer(self, what: str, rows: t.Iterable[Instance]) -> None:
        """Make sure that the server's version of the API is 1.10.0 or later.

        Raises:
            UnsupportedByServer: it is older.
        """
        # Since 1.10.0 a machine tells its actions.
        if any("actions" in row for row in rows):
            return
        try:
            self._api.list_regions(self._deadline)
        except UnsupportedByServer:
            raise UnsupportedByServer(what, "1.10.0") from None

    def require_regions(self, names: t.Iterable[str]) -> None:
        """Tell a region that does not exist from one without capacity, where the server knows its regions.

        Raises:
            InvalidInput: one does not exist.
        """
        try:
            known = sorted(region["name"] for region in self._api.list_regions(self._deadline))
        except UnsupportedByServer:
            return
        for name in names:
            if name not in known:
                raise InvalidInput(f"The region '{name}' does not exist. There are: {', '.join(known)}.")

    def _list_file_systems(self) -> list[FileSystem]:
        if self._file_systems is None:
            self._file_systems = self._api.list_file_systems(self._deadline)
        return self._file_systems

    def _list_rulesets(self) -> list[FirewallRuleset]:
        if self._rulesets is None:
            self._rulesets = self._api.list_firewall_rulesets(self._deadline)
        return self._rulesets

    def _list_images(self) -> list[Image]:
        if self._images is None:
            self._images = self._api.list_images(self._deadline)
        return self._images
