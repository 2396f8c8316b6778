# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest
from ansible_collections.lambdal.cloud.plugins.module_utils._errors import InvalidInput
from ansible_collections.lambdal.cloud.plugins.module_utils._names import check_names, expand_names


def test_two_ranges_in_one_name_multiply() -> None:
    assert expand_names(["r[1:2]-n[a:b]"]) == ["r1-na", "r1-nb", "r2-na", "r2-nb"]


def test_names_keep_their_order() -> None:
    assert expand_names(["z", "a-[1:2]", "m"]) == ["z", "a-1", "a-2", "m"]


@pytest.mark.parametrize(
    "broken",
    [
        *("a-[", "a-]", "a-[]", "a-[1]", "a-[1:]", "a-[3:1]", "a-[1:x]", "a-[1:5:0]", "a-[1:5:x]", "a-[01:100]"),
        *("a-[[1:2]]", "a]b[1:2]", "a-[z:a]", "a-[1:2:3:4]", "a-[-1:2]", "a-[\u0661:\u0662]"),
    ],
)
def test_a_broken_range_is_named(broken: str) -> None:
    with pytest.raises(InvalidInput, match=r"\[|bracket") as caught:
        expand_names([broken])
    assert broken in str(caught.value)


def test_a_name_of_64_characters_is_the_longest() -> None:
    assert expand_names(["x" * 64]) == ["x" * 64]
    with pytest.raises(InvalidInput, match="65 characters"):
        expand_names(["x" * 65])


def test_no_name_is_no_name() -> None:
    with pytest.raises(InvalidInput, match="0 characters"):
        expand_names([""])


def test_a_huge_range_is_refused_before_it_fills_memory() -> None:
    with pytest.raises(InvalidInput, match="10000"):
        expand_names(["a-[0:999999999]"])


def test_a_name_given_twice_is_refused() -> None:
    with pytest.raises(InvalidInput, match="'a-2' is given 2 times"):
        check_names(expand_names(["a-[1:3]", "a-2"]))


@pytest.mark.parametrize("pattern", ["train-*", "?", "train-{1..3}", "a{x..z}b"])
def test_a_pattern_of_another_kind_is_refused_and_not_taken_for_a_name(pattern: str) -> None:
    with pytest.raises(InvalidInput, match=r"is a pattern, which only info modules and the inventory take"):
        check_names(expand_names([pattern]))
