# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import typing as t

from ansible_collections.lambdal.cloud.plugins.module_utils._hosts import host_names, host_variables
from ansible_collections.lambdal.cloud.plugins.module_utils._view import instance_fields, instance_result
from hypothesis import given
from hypothesis import strategies as st

SECRET: dict[str, t.Any] = {"id": "1", "jupyter_token": "tok-secret", "jupyter_url": "https://x/?token=tok-secret"}


def test_secrets_are_left_out_unless_asked_for() -> None:
    assert "tok-secret" not in str(instance_result(SECRET))
    shown = instance_result(SECRET, show_jupyter=True)
    assert shown["jupyter_token"] == "tok-secret"
    # Host variables end up in caches and inventories, whoever asked.
    assert "tok-secret" not in str(shown["host"])


def test_every_documented_field_is_there_and_others_pass_through() -> None:
    fields = instance_fields({"id": "1", "workspace_id": "w"})
    assert fields["ip"] is None
    assert fields["workspace_id"] == "w"


def test_only_an_address_becomes_an_address() -> None:
    assert host_variables({"ip": "198.51.100.2"})["ansible_host"] == "198.51.100.2"
    assert "ansible_host" not in host_variables({"ip": "-oProxyCommand=id"})
    assert "ansible_host" not in host_variables({"ip": None})


@given(st.lists(st.none() | st.sampled_from(["a", "b", "a-0", "2"]), max_size=8))
def test_no_machine_takes_anothers_place(names: list[str | None]) -> None:
    rows: list[dict[str, t.Any]] = [{"id": str(number), "name": name} for number, name in enumerate(names)]
    hosts = host_names(rows)
    assert len(set(hosts)) == len(rows)
    for row, host in zip(rows, hosts, strict=True):
        assert row["id"] in host or names.count(row["name"]) == 1


def test_a_name_that_is_anothers_id_gives_way() -> None:
    assert host_names([{"id": "1", "name": "2"}, {"id": "2", "name": None}]) == ["2-1", "2"]


def test_no_machine_takes_the_place_of_the_controller() -> None:
    assert host_names([{"id": "1", "name": "localhost"}, {"id": "2", "name": "all"}]) == ["localhost-1", "all-2"]


def test_the_first_address_that_there_is_counts() -> None:
    fields = {"ip": None, "private_ip": "10.0.0.2", "hostname": "head.example"}
    wanted = ["ip", "hostname", "private_ip"]
    assert host_variables(fields, connect_with=wanted)["ansible_host"] == "head.example"
    assert (
        host_variables({**fields, "hostname": "-oProxyCommand=id"}, connect_with=wanted)["ansible_host"] == "10.0.0.2"
    )
    assert "ansible_host" not in host_variables(fields)
