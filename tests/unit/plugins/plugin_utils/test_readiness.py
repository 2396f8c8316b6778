# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How long a host is waited for, and what is said of one that does not get ready."""

from __future__ import annotations

import json
import typing as t

import pytest
from ansible_collections.lambdal.cloud.plugins.plugin_utils import _readiness as readiness
from ansible_collections.lambdal.cloud.plugins.plugin_utils import _ready_script as script

HOST = readiness.Host("eval", "0af1", "192.0.2.7", "ubuntu", ["laptop"])
REFUSED = "timed out waiting for ping module test: ubuntu@192.0.2.7: Permission denied (publickey)."
SILENT = "timed out waiting for ping module test: Connection refused"
CHANGED_KEY = "timed out waiting for ping module test: Host key verification failed."


class Attempts:
    """A host that answers each attempt as it was told to."""

    def __init__(self, *answers: str | None) -> None:
        self._answers = list(answers)
        self.seconds: list[int] = []

    def __call__(self, seconds: int) -> str | None:
        """Answer one attempt."""
        self.seconds.append(seconds)
        return self._answers.pop(0)


@pytest.mark.parametrize(
    ("answers", "seconds", "part"),
    [
        ([None], [5], ""),
        ([SILENT, SILENT, None], [5, 55, 1740], ""),
        ([REFUSED, None], [5, 55], ""),
        (
            [REFUSED, REFUSED],
            [5, 55],
            "eval (id 0af1, 192.0.2.7) refuses the SSH key of ubuntu. The instance runs and is billed.",
        ),
        ([SILENT, SILENT, SILENT], [5, 55, 1740], "did not answer SSH within 1800 seconds"),
        (
            [CHANGED_KEY],
            [5],
            "cannot be logged in to, and waiting does not help. The instance is billed all the same. ssh does not",
        ),
        ([SILENT, CHANGED_KEY], [5, 55], "waiting does not help"),
    ],
)
def test_only_what_may_heal_is_waited_for(answers: list[str | None], seconds: list[int], part: str) -> None:
    attempts = Attempts(*answers)
    problem = readiness.log_in(attempts, HOST, 1800, 60)
    assert attempts.seconds == seconds
    assert part in problem
    assert bool(part) == bool(problem)
    if answers[-1]:
        assert problem.endswith(f"The last attempt ended with: {answers[-1]}")


@pytest.mark.parametrize(
    ("timeout", "key_timeout", "seconds"), [(3, 60, [3]), (0, 60, [1]), (600, 0, [1, 600]), (60, 60, [5, 55])]
)
def test_no_attempt_is_without_time(timeout: float, key_timeout: float, seconds: list[int]) -> None:
    attempts = Attempts(*[SILENT] * len(seconds))
    assert readiness.log_in(attempts, HOST, timeout, key_timeout)
    assert attempts.seconds == seconds


def test_a_host_without_variables_is_named_all_the_same() -> None:
    problem = readiness.log_in(Attempts(REFUSED, REFUSED), readiness.Host("own"), 100, 60)
    assert problem.startswith(
        "own (id unknown, no address) refuses the SSH key of the user. The instance runs and is billed. Log in with the private half of "
        "the key that it was launched with ("
    )


def options(*wait_for: str) -> dict[str, t.Any]:
    timeouts = {"cloud_init_timeout": 1800.0, "apt_timeout": 600.0, "mount_timeout": 0.5}
    return {"wait_for": list(wait_for), **timeouts, "mount_points": ["/lambda/nfs/data"]}


def test_the_host_waits_for_what_it_is_told_to() -> None:
    assert readiness.script_command(options("ssh")) == []
    assert readiness.script_command(options("apt"))[3:] == ["--apt", "600", "--"]
    everything = readiness.script_command(options("ssh", "cloud_init", "apt", "mounts"))
    assert everything[3:] == ["--cloud-init", "1800", "--apt", "600", "--mounts", "0.5", "--", "/lambda/nfs/data"]


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        ({"problem": "", "missing_mounts": [], "summary": "Ready after 0 s."}, ""),
        (
            {"problem": "It burns.", "missing_mounts": [], "summary": ""},
            "eval (id 0af1, 192.0.2.7) is not ready. It burns.",
        ),
        (
            {"problem": "", "missing_mounts": ["/a", "/b"], "summary": ""},
            "has no file system mounted at /a, /b, where the API",
        ),
    ],
)
def test_what_the_host_lacks_is_told(answer: dict[str, t.Any], problem: str) -> None:
    said, summary = readiness.script_result(HOST, 0, f"Last login\n{json.dumps(answer)}\n", "")
    assert said.startswith(problem) or problem in said
    assert bool(said) == bool(problem)
    assert summary == answer["summary"]


@pytest.mark.parametrize(
    ("code", "output", "errors", "part"),
    [
        (127, "", "bash: line 1: python3: command not found\n", "python3: command not found"),
        (1, "", "", "the command ended with 1"),
        (0, "[1]\n", "", "could not be looked at"),
    ],
)
def test_a_host_that_says_something_else_is_not_ready(code: int, output: str, errors: str, part: str) -> None:
    said, _summary = readiness.script_result(HOST, code, output, errors)
    assert said.startswith("eval (id 0af1, 192.0.2.7) is not ready. It could not be looked at: ")
    assert part in said


def test_the_script_takes_these_arguments(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(
        "sys.argv", ["-c", *readiness.script_command({**options("mounts"), "mount_points": ["/proc"]})[3:]]
    )
    script.main()
    answer = json.loads(capsys.readouterr().out)
    assert answer == {"problem": "", "missing_mounts": [], "summary": "Ready after 0 s: 0 s for file systems."}
