# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a check of the network between the hosts of a job has found. Pure functions."""

from __future__ import annotations

import json
import typing as t

from ansible_collections.lambdal.cloud.plugins.plugin_utils._fleet import counted

MARK = "torchrun-check: "
# A pair that is slower than this share of the fastest one is slow.
_SHARE = 0.5


class Pair(t.NamedTuple):
    """Two hosts, and GB per second between them."""

    hosts: tuple[str, str]
    bandwidth: float


class Report(t.NamedTuple):
    """What was found.

    Attributes:
        bandwidth: GB per second of the all-reduce, for each worker.
        pairs: all pairs of hosts, the slowest first.
        slow: those that are much slower than the fastest one.
        problem: why no job should be run like that; empty if nothing speaks against it.
        lines: a summary for a person.
    """

    bandwidth: float
    pairs: tuple[Pair, ...]
    slow: tuple[Pair, ...]
    problem: str
    lines: tuple[str, ...]


def report(log: t.Iterable[str], hosts: t.Sequence[str], minimum: float = 0.0) -> Report:
    """Read what rank 0 has printed.

    Args:
        log: its lines
        hosts: the job's, in the order of their ranks
        minimum: GB per second that the all-reduce has to reach
    """
    found = next((json.loads(line[len(MARK) :]) for line in log if line.startswith(MARK)), None)
    if found is None:
        return Report(0.0, (), (), "The check has measured nothing.", ())
    pairs = tuple(
        sorted(
            (Pair((hosts[one], hosts[other]), speed) for one, other, speed in found["pairs"]), key=lambda pair: pair[1]
        )
    )
    slow = tuple(pair for pair in pairs if pair.bandwidth < _SHARE * pairs[-1].bandwidth)
    bandwidth = float(found["bandwidth"])
    problem = ""
    if found["wrong"]:
        problem = f"The all-reduce gave a wrong sum to {found['wrong']} of {found['workers']} workers."
    elif bandwidth < minimum:
        problem = f"The all-reduce reaches {bandwidth:.2f} GB/s, and {minimum:.2f} are required."
    lines = [
        f"All-reduce over {found['workers']} workers of {counted(len(hosts), 'host')}: {bandwidth:.2f} GB/s for each worker."
    ]
    if pairs:
        lines.append(
            f"{counted(len(pairs), 'pair')} of hosts: {pairs[0].bandwidth:.2f} to {pairs[-1].bandwidth:.2f} GB/s."
        )
    lines += [f"Slow: {pair.hosts[0]} and {pair.hosts[1]} with {pair.bandwidth:.2f} GB/s." for pair in slow]
    shared = set.intersection(*(set(pair.hosts) for pair in slow)) if len(slow) > 1 else set()
    lines += [f"{host} is in all of these." for host in hosts if host in shared]
    return Report(bandwidth, pairs, slow, problem, tuple(lines))
