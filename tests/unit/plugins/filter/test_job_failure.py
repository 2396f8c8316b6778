# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where a job failed first. The logs are those of PyTorch 1.13 and 2.x, shortened."""

from __future__ import annotations

import typing as t

from ansible_collections.lambdal.cloud.plugins.filter.job_failure import job_failure

OWN = """step 1
step 2
Traceback (most recent call last):
  File "/home/ubuntu/project/train.py", line 30, in <module>
    raise ValueError("no room for step 2")
ValueError: no room for step 2
ERROR:torch.distributed.elastic.multiprocessing.api:failed (exitcode: 1) local_rank: 0 (pid: 99) of binary: /usr/bin/python3
Traceback (most recent call last):
  File "/usr/lib/python3.11/runpy.py", line 198, in _run_module_as_main
  File "/usr/lib/python3/dist-packages/torch/distributed/run.py", line 766, in <module>
    main()
torch.distributed.elastic.multiprocessing.errors.ChildFailedError:
============================================================
project/train.py FAILED
------------------------------------------------------------
Root Cause (first observed failure):
[0]:
  time      : 2026-11-26_14:00:00
  exitcode  : 1 (pid: 99)
  error_file: <N/A>
============================================================
""".splitlines()
MISSING = """step 1
train error: 0.25
Traceback (most recent call last):
  File "/home/ubuntu/project/train.py", line 33, in <module>
    loss.backward()
RuntimeError: [../third_party/gloo/gloo/transport/tcp/pair.cc:598] Connection closed by peer [10.0.0.2]:30153
ERROR:torch.distributed.elastic.multiprocessing.api:failed (exitcode: 1) local_rank: 0 (pid: 77) of binary: /usr/bin/python3
""".splitlines()
KILLED = """step 1
ERROR:torch.distributed.elastic.multiprocessing.api:failed (exitcode: -9) local_rank: 0 (pid: 5) of binary: /usr/bin/python3
Root Cause (first observed failure):
  exitcode  : -9 (pid: 5)
  traceback : Signal 9 (SIGKILL) received by PID 5
============================================================
""".splitlines()


def part(host: str, log: t.Sequence[str] = (), at: float | None = None, **result: t.Any) -> dict[str, t.Any]:
    result = {"ended": True, "succeeded": False, "reachable": True, **result}
    return {"host": host, "result": result, "printed": {"log": list(log), "exited_at": at}}


def test_a_part_with_an_error_of_its_own_was_the_first() -> None:
    found = job_failure([part("a", MISSING, 1.0), part("b", OWN, 5.0), part("c", MISSING, 2.0)])
    assert (found["host"], found["error"], found["lost"]) == ("b", "ValueError: no room for step 2", [])
    assert found["lines"] == OWN


def test_a_part_that_was_killed_was_the_first() -> None:
    found = job_failure([part("a", MISSING, 1.0), part("b", KILLED, 5.0)])
    assert (found["host"], found["error"]) == ("b", "traceback : Signal 9 (SIGKILL) received by PID 5")


def test_of_equal_errors_the_earlier_one_was_the_first() -> None:
    assert job_failure([part("a", OWN, 7.0), part("b", OWN, 5.0), part("c", OWN)])["host"] == "b"
    assert job_failure([part("a", OWN), part("b", OWN)])["host"] == "a"


def test_what_others_miss_is_the_host_that_was_lost() -> None:
    lost = part("b", ended=False, reachable=False)
    found = job_failure([part("a", MISSING, 1.0), lost])
    assert (found["host"], found["lost"]) == ("b", ["b"])
    assert found["error"].startswith("it no longer answers, and a says: RuntimeError:")
    assert found["lines"] == MISSING
    # The job failed by itself before the host was lost.
    found = job_failure([part("a", OWN, 1.0), lost])
    assert (found["host"], found["lost"]) == ("a", ["b"])
    assert job_failure([lost])["error"] == "it no longer answers"


def test_a_job_that_did_not_fail() -> None:
    assert job_failure([part("a", succeeded=True), part("b", ended=False)]) == job_failure([]) == {}


def test_a_command_that_was_not_started_is_told_by_systemd() -> None:
    broken = part("a")
    broken["printed"]["journal"] = [
        "torchrun-train.service: Executable /usr/bin/nvidia-modprobe missing, skipping: No such file or directory",
        "Failed to locate executable /env/bin/torchrun: No such file or directory",
        "Failed.",
    ]
    assert job_failure([broken])["error"] == "Failed to locate executable /env/bin/torchrun: No such file or directory"
    assert job_failure([part("a")])["error"] == "it printed nothing"


def test_sixty_lines_are_around_the_error() -> None:
    before, after = [f"step {n}" for n in range(500)], [f"stop {n}" for n in range(500)]
    found = job_failure([part("a", [*before, *OWN[2:6], *after])])
    assert len(found["lines"]) == 60
    assert found["lines"][15:19] == OWN[2:6]
    deep = [OWN[2], *(f'  File "model.py", line {n}, in forward' for n in range(200)), "ValueError: deep"]
    found = job_failure([part("a", [*before, *deep, *after])])
    assert (len(found["lines"]), found["error"]) == (60, "ValueError: deep")
    assert found["lines"][44] == "ValueError: deep"
    assert job_failure([part("a", before)])["lines"] == before[-60:]


def test_an_exception_is_found_whatever_it_is_called() -> None:
    for last in ("[rank1]: torch.OutOfMemoryError: CUDA out of memory", "mine.Boom: no luck", "KeyboardInterrupt"):
        found = job_failure([part("a", ["Traceback (most recent call last):", '  File "x"', "    f()", last, "bye"])])
        assert found["error"] == last
