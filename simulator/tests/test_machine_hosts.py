# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Machines as their users see them: over SSH, with ten running at once."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import sys
import time
import typing as t
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from machine_support import GPUS, Client, machines, needs_machines, resources, spec, until

from lambda_cloud_simulator.hosts import HostAddress, HostError
from lambda_cloud_simulator.hosts.machine import MachineHosts

pytestmark = needs_machines

TEN = [f"m{number}" for number in range(10)]


@dataclass
class Fleet:
    """Ten machines, and the loop they were started from."""

    hosts: MachineHosts
    state_dir: Path
    runner: asyncio.Runner
    client: Client
    addresses: dict[str, HostAddress]
    seconds: float

    def ip(self, instance_id: str) -> str:
        return self.addresses[instance_id].ip

    def ssh(self, instance_id: str, command: str) -> str:
        return self.client.run(self.ip(instance_id), command)

    def boot_id(self, instance_id: str) -> str:
        return self.ssh(instance_id, "cat /proc/sys/kernel/random/boot_id")


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> t.Iterator[Fleet]:
    state_dir = tmp_path_factory.mktemp("state")
    client = Client.create(tmp_path_factory.mktemp("key"))
    before = resources(state_dir)
    with asyncio.Runner() as runner:
        hosts = MachineHosts(state_dir=state_dir)
        try:
            runner.run(hosts.prepare())

            async def start() -> list[HostAddress]:
                specs = (spec(name, client.public_key, shared="/lambda/nfs/shared") for name in TEN)
                return await asyncio.gather(*map(hosts.start, specs))

            begin = time.monotonic()
            addresses = runner.run(start())
            seconds = time.monotonic() - begin
            yield Fleet(hosts, state_dir, runner, client, dict(zip(TEN, addresses, strict=True)), seconds)
        finally:
            runner.run(hosts.close())
            runner.run(hosts.close())
    assert resources(state_dir) == before


def test_ten_machines_answer(fleet: Fleet) -> None:
    print(f"ten machines after {fleet.seconds:.2f} s")
    assert len({address.ip for address in fleet.addresses.values()}) == 10
    assert [fleet.ssh(name, "hostname") for name in TEN] == [f"host-{name}" for name in TEN]
    assert len({fleet.ssh(name, "cat /etc/machine-id /etc/ssh/ssh_host_ed25519_key.pub") for name in TEN}) == 10


def test_ubuntu_is_root_by_sudo_on_debian_12(fleet: Fleet) -> None:
    assert fleet.ssh("m0", "whoami; sudo -n whoami; . /etc/os-release; echo $ID $VERSION_ID").split("\n") == [
        "ubuntu",
        "root",
        "debian 12",
    ]
    assert fleet.ssh("m0", "systemctl is-system-running --wait") == "running"
    assert fleet.ssh("m0", "stat -c '%U %a' ~ ~/.ssh ~/.ssh/authorized_keys").split("\n") == [
        "ubuntu 750",
        "ubuntu 700",
        "ubuntu 600",
    ]


def test_root_may_change_hostname_and_network_but_not_the_kernel(fleet: Fleet) -> None:
    assert fleet.ssh("m9", "sudo hostnamectl set-hostname renamed && hostname && sudo -n hostname 2>&1").split(
        "\n"
    ) == [
        "renamed",
        "renamed",
    ]
    fleet.ssh("m9", "sudo sysctl -w net.core.somaxconn=1024 && sudo ip link set lo mtu 1500")
    assert fleet.client.attempt(fleet.ip("m9"), "sudo sysctl -w vm.swappiness=10").returncode != 0
    assert fleet.ssh("m9", "findmnt --noheadings --output FSTYPE --target /tmp") == "overlay"


def test_only_the_keys_of_the_instance_log_in(fleet: Fleet, tmp_path: Path) -> None:
    stranger = Client.create(tmp_path)
    refused = stranger.attempt(fleet.ip("m0"), "true")
    assert refused.returncode == 255
    assert "Permission denied (publickey" in refused.stderr
    assert fleet.client.attempt(fleet.ip("m0"), "true", user="root").returncode == 255


def test_packages_come_from_the_mirror(fleet: Fleet) -> None:
    assert fleet.client.attempt(fleet.ip("m1"), "tree --version").returncode == 127
    fleet.ssh("m1", "sudo apt-get -q update && sudo DEBIAN_FRONTEND=noninteractive apt-get -qy install tree")
    assert fleet.ssh("m1", "tree --version").startswith("tree v")
    # The root file system is shared, but what a machine adds is its own.
    assert fleet.client.attempt(fleet.ip("m2"), "tree --version").returncode == 127


def test_restart_reboots_and_keeps_address_disk_and_services(fleet: Fleet) -> None:
    unit = r"[Service]\nExecStart=sleep infinity\n[Install]\nWantedBy=multi-user.target\n"
    fleet.ssh("m2", f"printf '{unit}' | sudo tee /etc/systemd/system/work.service")
    fleet.ssh("m2", "sudo systemctl enable --now work.service && systemctl is-active work.service && touch kept")
    fleet.ssh("m2", "sudo touch /run/lost")
    boot, pid = fleet.boot_id("m2"), fleet.ssh("m2", "systemctl show -P MainPID work.service")
    fleet.runner.run(fleet.hosts.restart("m2"))
    assert fleet.boot_id("m2") != boot
    assert fleet.ssh("m2", "ls kept") == "kept"
    assert fleet.client.attempt(fleet.ip("m2"), "test -e /run/lost").returncode == 1
    assert fleet.ssh("m2", "systemctl is-active work.service") == "active"
    assert int(pid) > 1


def test_reboot_from_inside(fleet: Fleet) -> None:
    boot = fleet.boot_id("m3")
    fleet.client.attempt(fleet.ip("m3"), "sudo reboot")

    def rebooted() -> bool:
        seen = fleet.client.attempt(fleet.ip("m3"), "cat /proc/sys/kernel/random/boot_id")
        return seen.returncode == 0 and seen.stdout.strip() != boot

    until(rebooted)
    assert fleet.ssh("m3", "hostname") == "host-m3"


# That of this environment before any other
ANSIBLE = shutil.which("ansible", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")


@pytest.mark.skipif(ANSIBLE is None, reason="ansible-core is not installed")
def test_reboot_by_ansible_with_its_defaults(fleet: Fleet, tmp_path: Path) -> None:
    boot = fleet.boot_id("m3")
    common = " ".join(fleet.client.options)
    done = subprocess.run(
        [
            *(str(ANSIBLE), "all", f"--inventory={fleet.ip('m3')},", "--user=ubuntu", f"--ssh-common-args={common}"),
            *("--become", "--module-name=ansible.builtin.reboot"),
        ],
        cwd=tmp_path,
        # A socket's path has a hundred characters or so.
        env={"PATH": "/usr/bin:/bin", "HOME": str(tmp_path), "ANSIBLE_SSH_ARGS": "-o ControlMaster=no"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert '"rebooted": true' in done.stdout
    assert fleet.boot_id("m3") != boot


def test_restart_switches_on_what_was_powered_off(fleet: Fleet) -> None:
    fleet.ssh("m4", "touch kept")
    fleet.client.attempt(fleet.ip("m4"), "sudo poweroff")
    until(lambda: len(machines(fleet.state_dir)) == 9)
    fleet.runner.run(fleet.hosts.restart("m4"))
    assert fleet.ssh("m4", "ls kept") == "kept"


def test_restart_forces_a_machine_that_does_not_shut_down(fleet: Fleet, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lambda_cloud_simulator.hosts.machine.machine._SHUTDOWN_TIME_LIMIT", 2.0)
    unit = r"[Service]\nExecStart=sh -c \"trap : TERM; while :; do sleep 1; done\"\nTimeoutStopSec=1h\n"
    fleet.ssh("m4", f"printf '{unit}' | sudo tee /run/systemd/system/stubborn.service")
    fleet.ssh("m4", "sudo systemctl start stubborn.service")
    boot = fleet.boot_id("m4")
    fleet.runner.run(fleet.hosts.restart("m4"))
    assert fleet.boot_id("m4") != boot


def test_machines_reach_one_another(fleet: Fleet) -> None:
    other = fleet.addresses["m6"].private_ip
    assert "0% packet loss" in fleet.ssh("m5", f"ping -c 2 -W 2 {other}")
    assert fleet.ssh("m5", f"timeout 5 bash -c 'head -1 < /dev/tcp/{other}/22'").startswith("SSH-2.0")


def test_file_systems_are_mounted_shared_and_outlive_machines(fleet: Fleet) -> None:
    client, public_key = fleet.client, fleet.client.public_key
    assert fleet.ssh("m5", "findmnt --noheadings --output TARGET /lambda/nfs/shared") == "/lambda/nfs/shared"
    fleet.ssh("m5", "echo seen > /lambda/nfs/shared/file")
    assert fleet.ssh("m6", "cat /lambda/nfs/shared/file") == "seen"

    first = spec("first", public_key, alone="/home/ubuntu/data")
    ip = fleet.runner.run(fleet.hosts.start(first)).ip
    client.run(ip, "echo trained > ~/data/model && sudo touch /opt/gone")
    fleet.runner.run(fleet.hosts.stop("first"))
    fleet.runner.run(fleet.hosts.stop("first"))
    assert len(machines(fleet.state_dir)) == 10
    second = spec("second", public_key, alone="/lambda/nfs/my data:1")
    ip = fleet.runner.run(fleet.hosts.start(second)).ip
    assert client.run(ip, "cat '/lambda/nfs/my data:1/model'; sudo ls /root") == "trained"
    fleet.runner.run(fleet.hosts.stop("second"))


def test_nvidia_smi_tells_the_gpus_and_follows_changes(fleet: Fleet) -> None:
    query = "nvidia-smi --query-gpu=name --format=csv,noheader"
    assert fleet.ssh("m7", query) == "NVIDIA A10"
    fleet.runner.run(fleet.hosts.set_gpus("m7", replace(GPUS, count=2, model="NVIDIA H100")))
    assert fleet.ssh("m7", query).split("\n") == ["NVIDIA H100"] * 2
    fleet.runner.run(fleet.hosts.set_gpus("m7", replace(GPUS, count=0)))
    assert fleet.client.attempt(fleet.ip("m7"), "nvidia-smi").returncode != 0
    assert fleet.ssh("m8", query) == "NVIDIA A10"


def test_user_data_that_is_a_script_runs_as_root(fleet: Fleet) -> None:
    script = "#!/bin/sh\nid -un > /var/tmp/who\n"
    ip = fleet.runner.run(fleet.hosts.start(spec("script", fleet.client.public_key, user_data=script))).ip
    assert fleet.client.run(ip, "cloud-init status --wait").endswith("status: done")
    assert fleet.client.run(ip, "cat /var/tmp/who; hostname; sudo -n true") == "root\nhost-script"
    fleet.runner.run(fleet.hosts.stop("script"))


def test_user_data_that_is_a_cloud_config(fleet: Fleet, tmp_path: Path) -> None:
    colleague = Client.create(tmp_path)
    user_data = f"""#cloud-config
users:
  - default
  - name: colleague
    shell: /bin/bash
    sudo: ALL=(ALL) NOPASSWD:ALL
    ssh_authorized_keys: ["{colleague.public_key}"]
package_update: true
packages: [tree]
write_files:
  - path: /etc/written
    content: by cloud-init
    permissions: "0600"
runcmd:
  - [sh, -c, "tree --version > /var/tmp/ran"]
"""
    ip = fleet.runner.run(fleet.hosts.start(spec("config", fleet.client.public_key, user_data=user_data))).ip
    assert fleet.client.run(ip, "cloud-init status --wait").endswith("status: done")
    assert fleet.client.run(ip, "sudo cat /etc/written; stat -c %a /etc/written") == "by cloud-init600"
    assert fleet.client.run(ip, "cat /var/tmp/ran").startswith("tree v")
    assert colleague.run(ip, "whoami; sudo -n whoami", user="colleague") == "colleague\nroot"
    assert fleet.client.run(ip, "sudo -n whoami") == "root"
    fleet.runner.run(fleet.hosts.stop("config"))


def test_a_machine_stopped_while_it_boots_is_gone(fleet: Fleet) -> None:
    async def start_and_stop() -> None:
        start = asyncio.create_task(fleet.hosts.start(spec("brief", fleet.client.public_key)))
        await asyncio.sleep(0.2)
        await fleet.hosts.stop("brief")
        await start

    with pytest.raises(HostError):
        fleet.runner.run(start_and_stop())
    assert len(machines(fleet.state_dir)) == 10


def test_without_user_data_cloud_init_keeps_nobody_waiting(fleet: Fleet) -> None:
    assert fleet.ssh("m8", "timeout 20 cloud-init status --wait") == "status: disabled"


def test_one_machine_per_instance(fleet: Fleet) -> None:
    with pytest.raises(HostError, match="m0 has a machine already"):
        fleet.runner.run(fleet.hosts.start(spec("m0", fleet.client.public_key)))
    with pytest.raises(HostError, match="nobody has no machine"):
        fleet.runner.run(fleet.hosts.restart("nobody"))
    assert fleet.ssh("m0", "hostname") == "host-m0"
