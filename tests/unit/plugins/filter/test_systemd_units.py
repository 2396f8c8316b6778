# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Options of units, and where servers in them listen."""

from __future__ import annotations

import typing as t

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.lambdal.cloud.plugins.filter.exposed_sockets import exposed_sockets
from ansible_collections.lambdal.cloud.plugins.filter.is_loopback import is_loopback
from ansible_collections.lambdal.cloud.plugins.filter.server_problem import server_problem
from ansible_collections.lambdal.cloud.plugins.filter.systemd_mounts import systemd_mounts
from ansible_collections.lambdal.cloud.plugins.filter.systemd_options import systemd_options


def test_options_become_lines_and_empty_ones_are_left_out() -> None:
    options = {"A": True, "B": False, "C": "", "D": None, "E": 7, "F": ["x", "y"], "G": "read-only"}
    assert systemd_options(options) == ["A=yes", "B=no", "E=7", "F=x", "F=y", "G=read-only"]


@pytest.mark.parametrize(
    "options", [{"A\nUser": "root"}, {"A": "x\nUser=root"}, {"A": "x\\"}, {"[Unit]": 1}, {"a b": 1}, ["A"]]
)
def test_an_option_is_one_line(options: t.Any) -> None:
    with pytest.raises(AnsibleFilterError):
        systemd_options(options)


@pytest.mark.parametrize("address", ["127.0.0.1", "127.9.9.9", "::1", "localhost", "::ffff:127.0.0.1"])
def test_loopback(address: str) -> None:
    assert is_loopback(address) is True


@pytest.mark.parametrize("address", ["0.0.0.0", "::", "", "127.evil.example", "10.0.0.1", "::ffff:10.0.0.1", "127.1"])
def test_what_others_reach_is_no_loopback(address: str) -> None:
    assert is_loopback(address) is False


def sockets(*texts: str) -> list[dict[str, t.Any]]:
    return [dict(zip(("address", "port"), text.rsplit(":", 1), strict=True)) for text in texts]


@pytest.mark.parametrize(
    ("listens", "server", "others"),
    [
        (["127.0.0.1:8000"], [], []),
        (["0.0.0.0:8000"], ["0.0.0.0:8000"], []),
        (["127.0.0.1:8000", ":::8000"], ["[::]:8000"], []),
        # Workers of a server that is where it should be
        (["127.0.0.1:8000", ":::41234"], [], ["[::]:41234"]),
        # A server that is elsewhere
        (["127.0.0.1:7000", "0.0.0.0:9000"], ["0.0.0.0:9000"], []),
        ([], [], []),
    ],
)
def test_which_sockets_others_reach(listens: list[str], server: list[str], others: list[str]) -> None:
    assert exposed_sockets(sockets(*listens), "8000") == {"server": server, "others": others}


def test_a_unit_waits_for_the_mounts_that_it_names_and_tells_no_secret() -> None:
    words = [
        "/srv/my env/bin/vllm",
        "serve",
        "/nfs/100%",
        "--dir=/data",
        "--flag",
        "a/b",
        "/a:/b",
        "/data",
        "/x\nUser=root",
    ]
    variables = {"HF_HOME": "/nfs/hf", "TOKEN": "/secret", "LD_LIBRARY_PATH": "/a:/b", "XDG_CACHE": "cache"}
    assert systemd_mounts(words, variables) == '"/srv/my env/bin/vllm" "/nfs/100%%" "/data" "/nfs/hf"'


@pytest.mark.parametrize(
    ("look", "told"),
    [
        ({"state": "ready"}, ""),
        ({"state": "waiting"}, "did not answer 200 at /health within 60 seconds, and does not listen on port 8000."),
        ({"state": "waiting", "answer": "503"}, "within 60 seconds, but 503."),
        (
            {"state": "waiting", "sockets": [{"address": "::1", "port": 9000}]},
            "within 60 seconds, and listens on [::1]:9000 only.",
        ),
        ({"state": "ended", "exit_code": 0}, "The server vllm on serve-1 ended before it was ready."),
        ({"state": "ended", "exit_code": 1}, "The server vllm on serve-1 ended before it was ready, with exit code 1."),
        (
            {"state": "ended", "exit_code": 203},
            "ended before it was ready, with exit code 203 (its command cannot be run: install it",
        ),
        (
            {"state": "ended", "exit_code": 9, "signal": True, "result": "oom-kill"},
            "by signal 9 (it had no memory left).",
        ),
        (
            {"state": "taken", "holder": "nginx (process 7)"},
            "Port 8000 on serve-1 is held by nginx (process 7), which is not part of the server vllm.",
        ),
    ],
)
def test_why_a_server_is_not_ready(look: dict[str, t.Any], told: str) -> None:
    problem = server_problem(look, name="vllm", host="serve-1", port="8000", path="/health", timeout=60)
    assert told in problem
    assert bool(problem) is bool(told)
