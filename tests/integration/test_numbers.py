# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import typing as t

import pytest
from lambda_cloud_simulator.testing import Simulator
from support.runner import Modules

INSTANCE: dict[str, t.Any] = {"instance_type": ["gpu_1x_a10"], "region": ["us-east-1"], "ssh_key": "laptop"}


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("request_timeout", ".inf"),
        ("request_timeout", "inf"),
        ("request_timeout", 0),
        ("request_timeout", -5),
        ("request_timeout", "nan"),
        ("request_timeout", 1e300),
        ("retry_timeout", "inf"),
        ("request_interval", -1),
        ("launch_interval", "nan"),
        ("wait_interval", -1),
        ("wait_timeout", "inf"),
        ("outcome_timeout", "nan"),
        ("capacity_timeout", -0.5),
        ("max_replacements", -1),
    ],
)
def test_a_number_that_cannot_be_meant_costs_no_request(
    simulator: Simulator, modules: Modules, option: str, value: t.Any
) -> None:
    simulator.seed_ssh_key("laptop")
    done = modules.run("lambda_instance", name=["a"], **{**INSTANCE, option: value})
    assert done.failed
    assert option in done["msg"]
    assert "Unexpected" not in done["msg"]
    assert simulator.operations() == []
    assert simulator.live() == {}
