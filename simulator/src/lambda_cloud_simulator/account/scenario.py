# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Scenarios: the account that a client will meet, described in YAML."""

from __future__ import annotations

import typing as t
from importlib import resources
from pathlib import Path

import yaml
from pydantic import Field, TypeAdapter, ValidationError, model_validator

from . import images
from .audit import PAGE_SIZE
from .catalogue import Catalogue, InstanceType
from .fates import Fate
from .faults import Fault
from .seeds import Seed, SeedFileSystem, SeedInstance, SeedKey, SeedRule, SeedRuleset

# Their entries are added to the default's, or change them; every other key replaces the default's.
MERGED = ("instance_types", "regions", "default_images", "quotas", "quirks")

Counts = dict[str, dict[str, t.Annotated[int, Field(ge=0)]]]
NotNegative = t.Annotated[float, Field(ge=0)]
BootStep = t.Literal["address", "ssh", "active"]
# The forms of a 429, in the order in which they take turns.
RATE_LIMIT_FORMS: tuple[t.Literal["header", "body", "html"], ...] = ("header", "body", "html")


class ScenarioError(Exception):
    """A scenario cannot be understood; the message says where."""


class CapacityChange(Seed):
    """Capacity from a time on; what is not named stays.

    Attributes:
        after: simulated seconds since the start or the last reset.
        lasts: for how many simulated seconds; then the counts are what they were before. By default they stay.
    """

    after: t.Annotated[float, Field(ge=0)] = 0.0
    lasts: t.Annotated[float, Field(gt=0)] | None = None
    capacity: Counts


class ImageRow(Seed):
    """An image.

    Attributes:
        regions: those that have it; by default all.
        ids: how many ids it has for each architecture, each of which stands in the same number of regions, or nearly;
            by default each region has its own.
    """

    family: str
    regions: list[str] | None = None
    ids: t.Annotated[int, Field(ge=1)] | None = None
    version: str
    description: str = ""
    created: str = "2025-01-01T00:00:00+00:00"
    architectures: list[t.Literal["x86_64", "arm64"]] = ["x86_64"]


class Quotas(Seed):
    """How many the account may have; null is no limit."""

    instances: int | None = None
    file_systems: int | None = 100
    firewall_rulesets: int | None = 100


class Quirks(Seed):
    """Ways in which the real service was seen to differ from its description, or from itself.

    Attributes:
        terminate_twice: `refused` responds with `global/unknown`, `accepted` lists the instance again.
        empty_fields: what an instance does not have is `null` or `missing`; unset, as the version describes it.
        without_tags: instances do not show their tags.
        prices_as_strings: `price_cents_per_hour` is a string.
        redirect_from: requests below this path are redirected to the API.
        without_architecture: instance types do not tell their `architecture`, as before August 2026.
        keys_in_use: `refused` refuses to delete an SSH key that an instance uses, `deleted` deletes it.
        key_in_use_code: the error code of that refusal.
        boot_order: what comes in which order while an instance boots: its address, SSH, and the status `active`.
        terminate_available_after: simulated seconds after its launch until an instance can be terminated; until then
            `actions.terminate.available` is false, and a terminate is refused.
        launch_seconds: simulated seconds, the least and the most, that a launch takes to be answered.
        list_lag: simulated seconds until lists show what was just launched, created or added.
        file_system_release: simulated seconds for which a file system cannot be deleted after the last instance that
            mounted it is gone, although the list says that it is not in use.
        capacity_refusals: the share of launches, from 0 to 1, refused although the list says yes.
        audit_page_size: events in a page of the audit log.
        rate_limit_forms: the forms of a 429, in turn.
    """

    terminate_twice: t.Literal["refused", "accepted"] = "refused"
    empty_fields: t.Literal["null", "missing"] | None = None
    without_tags: bool = False
    prices_as_strings: bool = False
    redirect_from: t.Annotated[str, Field(pattern=r"^/[^/]")] | None = None
    without_architecture: bool = False
    keys_in_use: t.Literal["refused", "deleted"] = "refused"
    key_in_use_code: str = "ssh-keys/key-in-use"
    boot_order: tuple[BootStep, BootStep, BootStep] = ("address", "ssh", "active")
    terminate_available_after: NotNegative = 0.0
    launch_seconds: tuple[NotNegative, NotNegative] = (0.0, 0.0)
    list_lag: NotNegative = 0.0
    file_system_release: NotNegative = 0.0
    capacity_refusals: t.Annotated[float, Field(ge=0, le=1)] = 0.0
    audit_page_size: t.Annotated[int, Field(ge=1)] = PAGE_SIZE
    rate_limit_forms: t.Annotated[list[t.Literal["header", "body", "html"]], Field(min_length=1)] = list(
        RATE_LIMIT_FORMS
    )

    @model_validator(mode="after")
    def _make_sense(self) -> Quirks:
        if len(set(self.boot_order)) < len(self.boot_order):
            raise ValueError("boot_order must name address, ssh and active, each once")
        if self.launch_seconds[0] > self.launch_seconds[1]:
            raise ValueError("launch_seconds must begin with the lower number")
        return self


class Scenario(Seed):
    """An account and what happens to it."""

    instance_types: dict[str, InstanceType]
    regions: dict[str, str]
    images: list[ImageRow] = []
    default_images: dict[str, str] = {}
    capacity: Counts = {}
    capacity_changes: list[CapacityChange] = []
    status: t.Literal["active", "inactive", "invalid-address"] = "active"
    quotas: Quotas = Quotas()
    quirks: Quirks = Quirks()
    ssh_keys: list[SeedKey] = []
    file_systems: list[SeedFileSystem] = []
    instances: list[SeedInstance] = []
    firewall_rules: list[SeedRule] | None = None
    firewall_rulesets: list[SeedRuleset] = []
    faults: list[Fault] = []
    fates: list[Fate] = []

    @model_validator(mode="after")
    def _names_are_known(self) -> Scenario:
        rows: list[SeedFileSystem | SeedInstance | SeedRuleset]
        rows = [*self.file_systems, *self.instances, *self.firewall_rulesets]
        regions = [row.region for row in rows] + list(self.default_images)
        regions += [region for image in self.images for region in image.regions or ()]
        types = [row.instance_type for row in self.instances]
        for counts in (self.capacity, *(change.capacity for change in self.capacity_changes)):
            types += counts
            regions += [region for by_region in counts.values() for region in by_region]
        for what, names, known in (("region", regions, self.regions), ("instance type", types, self.instance_types)):
            unknown = sorted(set(names) - set(known))
            if unknown:
                raise ValueError(f"there is no {what} {', '.join(unknown)}")
        return self

    def catalogue(self) -> Catalogue:
        """Return what can be had in this scenario."""
        rows = [row.model_dump() for row in self.images]
        found = images.in_regions(rows, list(self.regions))
        return Catalogue(self.regions, self.instance_types, found, self.default_images)


def load(path: Path | None = None) -> Scenario:
    """Return the default scenario, changed by what a file says.

    Raises:
        ScenarioError: the file cannot be read or understood.
    """
    raw = yaml.safe_load((resources.files(__package__) / "data" / "default.yaml").read_text("utf-8"))
    if path is not None:
        raw = _merged(raw, _read(path))
    for name, fields in raw["instance_types"].items():
        if isinstance(fields, dict):
            fields["name"] = name
    try:
        return TypeAdapter(Scenario).validate_python(raw)
    except ValidationError as error:
        problems = [
            f"{'.'.join(str(part) for part in each['loc'])}: {each['msg']}".lstrip(": ") for each in error.errors()
        ]
        raise ScenarioError(f"{path or 'The default scenario'} cannot be used: {'; '.join(problems)}") from None


def _read(path: Path) -> dict[str, t.Any]:
    try:
        raw = yaml.safe_load(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise ScenarioError(f"{path} cannot be read: {error}") from error
    except yaml.YAMLError as error:
        raise ScenarioError(f"{path} is not YAML: {error}") from error
    if raw is None:
        return {}
    if not isinstance(raw, dict):
        raise ScenarioError(f"{path} must hold keys and values, not {type(raw).__name__}.")
    return raw


def _merged(base: dict[str, t.Any], over: dict[str, t.Any]) -> dict[str, t.Any]:
    """Merge a scenario into another.

    A null entry in one of the merged tables takes the default's away; a type's fields are merged as well.
    """
    result = {**base, **over}
    for key in MERGED:
        rows, changes = base.get(key, {}), over.get(key)
        if isinstance(changes, dict):
            table = {**rows, **changes}
            if key == "instance_types":
                table = {name: _fields(rows.get(name), fields) for name, fields in table.items()}
            if key in ("instance_types", "regions", "default_images"):
                table = {name: row for name, row in table.items() if row is not None}
            result[key] = table
    if "capacity" not in over:
        # The default's capacity of what a scenario took away goes with it.
        result["capacity"] = {
            name: {region: count for region, count in regions.items() if region in result["regions"]}
            for name, regions in base["capacity"].items()
            if name in result["instance_types"]
        }
    result["default_images"] = {
        region: family
        for region, family in result["default_images"].items()
        if region in result["regions"] or region in (over.get("default_images") or ())
    }
    if "images" not in over:
        result["images"] = [
            {**row, "regions": [region for region in row["regions"] if region in result["regions"]]}
            if "regions" in row
            else row
            for row in base["images"]
        ]
    if "file_systems" not in over:
        result["file_systems"] = [row for row in base["file_systems"] if row["region"] in result["regions"]]
    return result


def _fields(row: t.Any, change: t.Any) -> t.Any:
    return {**(row or {}), **change} if isinstance(change, dict) else change
