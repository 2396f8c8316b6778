# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rate limiter before the simulator's strict limit, over slow and uneven networks, in virtual time."""

from __future__ import annotations

import contextlib
import functools

import pytest
from ansible_collections.lambdal.cloud.plugins.module_utils._client.rate_record import LAUNCH, REQUEST, LocalRecord
from ansible_collections.lambdal.cloud.plugins.module_utils._errors import RateLimited
from ansible_collections.lambdal.cloud.plugins.module_utils._timing import Deadline
from support.network import CALLS, INTERVALS, Client, Network, send_all

# Seconds of a trip on average: round trips of 20, 60, 200 and 300 ms.
NETWORKS = pytest.mark.parametrize("mean", [0.01, 0.03, 0.1, 0.15])
# Seconds by which a computer with much other work is late.
COMPUTERS = pytest.mark.parametrize("busy", [0.0, 0.05])
SEEDS = range(10)


@NETWORKS
@COMPUTERS
@pytest.mark.parametrize("answer", [0.0, 6.0])
def test_32_launches_are_not_refused_and_are_hardly_slower_than_the_limit(
    mean: float, answer: float, busy: float
) -> None:
    for seed in SEEDS:
        network = Network(mean, answer, busy, seed)
        client = Client("a", network, LocalRecord())
        client.send(CALLS[REQUEST])
        seconds = send_all(network, [client], LAUNCH, 32)
        assert (len(network.accepted), network.limit.refused) == (33, 0)
        assert seconds <= 1.03 * 31 * INTERVALS[LAUNCH]


@NETWORKS
@COMPUTERS
def test_fifty_processes_that_share_a_record_are_not_refused(mean: float, busy: float) -> None:
    for seed in SEEDS:
        network = Network(mean, 0.0, busy, seed)
        store = LocalRecord()
        send_all(network, [Client(str(number), network, store) for number in range(50)], REQUEST, 1)
        assert len(set(network.accepted)) == 50
        assert network.limit.refused == 0


@NETWORKS
def test_processes_that_launch_and_list_share_both_limits(mean: float) -> None:
    network = Network(mean, 3.0, 0.02)
    store = LocalRecord()

    def launch(client: Client) -> None:
        for _each in range(4):
            client.send(CALLS[LAUNCH])
            client.send(CALLS[REQUEST])

    clients = [Client(str(number), network, store) for number in range(4)]
    network.time.run(*(functools.partial(launch, client) for client in clients))
    assert (len(network.accepted), network.limit.refused) == (32, 0)


@pytest.mark.parametrize("bucket", [REQUEST, LAUNCH])
@pytest.mark.parametrize("mean", [0.01, 0.1])
def test_three_controllers_that_share_nothing_get_about_a_third_each(bucket: str, mean: float) -> None:
    for seed in SEEDS:
        network = Network(mean, 0.0, 0.01, seed)
        clients = [Client(name, network, LocalRecord()) for name in "abc"]
        send_all(network, clients, bucket, 60)
        # All of them still have something to send.
        first = network.accepted[:90]
        assert all(20 <= first.count(name) <= 40 for name in "abc")


@pytest.mark.parametrize(("seconds", "accepted"), [(8, []), (20, ["a"])])
def test_a_refused_launch_is_retried_until_the_deadline(seconds: float, accepted: list[str]) -> None:
    network = Network(0.01)
    # Somebody else has just launched.
    assert network.limit.check("launch") is None

    def launch() -> None:
        with contextlib.nullcontext() if accepted else pytest.raises(RateLimited):
            Client("a", network, LocalRecord()).send(CALLS[LAUNCH], Deadline(seconds, network.time.now))

    network.time.run(launch)
    assert network.accepted == accepted
    assert network.limit.refused == 1
