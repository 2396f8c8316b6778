# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest
from ansible_collections.lambdal.cloud.plugins.module_utils._module.core import core_problem


@pytest.mark.parametrize("version", ["2.19.0", "2.19.0b1", "2.20.3", "2.22.0rc1", "2.23.0.dev0", "3.0.0"])
def test_a_core_that_is_new_enough_is_no_problem(version: str) -> None:
    assert core_problem(version) is None


@pytest.mark.parametrize("version", ["2.9.27", "2.15.13", "2.18.99"])
def test_an_older_core_is_told_with_what_is_needed(version: str) -> None:
    assert f"needs ansible-core 2.19 or later, and this is {version};" in str(core_problem(version))
