# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The search for what tests leave behind finds each kind of it, and nothing of what others do meanwhile."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from support.runner import ROOT
from support.tools import needs_tools

TOOL = [sys.executable, str(ROOT / "tools" / "leftovers.py")]
MARK = "LAMBDA_CLOUD_LEFTOVERS"


@pytest.fixture
def environment(home: Path, tmp_path: Path) -> dict[str, str]:
    """Return the environment of what is looked at, with a home and a folder for temporary files of its own."""
    (tmp_path / "temporary").mkdir()
    return {**os.environ, "HOME": str(home), "TMPDIR": str(tmp_path / "temporary"), MARK: str(tmp_path)}


def leftovers(environment: dict[str, str], word: str, *words: str | Path) -> tuple[int, str]:
    command = [*TOOL, word, *words]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


def test_processes_and_files_are_found(environment: dict[str, str], home: Path, tmp_path: Path) -> None:
    (home / ".ssh").mkdir()
    assert leftovers(environment, "save", tmp_path / "snapshot.json") == (0, "")
    others = {name: value for name, value in environment.items() if name != MARK}
    sleep = [sys.executable, "-c", "import time; print(flush=True); time.sleep(600)"]
    with (
        subprocess.Popen([*sleep, "ours"], env=environment, stdout=subprocess.PIPE) as ours,
        subprocess.Popen([*sleep, "theirs"], env=others, stdout=subprocess.PIPE) as theirs,
    ):
        try:
            # Both are what they will be as soon as they print.
            for process in (ours, theirs):
                assert process.stdout is not None
                process.stdout.readline()
            (home / ".ssh" / "known_hosts").touch()
            (home / ".cache" / "lambdal.cloud").mkdir(parents=True)
            (tmp_path / "temporary" / "lambda-demo-1").mkdir()
            (tmp_path / "temporary" / "pip-1").mkdir()
            code, output = leftovers(environment, "compare", tmp_path / "snapshot.json", "0")
        finally:
            ours.kill()
            theirs.kill()
    assert code == 1
    lines = [line for line in output.splitlines() if line.startswith(("new process", "new file"))]
    # Other simulators of this system may come meanwhile, in folders for all.
    lines = [line for line in lines if "process" in line or str(tmp_path) in line]
    assert sorted(lines) == sorted(
        [
            f"new process: {ours.pid} {' '.join(ours.args)}",  # type: ignore[arg-type]
            f"new file: {home / '.cache' / 'lambdal.cloud'}",
            f"new file: {home / '.ssh' / 'known_hosts'}",
            f"new file: {tmp_path / 'temporary' / 'lambda-demo-1'}",
        ]
    )


@pytest.mark.root
@pytest.mark.skipif(os.getuid() != 0, reason="a network of one's own needs root")
@needs_tools("ip", "nft", "unshare")
def test_networks_mounts_and_rules_are_found(environment: dict[str, str], tmp_path: Path) -> None:
    tool = " ".join(TOOL)
    script = f"""
        {tool} save $1
        ip link add lambda0 type bridge
        nft add table ip lambda_left
        mount -t tmpfs none $2
        echo 1 > /proc/sys/net/ipv4/ip_forward
        {tool} compare $1 0
    """
    (tmp_path / "mounted").mkdir()
    done = subprocess.run(
        ["unshare", "--net", "--mount", "sh", "-c", script, "sh", tmp_path / "snapshot.json", tmp_path / "mounted"],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1, done.stdout + done.stderr
    for line in (
        "new network interface: lambda0",
        "new firewall rule: table ip lambda_left {",
        f"new mount: {tmp_path / 'mounted'}",
        "new kernel setting: net/ipv4/ip_forward = 1",
        "kernel setting that is gone: net/ipv4/ip_forward = 0",
    ):
        assert line in done.stdout.splitlines(), done.stdout + done.stderr
