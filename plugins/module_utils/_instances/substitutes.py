# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether another launcher's instance does in the place of the task's own, and what a task says where it does not."""

from __future__ import annotations

from dataclasses import dataclass

from ansible_collections.lambdal.cloud.plugins.module_utils._client.models import Instance, describe, region_name
from ansible_collections.lambdal.cloud.plugins.module_utils._errors import StateError
from ansible_collections.lambdal.cloud.plugins.module_utils._instances.catalog import Catalog
from ansible_collections.lambdal.cloud.plugins.module_utils._instances.context import InstanceContext
from ansible_collections.lambdal.cloud.plugins.module_utils._instances.drift import Difference, differences, other_fleet
from ansible_collections.lambdal.cloud.plugins.module_utils._instances.spec import FLEET_TAG, InstanceSpec


@dataclass(frozen=True)
class Substitutes:
    """Judges instances that another launcher brought under the name of a spec."""

    context: InstanceContext
    catalog: Catalog

    def would_do(self, spec: InstanceSpec, row: Instance, other: Instance) -> bool:
        """Return whether the other instance does in the place of the task's own."""
        return not self._objection(spec, row, other) and (
            self.context.policy.on_drift in ("ignore", "warn") or not self._drift(spec, other)
        )

    def accept(self, spec: InstanceSpec, row: Instance, other: Instance) -> None:
        """Go on with the other instance, and report how it differs.

        Raises:
            StateError: it does not do.
        """
        objection = self._objection(spec, row, other)
        found = [] if self.context.policy.on_drift == "ignore" else self._drift(spec, other)
        report = self.context.report
        report.drift += [(other, found)] if found else []
        text = objection or "; ".join(map(str, found))
        if not text:
            return
        remark = f"{describe(other)}, which another controller launched at the same moment, differs: {text}."
        if objection or self.context.policy.on_drift != "warn":
            raise StateError(f"{remark} It was left as it is. Run the same task again once both ask for the same.")
        report.warn(f"{remark} A running instance cannot be changed; it was left as it is.")

    def _objection(self, spec: InstanceSpec, row: Instance, other: Instance) -> str | None:
        """Return what speaks against an instance whatever `on_drift` is."""
        fleet = other_fleet(other, spec)
        if fleet is not None:
            return f"it is of the fleet '{fleet}', by its tag {FLEET_TAG}"
        regions = [region_name(row), region_name(other)]
        if self.context.policy.same_region and None not in regions and len(set(regions)) > 1:
            return f"region is {regions[1]}, not {regions[0]} (same_region)"
        return None

    def _drift(self, spec: InstanceSpec, other: Instance) -> list[Difference]:
        return differences(other, spec, self.catalog.ruleset_ids(other, spec))
