# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from ansible_collections.lambdal.cloud.plugins.module_utils._host_vars import host_variables


def test_only_an_address_becomes_an_address() -> None:
    assert host_variables({"ip": "198.51.100.2"})["ansible_host"] == "198.51.100.2"
    assert "ansible_host" not in host_variables({"ip": "-oProxyCommand=id"})
    assert "ansible_host" not in host_variables({"ip": None})


def test_the_first_address_that_there_is_counts() -> None:
    fields = {"ip": None, "private_ip": "10.0.0.2", "hostname": "head.example"}
    wanted = ["ip", "hostname", "private_ip"]
    assert host_variables(fields, connect_with=wanted)["ansible_host"] == "head.example"
    assert (
        host_variables({**fields, "hostname": "-oProxyCommand=id"}, connect_with=wanted)["ansible_host"] == "10.0.0.2"
    )
    assert "ansible_host" not in host_variables(fields)
