# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A module that runs in this process leaves the process as it was, whatever the module does."""

from __future__ import annotations

import contextlib
import gc
import json
import locale
import os
import signal
import sys
import threading
import time
import typing as t
from pathlib import Path

import pytest
from ansible.module_utils import basic
from ansible_collections.lambdal.cloud.plugins.module_utils._module.task import Task, run_module
from ansible_collections.lambdal.cloud.plugins.plugin_utils._process import Finished, run_here

SPEC: dict[str, t.Any] = {"word": {"type": "str", "required": True}, "secret": {"type": "str", "no_log": True}}


def descriptors() -> t.Iterator[str]:
    """Yield what is open, by its number."""
    for number in os.listdir("/proc/self/fd"):
        # The listing's own is closed by now.
        with contextlib.suppress(FileNotFoundError):
            yield f"{number} {os.readlink(f'/proc/self/fd/{number}')}"


def state() -> dict[str, t.Any]:
    # What earlier tests left to be closed by the collector must not count.
    gc.collect()
    mask = os.umask(0)
    os.umask(mask)
    return {
        "environment": {name: value for name, value in os.environ.items() if name != "PYTEST_CURRENT_TEST"},
        "folder": os.getcwd(),
        "umask": mask,
        "locale": locale.setlocale(locale.LC_ALL),
        "signals": [signal.getsignal(number) for number in signal.valid_signals()],
        "streams": (sys.stdin, sys.stdout, sys.stderr, sys.argv, sys.modules["__main__"]),
        "descriptors": sorted(descriptors()),
        "threads": threading.active_count(),
        "arguments": [vars(basic).get(name) for name in ("_ANSIBLE_ARGS", "_ANSIBLE_PROFILE", "_PARSED_MODULE_ARGS")],
    }


@pytest.fixture(scope="module", autouse=True)
def _what_the_first_module_of_a_process_opens_for_good() -> None:
    run_here(
        lambda: basic.AnsibleModule({}).exit_json(),
        b'{"ANSIBLE_MODULE_ARGS": {}}',
        "legacy",
        environment={},
        folder="/",
    )


@pytest.fixture
def run(tmp_path: Path) -> t.Iterator[t.Callable[..., Finished]]:
    """Run an entry function and check that all is as before."""
    before = state()

    def call(main: t.Callable[[], None], environment: dict[str, str] | None = None, **options: t.Any) -> Finished:
        arguments = json.dumps({"ANSIBLE_MODULE_ARGS": options}).encode()
        return run_here(main, arguments, "legacy", environment=environment or {}, folder=str(tmp_path))

    yield call
    until = time.monotonic() + 2
    # What the interpreter itself opens for a moment does not count.
    while (after := state()) != before and time.monotonic() < until:
        time.sleep(0.05)
    assert after == before


def result(finished: Finished) -> dict[str, t.Any]:
    return t.cast("dict[str, t.Any]", json.loads(finished.stdout))


def test_a_module_sees_its_arguments_environment_and_folder(run: t.Any, tmp_path: Path) -> None:
    def main() -> None:
        module = basic.AnsibleModule(SPEC)
        module.exit_json(word=module.params["word"], here=os.getcwd(), there=os.environ["THERE"])

    done = run(main, {"THERE": "yes"}, word="a")
    assert done.rc == 0
    assert result(done).items() >= {"word": "a", "here": str(tmp_path), "there": "yes"}.items()


def test_whatever_a_module_changes_is_put_back(run: t.Any, tmp_path: Path) -> None:
    folder = tmp_path / "gone"
    folder.mkdir()

    def main() -> None:
        module = basic.AnsibleModule(SPEC)
        os.environ["NEW"] = "1"
        del os.environ["PATH"]
        os.chdir(folder)
        folder.rmdir()
        os.umask(0o077)
        signal.signal(signal.SIGUSR1, lambda number, frame: None)
        locale.setlocale(locale.LC_ALL, "C")
        module.exit_json(changed=True)

    assert result(run(main, word="a"))["changed"] is True


def test_an_argument_error_is_a_result(run: t.Any) -> None:
    done = run(lambda: basic.AnsibleModule(SPEC))
    assert done.rc == 1
    assert result(done)["msg"] == "missing required arguments: word"


def test_secrets_are_masked(run: t.Any) -> None:
    def main() -> None:
        module = basic.AnsibleModule(SPEC)
        module.exit_json(told="It is hidden-41c7.")

    done = run(main, word="a", secret="hidden-41c7")
    said = json.loads(done.stdout)
    # What newer cores mask in the controller, which takes this out of the result.
    masked_by_the_controller = said.pop("_ansible_new_secrets", [])
    if masked_by_the_controller:
        assert masked_by_the_controller == ["hidden-41c7"]
    else:
        assert said["told"] == "It is ********."
    assert "hidden-41c7" not in done.stderr


@pytest.mark.parametrize("crash", [RuntimeError("broken"), RecursionError("deep"), MemoryError(), AssertionError()])
def test_a_crash_is_a_failed_result(run: t.Any, crash: Exception) -> None:
    def main() -> None:
        raise crash

    done = run(main)
    assert done.rc == 1
    assert result(done)["failed"] is True
    assert str(crash) in done.stdout


def test_a_module_that_prints_nothing_is_a_failed_result(run: t.Any) -> None:
    assert result(run(lambda: None))["failed"] is True


@pytest.mark.parametrize(("code", "rc"), [(None, 0), (0, 0), (3, 3), ("a sentence", 1)])
def test_an_exit_is_no_exit_of_ours(run: t.Any, code: object, rc: int) -> None:
    def main() -> None:
        sys.exit(code)  # type: ignore[arg-type]

    assert run(main).rc == rc


def test_a_result_that_was_printed_already_is_the_only_one(run: t.Any, tmp_path: Path) -> None:
    def execute(task: Task) -> None:
        # Ansible itself fails the module where there is no such program.
        task.run_command([str(tmp_path / "nothing")])

    done = run(lambda: run_module(execute, {}), api_key="k")
    said = json.loads(done.stdout)
    assert said["failed"]
    assert said["msg"] == "Error executing command."


def test_a_timeout_goes_through(run: t.Any) -> None:
    class Timeout(BaseException):
        pass

    def main() -> None:
        basic.AnsibleModule(SPEC)
        raise Timeout

    with pytest.raises(Timeout):
        run(main, word="a")


def test_what_is_printed_beside_the_result_is_kept_apart_from_ours(
    run: t.Any, capfd: pytest.CaptureFixture[str]
) -> None:
    def main() -> None:
        print("aside")
        print("an error", file=sys.stderr)
        sys.exit(0)

    assert run(main) == (0, "aside\n", "an error\n")
    assert capfd.readouterr() == ("", "")
