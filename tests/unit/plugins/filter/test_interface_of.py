# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The network interface that has an address."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.lambdal.cloud.plugins.filter.interface_of import interface_of

# As `ip -json address show` of iproute2 6.1 prints them, less what is not read
LINKS: list[dict[str, t.Any]] = [
    {
        "ifname": "lo",
        "flags": ["LOOPBACK", "UP"],
        "addr_info": [{"family": "inet", "local": "127.0.0.1"}, {"family": "inet", "local": "10.9.9.9"}],
    },
    {"ifname": "docker0", "flags": ["BROADCAST", "UP"], "addr_info": [{"family": "inet", "local": "172.17.0.1"}]},
    {},
    {
        "ifname": "eno1",
        "flags": ["BROADCAST", "UP"],
        "addr_info": [
            {"family": "inet", "local": "10.19.0.7"},
            {"family": "inet", "local": "10.19.0.8"},
            {"family": "inet6", "local": "fd00::7"},
        ],
    },
]


@pytest.mark.parametrize("address", ["10.19.0.7", "10.19.0.8", "fd00::7", "fd00:0::0:7"])
def test_the_interface_has_the_address(address: str) -> None:
    assert interface_of(LINKS, address) == "eno1"


@pytest.mark.parametrize("address", ["10.19.0.70", "127.0.0.1", "10.9.9.9", "train-1", ""])
def test_no_interface_has_it(address: str) -> None:
    assert interface_of(LINKS, address) == ""
