# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run tests again and again on a busy system, and list those that ever fail: none may depend on how fast it is.

    .venv/bin/python tools/under_load.py                        ten rounds of all quick tests, the simulator's own as well
    .venv/bin/python tools/under_load.py --rounds 3 tests/unit  three rounds of some

By default the tests run at the lowest priority, beside two processes for each processor that do nothing but compute.
"""

from __future__ import annotations

import argparse
import collections
import contextlib
import os
import subprocess
import sys
import tempfile
import typing as t
from pathlib import Path
from xml.etree import ElementTree

ROOT = Path(__file__).resolve().parent.parent
PYTEST = ("-m", "pytest", "-q", "-m", "not slow", "--dist", "loadfile", "-p", "no:cacheprovider")
BUSY = "while True: pass"


@contextlib.contextmanager
def load(processes: int) -> t.Iterator[None]:
    """Keep processes computing as long as the context lasts."""
    busy = [subprocess.Popen([sys.executable, "-c", BUSY]) for _number in range(processes)]
    try:
        yield
    finally:
        for process in busy:
            process.kill()
            process.wait()


def run(folder: Path, arguments: t.Sequence[str], workers: int, nice: int) -> tuple[list[str], int]:
    """Run pytest in a folder once; return the names of the tests that failed, and its exit status."""
    with tempfile.TemporaryDirectory(prefix="under-load-") as name:
        report = Path(name) / "report.xml"
        command = [sys.executable, *PYTEST, "-n", str(workers), f"--junit-xml={report}", *arguments]
        done = subprocess.run(command, cwd=folder, check=False, preexec_fn=lambda: os.nice(nice))
        return (failures(report.read_text("utf-8")) if report.exists() else []), done.returncode


def failures(report: str) -> list[str]:
    """Return the names of the tests that a report in JUnit's form tells to have failed."""
    cases = ElementTree.fromstring(report).iter("testcase")
    return [
        f"{case.get('classname')}::{case.get('name')}"
        for case in cases
        if case.find("failure") is not None or case.find("error") is not None
    ]


def main(words: t.Sequence[str] | None = None) -> int:
    """Run the rounds; return 0 if no test failed in any of them."""
    processors = os.cpu_count() or 1
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument(
        "--load", type=int, default=2 * processors, help="processes that compute (default: %(default)s)"
    )
    parser.add_argument("--workers", type=int, default=2 * processors, help="of pytest (default: %(default)s)")
    parser.add_argument("--nice", type=int, default=19, help="of pytest (default: %(default)s)")
    parser.add_argument("tests", nargs="*", help="files and options for pytest (default: both suites)")
    options = parser.parse_args(words)
    suites = [(ROOT, options.tests)] if options.tests else [(ROOT, []), (ROOT / "simulator", [])]
    failed: collections.Counter[str] = collections.Counter()
    ended_well = True
    with load(options.load):
        for number in range(options.rounds):
            print(f"Round {number + 1} of {options.rounds}", flush=True)
            for folder, arguments in suites:
                names, code = run(folder, arguments, options.workers, options.nice)
                failed.update(names)
                ended_well = ended_well and code == 0
    for name, times in failed.most_common():
        print(f"{times} of {options.rounds}: {name}")
    print(f"{len(failed)} tests failed in {options.rounds} rounds.")
    return 0 if ended_well and not failed else 1


if __name__ == "__main__":
    sys.exit(main())
