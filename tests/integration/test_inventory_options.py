# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Options of the inventory plugin: templates first, then the documented type, and a sentence where that fails."""

from __future__ import annotations

import typing as t

import pytest
from lambda_cloud_simulator.testing import Simulator
from support.inventory import Inventory, hosts_of


@pytest.fixture
def fleet(simulator: Simulator) -> None:
    simulator.seed_instance("east", region="us-east-1", tags={"project": "vision"})
    simulator.seed_instance("west", region="us-west-1", tags={"project": "speech"})


@pytest.mark.usefixtures("fleet")
@pytest.mark.parametrize(
    ("options", "extra", "expected"),
    [
        ({"regions": "{{ r }}"}, '{"r": ["us-east-1"]}', ["east"]),
        ({"regions": "{{ r }}"}, '{"r": "us-east-1, us-west-1"}', ["east", "west"]),
        ({"names": "{{ ['ea', 'st'] | join }}"}, "{}", ["east"]),
        ({"names": "{{ n }}"}, '{"n": ["we*"]}', ["west"]),
        ({"names": '["west"]'}, "{}", ["west"]),
        ({"names": "{{ n }}"}, '{"n": []}', []),
        ({"names": "{{ n }}"}, '{"n": ""}', []),
        ({"names": None}, "{}", ["east", "west"]),
        ({"tags": "{{ t }}"}, '{"t": {"project": "speech"}}', ["west"]),
        ({"tags": '{"project": "speech"}'}, "{}", ["west"]),
        ({"request_timeout": "{{ s }}", "validate_certs": "{{ v }}"}, '{"s": 5, "v": "no"}', ["east", "west"]),
        ({"include_without_address": "{{ true }}", "strict": "{{ 'off' }}"}, "{}", ["east", "west"]),
        ({"hostnames": "{{ h }}"}, '{"h": ["lambda_region.name"]}', ["us-east-1", "us-west-1"]),
        ({"hostnames": "['a', 'b'] | join(lambda_name)"}, "{}", ["aeastb", "awestb"]),
        ({"filters": "{{ f }}"}, '{"f": [{"exclude": true}]}', []),
    ],
)
def test_what_may_be_written(inventory: Inventory, options: dict[str, t.Any], extra: str, expected: list[str]) -> None:
    listed, _warnings = inventory.told("-e", extra, **options)
    assert sorted(hosts_of(listed)) == expected


@pytest.mark.usefixtures("fleet")
@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"validate_certs": "yess"}, "validate_certs must be true or false, not 'yess'"),
        ({"validate_certs": "{{ 'perhaps' }}"}, "validate_certs must be true or false, not 'perhaps'"),
        ({"strict": "2"}, "strict must be true or false, not '2'"),
        ({"cache": "soon"}, "cache must be true or false, not 'soon'"),
        ({"request_timeout": "{{ 'long' }}"}, "request_timeout must be a number, not 'long'"),
        ({"regions": "{{ missing }}"}, "regions: the template cannot be evaluated: 'missing' is undefined"),
        ({"regions": "{{ none }}"}, "regions: the template yields nothing"),
        ({"names": {"a": "b"}}, "names must be a list, or text with commas between its items, not a dictionary"),
        ({"names": [["a"]]}, "names[0] must be text, not a list"),
        ({"tags": "project"}, "tags must be a dictionary"),
        ({"tags": {"project": None}}, "tags: the value of 'project' must be text, not null"),
        ({"statuses": "dead"}, "statuses must be among booting, active, unhealthy"),
        ({"api_key": ["secret-of-mine"]}, "api_key must be text, not this"),
        ({"tags": {}}, "tags is empty"),
        ({"on_account_error": "ignore"}, "on_account_error must be among fail, skip"),
    ],
)
def test_what_cannot_be_meant_is_refused_by_name(
    simulator: Simulator, inventory: Inventory, options: dict[str, t.Any], message: str
) -> None:
    told = inventory.refused(**options)
    assert message in told
    assert "secret-of-mine" not in told
    # Empty tags are told only once the instances are there.
    assert simulator.operations() == [] or options == {"tags": {}}


def test_an_empty_variable_is_not_set(simulator: Simulator, inventory: Inventory) -> None:
    simulator.seed_instance("a")
    inventory.environment["LAMBDA_REQUEST_INTERVAL"] = ""
    assert list(inventory.hosts()) == ["a"]
    inventory.environment["LAMBDA_REQUEST_INTERVAL"] = "often"
    told = inventory.refused()
    assert "request_interval must be a number, not 'often'. It comes from LAMBDA_REQUEST_INTERVAL." in told
