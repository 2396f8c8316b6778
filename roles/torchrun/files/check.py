# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Measure how fast the workers of a job reach one another: an all-reduce over all of them, and each pair of hosts alone.

Rank 0 prints one line. Every PyTorch since 1.13 runs this.
"""

from __future__ import annotations

import json
import os
import sys
import time
import typing as t

import torch
import torch.distributed as dist

REPEATS = 5


def main() -> None:
    on_gpu = torch.cuda.is_available()
    if on_gpu:
        torch.cuda.set_device(int(os.environ["LOCAL_RANK"]))
    dist.init_process_group("nccl" if on_gpu else "gloo")
    device = torch.device("cuda" if on_gpu else "cpu")
    rank, workers = dist.get_rank(), dist.get_world_size()
    numbers = int(sys.argv[1]) // 4

    tensor = torch.full((numbers,), float(rank + 1), device=device)
    dist.all_reduce(tensor)
    right = bool((tensor == workers * (workers + 1) / 2).all())
    verdict = torch.tensor([0.0 if right else 1.0], device=device)
    dist.all_reduce(verdict)
    tensor.zero_()
    seconds = timed(lambda: dist.all_reduce(tensor))

    found = {
        "workers": workers,
        "wrong": int(verdict.item()),
        # What each worker sends and receives, whatever their number.
        "bandwidth": 2 * (workers - 1) / workers * numbers * 4 / seconds / 1e9,
        "pairs": pairs(tensor, rank, device),
    }
    if rank == 0:
        print(f"torchrun-check: {json.dumps(found)}", flush=True)
    dist.barrier()
    dist.destroy_process_group()


def pairs(tensor: torch.Tensor, rank: int, device: torch.device) -> list[tuple[int, int, float]]:
    """Return each pair of hosts, by their positions, with GB per second from one to the other."""
    mine = torch.tensor([int(os.environ["GROUP_RANK"]), int(os.environ["LOCAL_RANK"])], device=device)
    rows = [torch.zeros_like(mine) for _each in range(dist.get_world_size())]
    dist.all_gather(rows, mine)
    # The first worker of each host
    leaders = {int(node): number for number, (node, local) in enumerate(row.tolist() for row in rows) if local == 0}
    order = [leaders[node] for node in sorted(leaders)]
    measured = torch.zeros(len(order), len(order), device=device)
    for matches in rounds(len(order)):
        for one, other in matches:
            if rank in (order[one], order[other]):
                begins = rank == order[one]
                peer = order[other] if begins else order[one]
                seconds = timed(lambda begins=begins, peer=peer: back_and_forth(tensor, peer, begins))
                if begins:
                    measured[one, other] = 2 * tensor.numel() * 4 / seconds / 1e9
        dist.barrier()
    dist.all_reduce(measured)
    return [
        (one, other, measured[one, other].item()) for one in range(len(order)) for other in range(one + 1, len(order))
    ]


def rounds(count: int) -> t.Iterator[list[tuple[int, int]]]:
    """Yield rounds in which nobody is in two pairs, until each pair was there once."""
    places = [*range(count), *([-1] if count % 2 else [])]
    for _each in range(len(places) - 1):
        matches = [(places[number], places[-1 - number]) for number in range(len(places) // 2)]
        yield [(min(match), max(match)) for match in matches if -1 not in match]
        places = [places[0], places[-1], *places[1:-1]]


def back_and_forth(tensor: torch.Tensor, peer: int, begins: bool) -> None:
    """Send a tensor to a peer, and get it back."""
    for sends in (begins, not begins):
        if sends:
            dist.send(tensor, peer)
        else:
            dist.recv(tensor, peer)


def timed(act: t.Callable[[], object]) -> float:
    """Return the seconds that something takes, once it has been done before."""
    act()
    wait()
    begin = time.monotonic()
    for _each in range(REPEATS):
        act()
    wait()
    return max(time.monotonic() - begin, 1e-9) / REPEATS


def wait() -> None:
    """Wait until the GPU has done what it was told."""
    if torch.cuda.is_available():
        torch.cuda.synchronize()


if __name__ == "__main__":
    main()
