# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What needs neither root nor machines."""

from __future__ import annotations

import ipaddress
import os
import random
import sys
import tempfile
from pathlib import Path

import pytest

from lambda_cloud_simulator import cli
from lambda_cloud_simulator.hosts import HostError
from lambda_cloud_simulator.hosts.machine import MachineHosts, clean, requirements, sweep
from lambda_cloud_simulator.hosts.machine.network import choose_subnet
from lambda_cloud_simulator.hosts.machine.rootfs import debian_sources
from lambda_cloud_simulator.hosts.owner import Owner

MIRROR = "http://mirror.example/debian/"


def test_sources_follow_the_mirror_of_the_system() -> None:
    listed = "\n".join(
        [
            f"{MIRROR}|bookworm|main|Debian",
            f"{MIRROR}|bookworm|contrib|Debian",
            f"{MIRROR}|bookworm-updates|main|Debian",
            "http://mirror.example/security/|bookworm-security|main|Debian",
            "http://mirror.example/security/|bookworm-security|main|Debian",
            f"{MIRROR}|bookworm-backports|main|Debian Backports",
            "https://other.example/|bookworm|main|Other",
        ]
    )
    assert debian_sources(listed, "bookworm") == (
        f"deb {MIRROR} bookworm main",
        f"deb {MIRROR} bookworm-updates main",
        "deb http://mirror.example/security/ bookworm-security main",
    )


def test_sources_of_another_debian_are_turned_into_those_of_12() -> None:
    listed = f"{MIRROR}|trixie|main|Debian\n{MIRROR}|trixie-updates|main|Debian"
    assert debian_sources(listed, "trixie") == (f"deb {MIRROR} bookworm main", f"deb {MIRROR} bookworm-updates main")


def test_sources_are_known_before_apt_has_fetched_anything() -> None:
    assert debian_sources(f"{MIRROR}|bookworm|main|$(ORIGIN)", "bookworm") == (f"deb {MIRROR} bookworm main",)
    assert debian_sources("", "bookworm") == ()


def test_subnets_keep_clear_of_what_is_in_use() -> None:
    in_use = [ipaddress.IPv4Network("10.64.0.0/11"), ipaddress.IPv4Network("10.96.0.0/12")]
    chosen = choose_subnet(in_use, random.Random(1))
    assert chosen.subnet_of(ipaddress.IPv4Network("10.112.0.0/12"))
    assert chosen.prefixlen == 22


def test_subnets_elsewhere_when_all_of_10_is_taken() -> None:
    assert not choose_subnet([ipaddress.IPv4Network("10.0.0.0/8")], random.Random(1)).overlaps(
        ipaddress.IPv4Network("10.0.0.0/8")
    )
    with pytest.raises(HostError, match="No private subnet"):
        choose_subnet([ipaddress.IPv4Network("0.0.0.0/0")], random.Random(1))


def test_two_simulators_do_not_share_an_interface_name() -> None:
    first, second = Owner(10, 2000, 1), Owner(10, 2000, 2)
    assert first.interface != second.interface
    # With the longest suffix it still fits into the kernel's 15 characters.
    assert len(f"{first.interface}-1023") <= 15


@pytest.mark.skipif(sys.platform != "linux", reason="needs /proc")
def test_an_owner_is_alive_while_its_process_is() -> None:
    owner = Owner.new()
    assert owner.alive
    assert Owner.parse(str(owner)) == owner
    assert not Owner(owner.pid, owner.start_time + 1, 1).alive
    assert [Owner.parse(text) for text in ("", "1-2", "1-2-x", "notes", "1--2-3")] == [None] * 5


def test_not_linux(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    with pytest.raises(HostError, match=r"^Hosts of kind 'machine' need Linux; use --hosts local here\.$"):
        MachineHosts()


def test_not_root(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    with pytest.raises(HostError, match=r"^Hosts of kind 'machine' need root; [^.]*\.$"):
        requirements.check()


def test_missing_tools_are_named_with_their_packages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)

    def which(tool: str, path: str | None = None) -> str | None:
        return None if tool in ("nft", "systemd-nspawn") else f"/bin/{tool}"

    monkeypatch.setattr("shutil.which", which)
    with pytest.raises(HostError) as caught:
        MachineHosts()
    assert str(caught.value) == (
        "Hosts of kind 'machine' need nft, systemd-nspawn: install the Debian packages nftables systemd-container."
    )


@pytest.fixture
def without_tools(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hide a tool which machines need."""
    monkeypatch.setitem(requirements.TOOLS, "no-such-tool", "no-such-package")


@pytest.mark.usefixtures("without_tools")
def test_where_no_machine_was_left_clean_needs_no_tools(tmp_path: Path) -> None:
    assert clean(tmp_path / "missing") == []
    (tmp_path / str(Owner.new())).mkdir()
    (tmp_path / "notes").mkdir()
    assert clean(tmp_path) == []


@pytest.mark.usefixtures("without_tools")
def test_machines_that_cannot_be_removed_here_are_named(tmp_path: Path) -> None:
    (tmp_path / f"{os.getpid()}-1-1").mkdir()
    with pytest.raises(
        HostError, match=rf"process id {os.getpid()} were left in {tmp_path}\. Hosts of kind 'machine' need"
    ):
        clean(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == [f"{os.getpid()}-1-1"]


@pytest.mark.usefixtures("without_tools")
def test_clean_sweeps_local_hosts_where_machines_cannot_be(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(sweep.clean, "__defaults__", (tmp_path / "state",))
    (tmp_path / "temporary" / f"lambda-cloud-simulator-{os.getpid()}-1-1-x").mkdir(parents=True)
    (tmp_path / "state" / f"{os.getpid()}-2-1").mkdir(parents=True)
    with pytest.raises(SystemExit, match="were left in"):
        cli.main(["clean"])
    assert capsys.readouterr().out == f"Removed the local hosts of the simulator with process id {os.getpid()}.\n"
    assert list((tmp_path / "temporary").iterdir()) == []
    assert len(list((tmp_path / "state").iterdir())) == 1
