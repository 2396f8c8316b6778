# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Answers as AWX hands them over: `!unsafe` text, null for empty text, numbers as text."""

from __future__ import annotations

import typing as t

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.lambdal.cloud.plugins.filter.survey_choices import survey_choices
from ansible_collections.lambdal.cloud.plugins.filter.survey_chooses import survey_chooses
from ansible_collections.lambdal.cloud.plugins.filter.survey_lines import survey_lines
from ansible_collections.lambdal.cloud.plugins.filter.survey_machines import survey_machines
from ansible_collections.lambdal.cloud.plugins.filter.survey_number import survey_number
from ansible_collections.lambdal.cloud.plugins.filter.survey_targets import survey_targets

INSTANCE = {"lambda_id": "0920582c7ff041399e34823a0be62549", "lambda_name": "train-01"}
ID = "0920582c7ff041399e34823a0be62549"


@pytest.mark.parametrize("nothing", [None, "", " ", "\n \r\n", [], ["", None]])
def test_no_answer_is_nothing(nothing: t.Any) -> None:
    assert survey_lines(nothing) == []
    assert survey_targets(nothing) == {"names": [], "ids": []}
    with pytest.raises(AnsibleFilterError, match="No name was given, so nothing is launched"):
        survey_machines({"names": nothing, "instance_types": ["gpu_1x_a10"]})


def test_each_line_is_one_name_and_blanks_belong_to_it() -> None:
    assert survey_lines(" my notebook\r\ntrain-[01:02]\n\n7 ") == ["my notebook", "train-[01:02]", "7"]
    assert survey_lines(7) == ["7"]
    with pytest.raises(AnsibleFilterError, match="'a, b' has a comma"):
        survey_lines("a, b")


@pytest.mark.parametrize(("answer", "number"), [("60", 60), (0, 0), ("0", 0), (None, 5), ("", 5), (" ", 5)])
def test_numbers_may_be_text_or_missing(answer: t.Any, number: int) -> None:
    assert survey_number(answer, 5) == number


@pytest.mark.parametrize("answer", ["sixty", "1.5", "1h"])
def test_what_is_no_number_is_refused(answer: str) -> None:
    with pytest.raises(AnsibleFilterError, match="must be a whole number"):
        survey_number(answer, 5)


def test_ids_are_told_from_names() -> None:
    assert survey_targets(f"{ID}\ntrain-1\n{ID}\n{ID[:-1]}") == {"names": ["train-1", ID[:-1]], "ids": [ID]}


def test_only_what_was_answered_is_asked_of_the_service() -> None:
    answers = {
        "names": "a",
        "instance_types": None,
        "other_instance_types": "gpu_1x_b300",
        "regions": "",
        "image": None,
    }
    assert survey_machines(answers) == [{"name": ["a"], "instance_type": ["gpu_1x_b300"]}]
    full = {
        "names": "a\nb c",
        "needs_gpus": "2",
        "needs_gpu": "H100\nB200",
        "needs_gpu_memory_gib": 80,
        "regions": ["us-east-1"],
        "max_price_cents": "400",
        "file_systems": "data",
        "image": " lambda-stack-24-04 ",
        "expires_after": "8h",
    }
    assert survey_machines(full) == [
        {
            "name": ["a", "b c"],
            "needs": {"gpus": 2, "gpu": ["H100", "B200"], "gpu_memory_gib": 80},
            "region": ["us-east-1"],
            "max_price_cents_per_hour": 400,
            "file_systems": ["data"],
            "image": "lambda-stack-24-04",
            "expires_after": "8h",
        }
    ]


def test_a_price_of_nothing_is_a_limit() -> None:
    (entry,) = survey_machines({"names": "a", "instance_types": ["gpu_1x_a10"], "max_price_cents": "0"})
    assert entry["max_price_cents_per_hour"] == 0


@pytest.mark.parametrize("answers", [{}, {"instance_types": []}, {"instance_types": None, "needs_gpus": None}])
def test_neither_type_nor_need_is_refused(answers: dict[str, t.Any]) -> None:
    with pytest.raises(AnsibleFilterError, match="Choose an instance type"):
        survey_machines({"names": "a", **answers})


def test_a_required_target_is_required() -> None:
    with pytest.raises(AnsibleFilterError, match="No name and no id was given"):
        survey_targets(" ", required=True)


@pytest.mark.parametrize(
    ("answers", "chosen"),
    [
        ({"targets": "all", "fleet": "", "on_failure": "report"}, True),
        ({"targets": "train-[01:02]"}, True),
        ({"targets": ID}, True),
        ({"targets": "train-02"}, False),
        ({"fleet": "vision"}, True),
        ({"fleet": "other", "on_failure": "replace"}, False),
        ({"fleet": "other", "targets": "train-01"}, True),
    ],
)
def test_hosts_are_chosen_by_name_id_or_fleet(answers: dict[str, t.Any], chosen: bool) -> None:
    host = {**INSTANCE, "lambda_tags": [{"key": "lambdal-cloud-fleet", "value": "vision"}]}
    assert survey_chooses(answers, host) is chosen


def test_what_is_replaced_has_to_be_named() -> None:
    with pytest.raises(AnsibleFilterError, match="To replace instances, say which"):
        survey_chooses({"targets": "all", "on_failure": "replace"}, INSTANCE)
    with pytest.raises(AnsibleFilterError, match="Say which instances"):
        survey_chooses({"targets": None, "fleet": ""}, INSTANCE)


def test_the_catalog_gives_the_choices() -> None:
    survey = {
        "name": "s",
        "spec": [
            {"variable": "survey_instance_types", "choices": ["old"]},
            {"variable": "survey_regions", "choices": ["us-east-1"]},
            {"variable": "survey_on_failure", "choices": ["fail"]},
            {"variable": "survey_names"},
        ],
    }
    types = [
        {"name": "b", "price_cents_per_hour": 200},
        {"name": "c", "price_cents_per_hour": None},
        {"name": "a", "price_cents_per_hour": 200},
    ]
    made = survey_choices(survey, types, [])
    assert [question.get("choices") for question in made["spec"]] == [["a", "b", "c"], ["us-east-1"], ["fail"], None]
    assert made["name"] == "s"
