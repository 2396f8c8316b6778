# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the reaper's look at a machine makes of what it finds there."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
import time
import typing as t
from pathlib import Path

import pytest

PROBE = Path(__file__).resolve().parents[2] / "roles" / "reaper" / "files" / "probe.py"
_spec = importlib.util.spec_from_file_location("reaper_probe", PROBE)
assert _spec is not None
assert _spec.loader is not None
probe = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(probe)


@pytest.fixture
def gpus(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> t.Callable[[str], None]:
    """Decides what nvidia-smi prints and how it exits."""

    def decide(script: str) -> None:
        program = tmp_path / "bin" / "nvidia-smi"
        program.parent.mkdir(exist_ok=True)
        program.write_text(f"#!/bin/sh\n{script}\n")
        program.chmod(0o755)

    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}{os.pathsep}/usr/bin{os.pathsep}/bin")
    return decide


def look(file: Path, *more: str, up: float = 0) -> dict[str, t.Any]:
    """One look at a machine that booted so many seconds ago and where nobody is logged in."""
    first = file.parent / "proc" / "1"
    first.mkdir(parents=True, exist_ok=True)
    ticks = int((time.clock_gettime(time.CLOCK_BOOTTIME) - up) * os.sysconf("SC_CLK_TCK"))
    (first / "stat").write_text("1 (init) S 0 " + "0 " * 17 + f"{ticks} 0 0")
    (first / "cmdline").write_text("/sbin/init")
    options = ["--busy=5", "--samples=1", "--interval=0", f"--file={file}", f"--proc={first.parent}", *more]
    done = subprocess.run([sys.executable, str(PROBE), *options], capture_output=True, text=True, check=True)
    answer: dict[str, t.Any] = json.loads(done.stdout)
    return answer


def seen(file: Path, first: float, idle: float | None) -> None:
    now = time.time()
    file.write_text(json.dumps({"first_seen": now - first, "idle_since": None if idle is None else now - idle}))


def test_idle_since_the_first_look_that_found_it_so(tmp_path: Path, gpus: t.Callable[[str], None]) -> None:
    gpus("echo 0; echo 4")
    seen(tmp_path / "seen", first=9e9, idle=7000)
    for _each in range(2):
        answer = look(tmp_path / "seen", "--write", up=8000)
        assert 7000 <= answer["idle_seconds"] < 7060
        assert answer["age_seconds"] >= 9e9 - 1
        assert answer["utilisation"] == 4


def test_nobody_knows_what_was_before_the_first_idle_look(tmp_path: Path, gpus: t.Callable[[str], None]) -> None:
    gpus("echo 0")
    # Busy an hour ago, or a minute ago: no look was in between.
    seen(tmp_path / "seen", first=9000, idle=None)
    assert look(tmp_path / "seen", "--write", up=9000)["idle_seconds"] < 60


def test_a_restart_begins_anew(tmp_path: Path, gpus: t.Callable[[str], None]) -> None:
    gpus("echo 0")
    seen(tmp_path / "seen", first=9000, idle=7000)
    assert 100 <= look(tmp_path / "seen", "--write", up=100)["idle_seconds"] < 160


def test_as_old_as_its_boot_or_the_first_look(tmp_path: Path, gpus: t.Callable[[str], None]) -> None:
    gpus("echo 0")
    assert look(tmp_path / "seen", "--write")["age_seconds"] < 60
    seen(tmp_path / "seen", first=5000, idle=None)
    assert 5000 <= look(tmp_path / "seen")["age_seconds"] < 5060


def test_one_busy_gpu_is_enough_and_is_kept(tmp_path: Path, gpus: t.Callable[[str], None]) -> None:
    gpus("echo 0; echo 5")
    seen(tmp_path / "seen", first=8000, idle=7000)
    assert look(tmp_path / "seen", "--write", up=8000)["idle_seconds"] == 0
    gpus("echo 0; echo 0")
    assert look(tmp_path / "seen", "--write", up=8000)["idle_seconds"] < 60


def test_the_first_look_finds_nothing_idle(tmp_path: Path, gpus: t.Callable[[str], None]) -> None:
    gpus("echo 0")
    assert look(tmp_path / "seen", "--write")["idle_seconds"] == 0
    for other in ("not what it was", "[]", '{"idle_since": "long"}'):
        (tmp_path / "seen").write_text(other)
        assert look(tmp_path / "seen")["idle_seconds"] == 0


def test_nothing_is_kept_unless_asked_for(tmp_path: Path, gpus: t.Callable[[str], None]) -> None:
    gpus("echo 0")
    look(tmp_path / "seen")
    assert not (tmp_path / "seen").exists()


@pytest.mark.parametrize(
    "script", ["exit 9", "echo Unable to determine the device handle; exit 15", "echo 0; exit 15", ":"]
)
def test_gpus_that_do_not_answer_are_not_idle(script: str, tmp_path: Path, gpus: t.Callable[[str], None]) -> None:
    gpus(script)
    seen(tmp_path / "seen", first=8000, idle=7000)
    answer = look(tmp_path / "seen")
    assert answer["idle_seconds"] is None
    assert answer["utilisation"] is None
    assert answer["problem"]


def test_a_machine_without_nvidia_smi_is_not_idle(
    tmp_path: Path, gpus: t.Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert look(tmp_path / "seen")["idle_seconds"] is None


def test_sessions_beside_our_own(tmp_path: Path) -> None:
    processes = {
        1: (0, "/sbin/init"),
        10: (1, "sshd: /usr/sbin/sshd -D [listener] 0 of 10-100 startups"),
        20: (10, "sshd: ubuntu [priv]"),
        21: (20, "sshd: ubuntu@pts/0"),
        22: (21, "python3 probe.py"),
        30: (10, "sshd: ubuntu [priv]"),
        31: (30, "sshd: ubuntu@notty"),
        40: (1, "vim sshd: a@b"),
        50: (10, "sshd-session: ada@pts/3"),
    }
    for pid, (parent, command) in processes.items():
        (tmp_path / str(pid)).mkdir()
        (tmp_path / str(pid) / "stat").write_text(f"{pid} (a) b) S {parent} 0 0")
        (tmp_path / str(pid) / "cmdline").write_bytes(command.replace(" ", "\0").encode())
    assert probe.other_sessions(22, tmp_path) == 2
    assert probe.other_sessions(1, tmp_path) == 3
