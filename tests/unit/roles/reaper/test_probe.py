# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the reaper's look at an instance makes of what it finds there."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import typing as t
from pathlib import Path

import pytest
from ansible_collections.lambdal.cloud.tests.support.scripts import load_script

PROBE = Path(__file__).resolve().parents[4] / "roles" / "reaper" / "files" / "probe.py"
probe = load_script(PROBE)


@pytest.fixture
def gpus(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> t.Callable[[str], None]:
    """Return a function that decides what nvidia-smi prints and how it exits."""

    def decide(script: str) -> None:
        program = tmp_path / "bin" / "nvidia-smi"
        program.parent.mkdir(exist_ok=True)
        program.write_text(f"#!/bin/sh\n{script}\n")
        program.chmod(0o755)

    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}{os.pathsep}/usr/bin{os.pathsep}/bin")
    return decide


def look(file: Path, *more: str, up: float = 0, beside: Path | None = None) -> dict[str, t.Any]:
    """Return one look at an instance that booted so many seconds ago and where nobody is logged in."""
    first = (beside or file.parent) / "proc" / "1"
    first.mkdir(parents=True, exist_ok=True)
    ticks = int((time.clock_gettime(time.CLOCK_BOOTTIME) - up) * os.sysconf("SC_CLK_TCK"))
    (first / "stat").write_text("1 (init) S 0 " + "0 " * 17 + f"{ticks} 0 0")
    (first / "cmdline").write_text("/sbin/init")
    options = [
        "--busy=5",
        "--samples=1",
        "--interval=0",
        "--gap=600",
        f"--file={file}",
        f"--proc={first.parent}",
        *more,
    ]
    done = subprocess.run([sys.executable, str(PROBE), *options], capture_output=True, text=True, check=True)
    answer: dict[str, t.Any] = json.loads(done.stdout)
    return answer


def seen(file: Path, first: float, idle: float | None, last: float = 60) -> None:
    now = time.time()
    kept = {"first_seen": now - first, "idle_since": None if idle is None else now - idle, "last_look": now - last}
    file.write_text(json.dumps(kept))


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


def test_what_ran_in_a_gap_between_two_looks_is_not_known(tmp_path: Path, gpus: t.Callable[[str], None]) -> None:
    gpus("echo 0")
    seen(tmp_path / "seen", first=90000, idle=43000, last=590)
    assert look(tmp_path / "seen", up=90000)["idle_seconds"] >= 43000
    seen(tmp_path / "seen", first=90000, idle=43000, last=610)
    assert look(tmp_path / "seen", "--write", up=90000)["idle_seconds"] < 60
    # A file of before looks were noted
    (tmp_path / "seen").write_text(json.dumps({"first_seen": 1, "idle_since": 1}))
    assert look(tmp_path / "seen", up=90000)["idle_seconds"] < 60


def test_running_units_are_busy_and_ended_ones_are_not(tmp_path: Path, gpus: t.Callable[[str], None]) -> None:
    gpus("echo 0")
    # As systemctl list-units --plain prints it, with and without the mark of what failed
    (tmp_path / "bin" / "systemctl").write_text(
        """#!/bin/sh
[ "$1 $7 $8" = "list-units torchrun-*.service inference-*.service" ] || exit 1
echo '  torchrun-a.service loaded active running Part 0 of the job a'
echo '  torchrun-b.service loaded active exited Part 0 of the job b'
echo '* torchrun-c.service loaded failed failed Part 0 of the job c'
echo '  inference-d.service loaded activating auto-restart Inference server d'
echo '  inference-e.service loaded inactive dead Inference server e'
"""
    )
    (tmp_path / "bin" / "systemctl").chmod(0o755)
    seen(tmp_path / "seen", first=9000, idle=7000)
    units = ("--unit=torchrun-*.service", "--unit=inference-*.service")
    answer = look(tmp_path / "seen", "--write", *units, up=9000)
    assert answer["busy"] == ["torchrun-a.service runs", "inference-d.service runs"]
    assert answer["idle_seconds"] == 0
    # Idleness begins with the next look.
    assert look(tmp_path / "seen", up=9000)["idle_seconds"] < 60


@pytest.mark.parametrize(
    ("command", "busy", "idle"),
    [
        (["/bin/sh", "-c", "exit 0"], ["sh says so"], 0),
        (["/bin/sh", "-c", "exit 1"], [], 7000),
        (["/bin/sh", "-c", "exit 2"], [], None),
        (["/nowhere/busy"], [], None),
    ],
)
def test_a_command_says_whether_the_host_is_busy(
    tmp_path: Path, gpus: t.Callable[[str], None], command: list[str], busy: list[str], idle: int | None
) -> None:
    gpus("echo 0")
    seen(tmp_path / "seen", first=9000, idle=7000)
    answer = look(tmp_path / "seen", "--command", json.dumps(command), up=9000)
    assert answer["busy"] == busy
    assert (answer["idle_seconds"] is None) == (idle is None)
    assert (answer["idle_seconds"] or 0) // 1000 == (idle or 0) // 1000
    assert (command[0] in answer["problem"]) == (idle is None)


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


def test_an_instance_without_nvidia_smi_is_not_idle(
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


@pytest.fixture
def forged(tmp_path: Path) -> Path:
    """Return a file that says of the instance that it has been idle for long."""
    seen(tmp_path / "seen", first=9000, idle=7000)
    return tmp_path / "seen"


def test_a_file_that_others_can_write_counts_as_nothing(forged: Path, gpus: t.Callable[[str], None]) -> None:
    gpus("echo 0")
    assert look(forged, up=9000)["idle_seconds"] >= 7000
    forged.chmod(0o666)
    assert look(forged, up=9000)["idle_seconds"] == 0


def test_a_file_behind_a_link_counts_as_nothing_and_is_not_written(
    forged: Path, tmp_path: Path, gpus: t.Callable[[str], None]
) -> None:
    gpus("echo 0")
    before = forged.read_text()
    (tmp_path / "link").symlink_to(forged)
    assert look(tmp_path / "link", "--write", up=9000)["idle_seconds"] == 0
    # The link made room for a file of its own.
    assert not (tmp_path / "link").is_symlink()
    assert forged.read_text() == before

    (tmp_path / "real").mkdir()
    (tmp_path / "folder").symlink_to(tmp_path / "real")
    answer = look(tmp_path / "folder" / "seen", "--write", up=9000, beside=tmp_path)
    assert "folder/seen" in answer["problem"]
    assert list((tmp_path / "real").iterdir()) == []


def test_a_folder_that_others_can_write_to_keeps_nothing(tmp_path: Path, gpus: t.Callable[[str], None]) -> None:
    gpus("echo 0")
    shared = tmp_path / "shared"
    shared.mkdir()
    seen(shared / "seen", first=9000, idle=7000)
    shared.chmod(0o777)
    before = (shared / "seen").read_text()
    answer = look(shared / "seen", "--write", up=9000)
    assert answer["idle_seconds"] == 0
    assert "others can write" in answer["problem"]
    assert (shared / "seen").read_text() == before
    # As /var/tmp is: nobody else replaces a file there.
    shared.chmod(0o1777)
    assert look(shared / "seen", up=9000)["idle_seconds"] >= 7000


def test_the_folder_is_made_for_its_owner_alone(tmp_path: Path, gpus: t.Callable[[str], None]) -> None:
    gpus("echo 0")
    look(tmp_path / "new" / "seen", "--write", beside=tmp_path)
    assert (tmp_path / "new").stat().st_mode & 0o777 == 0o700
    assert (tmp_path / "new" / "seen").stat().st_mode & 0o777 == 0o600


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
def test_a_file_of_somebody_else_counts_as_nothing(forged: Path, gpus: t.Callable[[str], None]) -> None:
    gpus("echo 0")
    os.chown(forged, 1234, 1234)
    assert look(forged, up=9000)["idle_seconds"] == 0
