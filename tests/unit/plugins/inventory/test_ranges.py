# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ranges in names of instances are those of Ansible's inventories.

ansible-test lets the tests of module_utils import nothing of the controller, so this is not among them.
"""

from __future__ import annotations

from ansible.plugins.inventory import expand_hostname_range
from ansible_collections.lambdal.cloud.plugins.module_utils._names import expand_names
from hypothesis import given
from hypothesis import strategies as st


def numbers() -> st.SearchStrategy[str]:
    def text(begin: int, count: int, width: int, step: int) -> str:
        end = begin + count
        head, tail = (str(begin).zfill(width), str(end).zfill(width)) if width else (str(begin), str(end))
        return f"[{head}:{tail}:{step}]" if step > 1 else f"[{head}:{tail}]"

    return st.builds(text, st.integers(0, 50), st.integers(0, 40), st.sampled_from([0, 3, 4]), st.integers(1, 5))


def letters() -> st.SearchStrategy[str]:
    pair = st.tuples(st.sampled_from("abcdefgxyz"), st.sampled_from("abcdefgxyz")).map(sorted)
    return pair.map(lambda ends: f"[{ends[0]}:{ends[1]}]")


@given(st.text("abc-", max_size=5), numbers() | letters(), st.text("xyz-", max_size=5))
def test_a_range_means_what_it_means_in_an_inventory(head: str, middle: str, tail: str) -> None:
    assert expand_names([head + middle + tail]) == expand_hostname_range(head + middle + tail)
