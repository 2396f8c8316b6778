# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What roles do as root on a machine where somebody else has laid links and files in their way."""

from __future__ import annotations

import json
import re
import typing as t
from pathlib import Path

import pytest
from support.machines import NEEDS_MACHINES, Host, World

pytestmark = NEEDS_MACHINES


@pytest.fixture
def public_key(world: World) -> str:
    return Path(f"{world.key}.pub").read_text().strip()


@pytest.mark.parametrize("link", ["file", "folder"])
def test_a_link_in_a_home_leads_root_nowhere(host: Host, public_key: str, link: str) -> None:
    users = [{"name": "mallory", "ssh_keys": [f"{public_key} mallory"]}]
    host.role("node", node_users=users)
    target = "/home/ubuntu/.ssh/authorized_keys" if link == "file" else "/etc"
    before = host.root(f"stat -c '%U %a %Y' {target}; test -d {target} || cat {target}")
    if link == "file":
        host.root("ln -sf /home/ubuntu/.ssh/authorized_keys /home/mallory/.ssh/authorized_keys")
    else:
        host.root("rm -rf /home/mallory/.ssh; ln -s /etc /home/mallory/.ssh")
    try:
        host.role("node", node_users=users, succeed=False)
        # Neither written, nor handed to her.
        assert host.root(f"stat -c '%U %a %Y' {target}; test -d {target} || cat {target}") == before
        assert host.root("ls /etc/authorized_keys 2>&1 || true").endswith("No such file or directory")
        assert host.fails("sudo --non-interactive true", "mallory") or link == "folder"
    finally:
        host.root("rm -rf /home/mallory/.ssh")
    host.role("node", node_users=users)
    assert host.root("stat -c '%U %a' /home/mallory/.ssh /home/mallory/.ssh/authorized_keys").split() == [
        "mallory",
        "700",
        "mallory",
        "600",
    ]
    assert " changed=0 " in host.role("node", node_users=users)


def test_node_takes_away_what_it_gave(host: Host, public_key: str) -> None:
    host.root("id old || useradd --create-home old")
    both = [{"name": name, "ssh_keys": [public_key], "sudo": True} for name in ("eve", "ada", "old")]
    host.role("node", node_users=both)
    assert not host.fails("sudo --non-interactive true", "eve")
    assert host.root("stat -c '%U %a' /var/lib/lambdal-node /var/lib/lambdal-node/accounts.json").split() == [
        *("root", "700", "root", "600")
    ]
    # A shell that she left open does not outlive the account.
    assert not host.fails("nohup sleep 900 > /dev/null 2>&1 &", "eve")

    told = host.role("node", node_users=both[1:2])
    assert "eve is not in node_users, and may do everything with sudo by /etc/sudoers.d/90-node-eve" in told
    assert not host.fails("sudo --non-interactive true", "eve")

    before = host.root("getent passwd; cat /var/lib/lambdal-node/accounts.json; ls /etc/sudoers.d")
    host.role("node", ["--check"], node_users=both[1:2], node_users_exclusive=True)
    assert host.root("getent passwd; cat /var/lib/lambdal-node/accounts.json; ls /etc/sudoers.d") == before

    host.role("node", node_users=both[1:2], node_users_exclusive=True)
    assert host.fails("true", "eve")
    assert host.root("ls /etc/sudoers.d/90-node-*") == "/etc/sudoers.d/90-node-ada"
    assert host.root("pgrep -x sleep || true") == ""
    assert host.root("test -d /home/eve && id old > /dev/null; id mallory 2>&1 || true").endswith("no such user")
    assert " changed=0 " in host.role("node", node_users=both[1:2], node_users_exclusive=True)

    host.role("node", node_users=[{"name": "ada", "state": "absent"}])
    assert host.fails("true", "ada")
    assert host.root("ls /etc/sudoers.d/90-node-* 2>/dev/null || true") == ""


@pytest.mark.parametrize("name", ["ALL", "a.b", "root"])
def test_a_name_that_means_more_is_refused_before_anything_is_written(host: Host, name: str) -> None:
    before = host.root("cat /etc/passwd; ls /etc/sudoers.d")
    told = host.role("node", node_users=[{"name": "zoe"}, {"name": name, "sudo": True}], succeed=False)
    assert "Nothing was done." in told
    assert host.root("cat /etc/passwd; ls /etc/sudoers.d") == before


def http(*more: str, port: int = 8000) -> dict[str, t.Any]:
    """Return variables of a server that is one of Python's."""
    return {
        "inference_server_command": ["/usr/bin/python3", "-m", "http.server", *more, str(port)],
        "inference_server_health_path": "/",
        "inference_server_health_interval": 1,
        "inference_server_health_timeout": 15,
    }


def test_a_server_that_others_reach_without_a_key_is_stopped(host: Host) -> None:
    host.role("inference_server", **http("--bind", "127.0.0.1"))
    for server in (http("--bind", "0.0.0.0"), http(port=9000)):
        told = host.role("inference_server", **server, succeed=False)
        assert "where others reach it without a key. It was stopped." in told
        assert host.root("systemctl is-active inference-vllm || true") == "inactive"
        assert host.root("systemctl is-enabled inference-vllm || true") == "disabled"
        assert host.root("ss -Hltn | grep -E ':(8000|9000)' || true") == ""
    host.role("inference_server", **http("--bind", "0.0.0.0"), inference_server_api_key="secret-of-the-server")
    assert ":8000" in host.root("ss -Hltn")
    # Its unit keeps it from what it can do without, unless one says otherwise.
    show = "systemctl show --property=NoNewPrivileges,PrivateTmp,ProtectSystem inference-vllm"
    assert host.root(show).split() == ["PrivateTmp=yes", "ProtectSystem=full", "NoNewPrivileges=yes"]
    options = {"PrivateTmp": "", "ProtectSystem": "strict"}
    host.role("inference_server", **http("--bind", "127.0.0.1"), inference_server_unit_options=options)
    assert host.root(show).split() == ["PrivateTmp=no", "ProtectSystem=strict", "NoNewPrivileges=yes"]
    host.role("inference_server", inference_server_state="stopped")


def job(command: str, **more: t.Any) -> dict[str, t.Any]:
    """Return variables of a job that is a command of the shell."""
    words = {"torchrun_launcher": [], "torchrun_command": ["/bin/sh", "-c", command]}
    return {**words, "torchrun_interval": 1, "torchrun_timeout": 20, "torchrun_state": "restarted", **more}


def test_a_log_is_its_users_alone_and_no_way_to_root(host: Host) -> None:
    log = "/var/log/torchrun-train.log"
    host.role("torchrun", **job("echo said; umask"))
    assert host.root(f"stat -c '%U %a' {log}; cat {log}").split() == ["ubuntu", "600", "said", "0022"]

    # A user without sudo has a link where the log shall be.
    host.root("id worker 2> /dev/null || useradd --create-home worker; ln -sfn /etc/cron.d /home/worker/logs")
    own = {"torchrun_user": "worker"}
    there = {**own, "torchrun_log": "/home/worker/logs/job"}
    told = host.role("torchrun", **job("echo '* * * * * root id'", **there), succeed=False)
    assert "worker cannot write the log /home/worker/logs/job." in told
    assert host.root("ls /etc/cron.d/job 2>&1 || true").endswith("No such file or directory")

    # She changes it after the role has looked: the job's user opens it, not root.
    host.root("ln -sfn /home/worker /home/worker/logs")
    swap = "echo mine; umask; ln -sfn /etc/shadow /home/worker/job; exit 3"
    told = host.role("torchrun", **job(swap, **there), succeed=False)
    assert "failed with exit code 3" in told
    assert "root:" not in told
    assert host.root("ls /etc/cron.d/job 2>&1 || true").endswith("No such file or directory")
    # A folder of root's where the log is somebody's link or file
    for planted in ("ln -s /etc/shadow", "ln /home/worker/.profile"):
        host.root(f"rm -f /var/log/planted; {planted} /var/log/planted")
        told = host.role("torchrun", **job("true", **own, torchrun_log="/var/log/planted"), succeed=False)
        assert "/var/log/planted cannot be the log" in told
    assert host.root("stat -c '%U %a' /etc/shadow /home/worker/.profile").split() == ["root", "640", "worker", "644"]
    host.role("torchrun", **job("echo fine; umask", torchrun_user="worker", torchrun_log="/home/worker/fine.log"))
    assert host.root("stat -c '%U %a' /home/worker/fine.log; cat /home/worker/fine.log").split() == [
        *("worker", "600", "fine", "0022")
    ]
    show = "systemctl show --property=NoNewPrivileges,ProtectSystem torchrun-train"
    assert host.root(show).split() == ["ProtectSystem=full", "NoNewPrivileges=yes"]
    host.role("torchrun", **job("sudo -n id", torchrun_hardening=False))
    assert host.root(show).split() == ["ProtectSystem=no", "NoNewPrivileges=no"]


def test_what_a_machine_plants_is_not_followed(host: Host, tmp_path: Path) -> None:
    host.root("rm -rf /home/ubuntu/out; mkdir -p /home/ubuntu/out/runs")
    victim, dest = tmp_path / "victim", tmp_path / "out"
    victim.mkdir()
    commands = f"ln -s {victim} evil; ln -s ../../victim up; ln -s runs inside; mkfifo pipe; mknod disk b 7 0"
    host.root(f"cd /home/ubuntu/out; {commands}; cp /usr/bin/id tool; chmod 6755 tool")
    host.root("mkdir /home/ubuntu/more; echo mine > /home/ubuntu/more/authorized_keys")
    told = host.role(
        "sync",
        sync_pull=[
            {"src": "/home/ubuntu/out/", "dest": f"{dest}/"},
            {"src": "/home/ubuntu/more/", "dest": f"{dest}/evil/"},
        ],
    )
    assert "2 links that lead out of /home/ubuntu/out/ were not brought along" in told
    assert list(victim.iterdir()) == []
    assert not (dest / "evil").is_symlink()
    assert (dest / "inside").is_symlink()
    assert (dest / "tool").stat().st_mode & 0o7777 == 0o755
    assert sorted(path.name for path in dest.iterdir()) == ["evil", "inside", "runs", "tool"]
    for place in ("out/../../evil/", f"{tmp_path}/out/../evil/"):
        told = host.role("sync", sync_pull=[{"src": "/home/ubuntu/more/", "dest": place}], succeed=False)
        assert "leaves a folder that it names" in told
        assert "Nothing was transferred." in told
    assert not (tmp_path / "evil").exists()


def test_the_reaper_believes_no_file_of_others(host: Host, tmp_path: Path) -> None:
    forged = '{"first_seen": 1, "idle_since": 1}'
    playbook = tmp_path / "probe.yml"
    role = {"name": "lambdal.cloud.reaper", "tasks_from": "probe"}
    show = {"ansible.builtin.debug": {"msg": "age {{ reaper_seen.age_seconds }}."}}
    tasks = [{"ansible.builtin.include_role": role}, show]
    playbook.write_text(json.dumps([{"hosts": "web", "gather_facts": False, "tasks": tasks}]))
    for place in ("/var/tmp/seen.json", "/home/ubuntu/seen.json"):
        host.root(f"echo '{forged}' > {place}; chown ubuntu {place}")
        told = host.world.run(str(playbook), {"reaper_samples": 1, "reaper_state_file": place})
        # The forged one is of 1970.
        assert len(told.split("age ")[1].partition(".")[0]) < 8
    host.world.run(str(playbook), {"reaper_samples": 1})
    assert host.root("stat -c '%U %a' /var/lib/lambdal-reaper /var/lib/lambdal-reaper/seen.json").split() == [
        *("root", "700", "root", "600")
    ]


# What people give a machine on its way: packages from Debian, and something that goes on installing after cloud-init has ended.
USER_DATA = """#cloud-config
package_update: true
packages: [hello]
runcmd:
  - systemd-run --unit=upgrades python3 /opt/unattended-upgrade
write_files:
  - path: /opt/unattended-upgrade
    content: |
      import fcntl, time
      file = open("/var/lib/dpkg/lock-frontend", "w")
      fcntl.lockf(file, fcntl.LOCK_EX)
      open("/run/upgrading", "w")
      time.sleep(600)
"""


def test_a_machine_is_launched_when_it_is_ready(world: World, host: Host) -> None:
    one = [{"name": "late", "instance_type": "gpu_1x_a10", "region": "us-east-1", "user_data": USER_DATA}]
    fleet = {"fleet_machines": one}
    shown = " ".join(world.play("launch", fleet, {"node_apt_timeout": 2}, succeed=False).split())
    row = world.simulator.live()["late"]
    told = re.search(
        rf"late \(id {row['id']}, {row['ip']}\) is not ready\. unattended-upgrade \(process (\d+)\) still holds "
        r"/var/lib/dpkg/lock-frontend after 2 seconds, so no package can be installed\. The instance is billed all the same\.",
        shown,
    )
    assert told, shown
    assert world.ssh("late", "cloud-init status; dpkg-query --show hello; cat /run/upgrading").wait() == 0
    assert world.ssh("late", f"sudo kill {told[1]}").wait() == 0
    shown = " ".join(world.play("launch", fleet).split())
    assert re.search(r"Ready after \d+ s: \d+ s for cloud-init, \d+ s for other installations of packages", shown)

    broken = [{**one[0], "name": "broken", "user_data": "#!/bin/sh\nexit 3\n"}]
    shown = " ".join(world.play("launch", {"fleet_machines": broken}, succeed=False).split())
    assert "is not ready. cloud-init, which runs user_data, has failed: (" in shown


def test_work_is_kept_on_a_file_system_while_it_is_mounted(world: World, host: Host, tmp_path: Path) -> None:
    one = [{"name": "keeper", "instance_type": "gpu_1x_a10", "region": "us-east-1", "file_systems": ["datasets"]}]
    world.play("launch", {"fleet_machines": one})
    roles = [f"lambdal.cloud.{role}" for role in ("node", "torchrun", "sync")]
    (tmp_path / "keep.yml").write_text(json.dumps([{"hosts": "keeper", "gather_facts": False, "roles": roles}]))
    keep = {
        "node_storage": "/lambda/nfs/datasets",
        "node_mount_timeout": 1,
        "sync_pull": [{"src": "logs/", "dest": f"{tmp_path}/logs/"}],
        **job("echo $HF_HOME", torchrun_state="started"),
    }
    log = "torchrun-train-keeper.log"

    def says(command: str) -> str:
        return world.ssh("keeper", command).communicate()[0].strip()

    # Each is led there: the job, people, and what is on the way home.
    world.run(str(tmp_path / "keep.yml"), keep)
    caches = "/lambda/nfs/datasets/caches/huggingface"
    assert (tmp_path / "logs" / log).read_text().strip() == caches
    assert says("bash -lc 'echo $HF_HOME; echo $PIP_CACHE_DIR; readlink ~/datasets'").split() == [
        caches,
        "/lambda/nfs/datasets/caches/pip",
        "/lambda/nfs/datasets",
    ]
    # As the service manager of a user runs it when she logs in.
    generator = "/etc/systemd/user-environment-generators/90-node-storage"
    assert f"HF_HOME={caches}" in says(generator).splitlines()
    assert re.search(r"keeper .*changed=0 ", world.run(str(tmp_path / "keep.yml"), keep))

    # Nothing is written beside it, where it would be lost with the machine.
    assert world.ssh("keeper", "sudo umount --lazy /lambda/nfs/datasets").wait() == 0
    assert says(f"bash -lc 'echo ${{HF_HOME-local}}'; {generator}") == "local"
    assert world.ssh("keeper", "sudo systemctl restart torchrun-train").wait() != 0
    told = " ".join(world.run(str(tmp_path / "keep.yml"), keep, succeed=False).split())
    assert "has no file system mounted at /lambda/nfs/datasets" in told
    assert says("ls -A /lambda/nfs/datasets") == ""
