# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What holds for every filter."""

from __future__ import annotations

import importlib
from pathlib import Path

import ansible_collections.lambdal.cloud.plugins.plugin_utils._filter_input as filter_input
import pytest
import yaml

FOLDER = Path(filter_input.__file__).parent.parent / "filter"
NAMES = sorted(path.stem for path in FOLDER.glob("*.py"))


@pytest.mark.parametrize("name", NAMES)
def test_a_filter_is_named_like_its_file_and_documented(name: str) -> None:
    module = importlib.import_module(f"ansible_collections.lambdal.cloud.plugins.filter.{name}")
    assert list(module.FilterModule().filters()) == [name]
    documentation = yaml.safe_load(module.DOCUMENTATION)
    assert documentation["name"] == name
    assert yaml.safe_load(module.EXAMPLES)
    assert yaml.safe_load(module.RETURN)["_value"]["description"]
