# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The catalog of types, prices, capacity, file systems, rulesets and images; each list is fetched once, when first needed."""

from __future__ import annotations

import typing as t

from ansible_collections.lambdal.cloud.plugins.module_utils._client.api import Api
from ansible_collections.lambdal.cloud.plugins.module_utils._client.models import (
    FileSystem,
    FirewallRuleset,
    Image,
    Instance,
    region_name,
)
from ansible_collections.lambdal.cloud.plugins.module_utils._errors import InvalidInput, UnsupportedByServer
from ansible_collections.lambdal.cloud.plugins.module_utils._instances.candidates import (
    Attachments,
    Homes,
    Offers,
    homes,
)
from ansible_collections.lambdal.cloud.plugins.module_utils._instances.spec import InstanceSpec
from ansible_collections.lambdal.cloud.plugins.module_utils._timing import Deadline


class Catalog:
    """Types, file systems, firewall rulesets and images, as the API lists them.

    Args:
        warn: takes what does not exist yet, in check mode, where an earlier task may create it in the real run.
        assume_created: the names of what is known to be created by then, which nobody is warned of.
    """

    def __init__(
        self,
        api: Api,
        deadline: Deadline | None,
        warn: t.Callable[[str], None] | None = None,
        assume_created: frozenset[str] = frozenset(),
    ) -> None:
        self._api = api
        self._deadline = deadline
        self._offers: Offers | None = None
        self._file_systems: list[FileSystem] | None = None
        self._rulesets: list[FirewallRuleset] | None = None
        self._images: list[Image] | None = None
        self._warn = warn
        self._assume_created = assume_created
        self._warned: set[tuple[str, str]] = set()

    def offers(self) -> Offers:
        """Return instance types with their prices and the regions with capacity."""
        if self._offers is None:
            self._offers = self._api.list_instance_types(self._deadline)
        return self._offers

    def known_offers(self) -> Offers:
        """Return the same as far as they have been fetched."""
        return self._offers or {}

    def refresh(self) -> None:
        """Fetch the offers anew when they are needed next: capacity comes and goes."""
        self._offers = None

    def attachments(self, spec: InstanceSpec) -> Attachments:
        """Return what an instance is launched with.

        Raises:
            InvalidInput: it does not exist, and nobody is to be warned instead.
            UnsupportedByServer: the server's version of the API does not know such things.
        """
        image, image_places = find_image(spec, self._list_images()) if spec.image else (None, None)
        return Attachments(
            self._homes(spec, "file system", spec.attached(), self._list_file_systems),
            self._homes(spec, "firewall ruleset", spec.firewall_rulesets or (), self._list_rulesets),
            image,
            image_places,
        )

    def _homes(
        self,
        spec: InstanceSpec,
        kind: str,
        names: t.Iterable[str],
        fetch: t.Callable[[], t.Sequence[t.Mapping[str, t.Any]]],
    ) -> dict[str, Homes]:
        found: dict[str, Homes] = {}
        for name in names:
            # A launch names file systems by their names, unless it says where to mount them.
            places = homes(fetch(), name, by_id=name not in (spec.file_systems or ()))
            if places:
                found[name] = places
            elif self._warn is None:
                raise DoesNotExist(spec, kind, name, fetch())
            elif name not in self._assume_created and (kind, name) not in self._warned:
                self._warned.add((kind, name))
                self._warn(f"There is no {kind} '{name}' yet; without it the launch will be refused.")
        return found

    def ruleset_ids(self, row: Instance, spec: InstanceSpec) -> frozenset[str] | None:
        """Return the IDs of the rulesets that an existing instance should have; None where nothing was asked for.

        Names that stand for what the instance has need no request.
        """
        if spec.firewall_rulesets is None or row.get("firewall_rulesets") is None:
            return None
        has = {entry["id"] for entry in row["firewall_rulesets"]}
        if set(spec.firewall_rulesets) <= has:
            return frozenset(spec.firewall_rulesets)
        region = region_name(row) or ""
        return frozenset(homes(self._list_rulesets(), name).get(region, name) for name in spec.firewall_rulesets)

    def require_newer_options(self, missing: t.Iterable[InstanceSpec], rows: t.Iterable[Instance]) -> None:
        """Make sure that the server does not ignore an option that came after version 1.5.3.

        Raises:
            UnsupportedByServer: it would.
        """
        options = sorted({option for spec in missing for option in spec.newer_options()})
        # An image or a ruleset is looked up, which tells.
        if options and not {"image", "firewall_rulesets"} & set(options):
            self.require_newer(f"launch with {', '.join(options)}", rows)

    def require_newer(self, what: str, rows: t.Iterable[Instance]) -> None:
        """Make sure that the server's version of the API is 1.10.0 or later.

        Raises:
            UnsupportedByServer: it is older.
        """
        # Since 1.10.0 an instance shows its actions.
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


class DoesNotExist(InvalidInput):
    """A spec names a file system or a ruleset that does not exist."""

    def __init__(self, spec: InstanceSpec, kind: str, name: str, rows: t.Iterable[t.Mapping[str, t.Any]]) -> None:
        known = ", ".join(sorted({str(row.get("name")) for row in rows})) or "none"
        super().__init__(
            f"'{spec.name}' asks for the {kind} '{name}', which does not exist in this account. There are: {known}."
        )


def find_image(spec: InstanceSpec, images: t.Sequence[Image]) -> tuple[dict[str, str], frozenset[tuple[str, str]]]:
    """Return how a launch names the image, and where it exists: pairs of region and architecture.

    Raises:
        InvalidInput: no image has this id or family.
    """
    for key in ("id", "family"):
        rows = [row for row in images if row.get(key) == spec.image]
        if rows:
            return {key: str(spec.image)}, frozenset(
                (region_name(row) or "", str(row.get("architecture"))) for row in rows
            )
    families = ", ".join(sorted({str(row.get("family")) for row in images})) or "none"
    raise InvalidInput(
        f"'{spec.name}' asks for the image '{spec.image}', which is neither an id nor a family. Families: {families}."
    )
