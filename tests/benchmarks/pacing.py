# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the rate limiter costs beyond the limit itself, in virtual time, so that the figures are the same on any computer.

    .venv/bin/python tests/benchmarks/pacing.py [--seeds 10] [--busy 0.05]

The limit is the simulator's strict one, before a network whose round trips vary by half, and a computer that is up to
`--busy` seconds late at every step. Told are the worst figures of all seeds: the time in relation to an interval for each
request but the first, and the refusals.
"""

from __future__ import annotations

import argparse
import sys
import typing as t
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / ".build")]

from ansible_collections.lambdal.cloud.plugins.module_utils._client.rate_record import (  # noqa: E402
    LAUNCH,
    REQUEST,
    LocalRecord,
)
from support.network import CALLS, INTERVALS, Client, Network, send_all  # noqa: E402

ROUND_TRIPS = (0.02, 0.06, 0.2, 0.3)


def launches(network: Network) -> float:
    """32 launches of one task, which lists first."""
    client = Client("a", network, LocalRecord())
    client.send(CALLS[REQUEST])
    return send_all(network, [client], LAUNCH, 32) / (31 * INTERVALS[LAUNCH])


def processes(network: Network) -> float:
    """50 processes at once, which share a record and send a request each."""
    store = LocalRecord()
    clients = [Client(str(number), network, store) for number in range(50)]
    return send_all(network, clients, REQUEST, 1) / (49 * INTERVALS[REQUEST])


def controllers(bucket: str) -> t.Callable[[Network], tuple[float, list[int]]]:
    """Return a case of three controllers that share nothing and send 60 requests each."""

    def run(network: Network) -> tuple[float, list[int]]:
        clients = [Client(name, network, LocalRecord()) for name in "abc"]
        send_all(network, clients, bucket, 60)
        # As long as all of them still have something to send
        first = network.accepted[:90]
        seconds = network.times[89] - network.times[0]
        return seconds / (89 * INTERVALS[bucket]), [first.count(name) for name in "abc"]

    return run


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=10, help="how often each figure is measured")
    parser.add_argument("--busy", type=float, default=0.05, help="seconds by which the computer is late at most")
    options = parser.parse_args()

    def networks(round_trip: float) -> list[Network]:
        return [Network(round_trip / 2, 0.0, options.busy, seed) for seed in range(options.seeds)]

    print(f"{'':34} {'round trip':>10} {'ratio':>6} {'refused':>8}  share of the first 90, in percent")
    for name, case in (("32 launches", launches), ("50 processes", processes)):
        for round_trip in ROUND_TRIPS:
            cases = networks(round_trip)
            ratio = max(case(network) for network in cases)
            refused = max(network.limit.refused for network in cases)
            print(f"{name:34} {round_trip:8.2f} s {ratio:6.3f} {refused:8}", flush=True)
    for bucket, what in ((REQUEST, "requests"), (LAUNCH, "launches")):
        for round_trip in ROUND_TRIPS:
            cases = networks(round_trip)
            done = [controllers(bucket)(network) for network in cases]
            shares = [count for _ratio, counts in done for count in counts]
            refused = max(network.limit.refused for network in cases)
            print(
                f"{'3 controllers, 60 ' + what + ' each':34} {round_trip:8.2f} s {max(ratio for ratio, _counts in done):6.3f} "
                f"{refused:8}  {min(shares) / 0.9:.0f} to {max(shares) / 0.9:.0f}",
                flush=True,
            )


if __name__ == "__main__":
    main()
