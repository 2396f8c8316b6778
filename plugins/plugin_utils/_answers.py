# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Answers to a survey of AWX: what was left out is null, empty text or missing, and a number may be text. Pure functions."""

from __future__ import annotations

import re
import typing as t

from ansible_collections.lambdal.cloud.plugins.module_utils._client.models import Row, tags_of
from ansible_collections.lambdal.cloud.plugins.module_utils._errors import InvalidInput
from ansible_collections.lambdal.cloud.plugins.module_utils._instances.spec import FLEET_TAG
from ansible_collections.lambdal.cloud.plugins.module_utils._names import expand_names
from ansible_collections.lambdal.cloud.plugins.module_utils._results import price_or_infinity
from ansible_collections.lambdal.cloud.plugins.plugin_utils._fleet_hosts import ALL
from ansible_collections.lambdal.cloud.plugins.plugin_utils._values import whole_number

# As the service makes ids
_ID = re.compile(r"[0-9a-f]{32}")
_NEEDS = {"needs_gpus": "gpus", "needs_gpu": "gpu", "needs_gpu_memory_gib": "gpu_memory_gib"}


def lines(value: t.Any) -> list[str]:
    """Return the lines of an answer, or the items of a list, without those that are empty.

    Raises:
        InvalidInput: one has a comma, so that it is not known whether it is meant to be several.
    """
    if value is None:
        return []
    parts = value if isinstance(value, (list, tuple)) else str(value).splitlines()
    found = [text for part in parts if part is not None and (text := str(part).strip())]
    for text in found:
        if "," in text:
            raise InvalidInput(f"'{text}' has a comma. Write one on each line; a name may have blanks in it.")
    return found


def number(value: t.Any, default: int | None = None, what: str = "The answer") -> int | None:
    """Return an answer as a whole number, or the default if there is no answer.

    Raises:
        InvalidInput: it is no whole number.
    """
    if value is None or not str(value).strip():
        return default
    return whole_number(str(value).strip(), what)


def targets(value: t.Any, required: bool = False) -> dict[str, list[str]]:
    """Return the `names` and the `ids` of instances that an answer has, one on each line.

    Raises:
        InvalidInput: there is none although one is required, or one has a comma.
    """
    found = list(dict.fromkeys(lines(value)))
    if required and not found:
        raise InvalidInput("No name and no id was given. Write one name, host range or id on each line.")
    ids = [each for each in found if _ID.fullmatch(each)]
    return {"names": [each for each in found if each not in ids], "ids": ids}


def machines(answers: t.Mapping[str, t.Any]) -> list[dict[str, t.Any]]:
    """Return the entry of the option `machines` that answers describe.

    Raises:
        InvalidInput: there is no name, neither a type nor a need, or an answer cannot be meant.
    """
    names = lines(answers.get("names"))
    if not names:
        raise InvalidInput(
            "No name was given, so nothing is launched. Write one name, or one host range, on each line."
        )
    types = [*lines(answers.get("instance_types")), *lines(answers.get("other_instance_types"))]
    entry = {
        "name": names,
        "instance_type": list(dict.fromkeys(types)),
        "needs": _needs(answers),
        "region": lines(answers.get("regions")),
        "max_price_cents_per_hour": number(answers.get("max_price_cents"), what="The highest price"),
        "file_systems": lines(answers.get("file_systems")),
        "image": text(answers.get("image")),
        "expires_after": text(answers.get("expires_after")),
    }
    if not entry["instance_type"] and not entry["needs"]:
        raise InvalidInput("Choose an instance type, write another one, or say what the instances need.")
    return [{option: value for option, value in entry.items() if value not in (None, "", [], {})}]


def chooses(answers: t.Mapping[str, t.Any], host: t.Mapping[str, t.Any]) -> bool:
    """Return whether answers mean an instance: by a name or id of `targets`, by the word `all` there, or by the fleet of `fleet`.

    Args:
        host: the instance's host variables, of the inventory plugin.

    Raises:
        InvalidInput: none is named, or all are to be replaced.
    """
    wanted, fleet = targets(answers.get("targets")), text(answers.get("fleet"))
    means_all = ALL in wanted["names"]
    if means_all and answers.get("on_failure") == "replace":
        raise InvalidInput("To replace instances, say which: names, ids or a fleet. Nothing was done.")
    if not fleet and not any(wanted.values()):
        raise InvalidInput(f"Say which instances: names, ids, a fleet, or {ALL}. Nothing was done.")
    return (
        means_all
        or host.get("lambda_id") in wanted["ids"]
        or host.get("lambda_name") in expand_names(wanted["names"])
        or bool(fleet and tags_of({"tags": host.get("lambda_tags")}).get(FLEET_TAG) == fleet)
    )


def text(value: t.Any) -> str:
    """Return an answer as text, without blanks around it; empty if there is no answer."""
    return "" if value is None else str(value).strip()


def _needs(answers: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    found: dict[str, t.Any] = {}
    for answer, need in _NEEDS.items():
        value = lines(answers.get(answer)) if need == "gpu" else number(answers.get(answer), what=f"The need {need}")
        if value:
            found[need] = value
    return found


def with_choices(survey: t.Mapping[str, t.Any], types: t.Sequence[Row], regions: t.Sequence[Row]) -> dict[str, t.Any]:
    """Return a survey with the account's types, cheapest first, and regions to choose from; one without any keeps its own."""
    choices = {
        "survey_instance_types": [
            row["name"] for row in sorted(types, key=lambda row: (price_or_infinity(row), row["name"]))
        ],
        "survey_regions": sorted(row["name"] for row in regions),
    }
    questions = [
        {**question, "choices": choices.get(str(question.get("variable"))) or question["choices"]}
        if "choices" in question
        else question
        for question in survey["spec"]
    ]
    return {**survey, "spec": questions}
