# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""`--hosts local`, as SSH sees it."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import typing as t
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest
from simulator_support import COMMAND, Api, serving, until

from lambda_cloud_simulator.cli import DEFAULT_KEY

pytestmark = pytest.mark.skipif(
    not Path("/proc/self/environ").exists() or not shutil.which("ssh"), reason="local hosts need Linux, their tests ssh"
)

OPTIONS = ["StrictHostKeyChecking=no", "UserKnownHostsFile=/dev/null", "LogLevel=ERROR", "IdentitiesOnly=yes"]


@dataclass
class Ssh:
    """A client with a key."""

    key: Path
    port: int

    def options(self, port: str) -> list[str]:
        fixed = ["-F", "none", *(word for option in OPTIONS for word in ("-o", option)), "-o", "BatchMode=yes"]
        return [*fixed, "-i", str(self.key), port, str(self.port)]

    def run(
        self, address: str, *words: str, user: str = "ubuntu", given: str = "", more: t.Sequence[str] = ()
    ) -> subprocess.CompletedProcess[str]:
        """Run a command on a host."""
        command = ["ssh", *self.options("-p"), *more, f"{user}@{address}", *words]
        return subprocess.run(command, input=given, capture_output=True, text=True, timeout=30, check=False)

    def copy(self, program: str, *words: str) -> None:
        command = [program, *self.options("-P"), *words]
        done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
        assert done.returncode == 0, done.stdout + done.stderr


def with_key(api: Api, folder: Path, port: int, name: str = "laptop") -> Ssh:
    key = folder / name
    key.touch(0o600)
    key.write_text(api.key(name)["private_key"])
    return Ssh(key, port)


def address_of(api: Api, instance_id: str) -> str:
    until(lambda: bool(api.instance(instance_id).get("ip")))
    return str(api.instance(instance_id)["ip"])


@pytest.fixture(scope="module")
def port() -> int:
    return 20000 + os.getpid() % 10000


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory, port: int) -> t.Iterator[Api]:
    with serving(
        tmp_path_factory.mktemp("local"), "--hosts", "local", "--boot-time", "0", "--ssh-port", str(port)
    ) as one:
        yield one


@pytest.fixture(scope="module")
def ssh(api: Api, tmp_path_factory: pytest.TempPathFactory, port: int) -> Ssh:
    return with_key(api, tmp_path_factory.mktemp("key"), port)


@pytest.fixture
def address(api: Api, ssh: Ssh) -> t.Iterator[str]:
    """Return the address of a new host."""
    instance_id = api.launch()
    yield address_of(api, instance_id)
    if api.ask("GET", f"/instances/{instance_id}").json()["data"]["status"] == "active":
        api.post("/instance-operations/terminate", instance_ids=[instance_id])


def test_the_address_is_there_with_the_first_list(api: Api, ssh: Ssh, address: str) -> None:
    assert address.startswith("127.")
    assert address in [row.get("ip") for row in api.get("/instances")]


def test_commands(ssh: Ssh, address: str) -> None:
    done = ssh.run(address, "cat; echo trouble >&2; exit 7", given="hello")
    assert (done.stdout, done.stderr, done.returncode) == ("hello", "trouble\n", 7)
    assert ssh.run(address, "kill -TERM $$").returncode == 255


def test_a_shell(ssh: Ssh, address: str) -> None:
    done = ssh.run(address, given="echo $((6 * 7))\nexit 3\n")
    assert (done.stdout, done.returncode) == ("42\n", 3)


def test_a_terminal(ssh: Ssh, address: str) -> None:
    done = ssh.run(address, "test -t 0 && test -t 1 && stty size && exit 4", more=["-tt"])
    assert done.stdout.split() == ["24", "80"]
    assert done.returncode == 4


def test_what_a_command_finds(ssh: Ssh, address: str) -> None:
    home, path, user, python = ssh.run(address, 'pwd; echo "$PATH"; echo "$USER"; command -v python3').stdout.split()
    assert ssh.run(address, 'echo "$HOME"').stdout.strip() == home
    assert path.endswith(":/usr/local/bin:/usr/bin:/bin")
    assert user == "ubuntu"
    assert python.startswith(path.split(":")[0])
    # The interpreter below, not the simulator's environment
    assert "asyncssh" in ssh.run(address, "python3 -c 'import asyncssh'").stderr
    assert "SSH_AUTH_SOCK" not in ssh.run(address, "env").stdout


def test_sudo_refuses_in_a_sentence(ssh: Ssh, address: str) -> None:
    done = ssh.run(address, "sudo id")
    assert done.returncode == 1
    assert "never as root" in done.stderr


def test_files(ssh: Ssh, address: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("content")
    ssh.copy("scp", str(tmp_path / "file"), f"ubuntu@{address}:by-sftp")
    ssh.copy("scp", "-O", str(tmp_path / "file"), f"ubuntu@{address}:by-scp")
    assert ssh.run(address, "cat ~/by-sftp ~/by-scp").stdout == "contentcontent"
    ssh.copy("scp", f"ubuntu@{address}:by-scp", str(tmp_path / "back"))
    assert (tmp_path / "back").read_text() == "content"


def test_much_data(ssh: Ssh, address: str) -> None:
    assert (
        ssh.run(address, "head -c 30000000 /dev/zero | tr '\\0' a | tee /dev/stderr | wc -c; exit 0").stdout
        == "30000000\n"
    )


def test_many_sessions_over_one_connection(ssh: Ssh, address: str, tmp_path: Path) -> None:
    more = ["-o", "ControlMaster=auto", "-o", f"ControlPath={tmp_path}/c", "-o", "ControlPersist=5"]
    assert ssh.run(address, "true", more=more).returncode == 0
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda number: ssh.run(address, f"echo {number}", more=more).stdout, range(8)))
    assert found == [f"{number}\n" for number in range(8)]


def test_only_the_instances_keys_open_it(api: Api, ssh: Ssh, address: str, tmp_path: Path) -> None:
    other = with_key(api, tmp_path, ssh.port, "other")
    assert "Permission denied" in other.run(address, "true").stderr
    assert "Permission denied" in ssh.run(address, "true", user="root").stderr
    theirs = address_of(api, api.launch(ssh_key_names=["other"]))
    assert other.run(theirs, "true").returncode == 0
    assert "Permission denied" in ssh.run(theirs, "true").stderr


def test_homes_are_separate(api: Api, ssh: Ssh, address: str) -> None:
    other = address_of(api, api.launch())
    assert other != address
    ssh.run(address, "touch ~/here")
    assert ssh.run(other, "ls ~").stdout == ""


def test_nvidia_smi(api: Api, ssh: Ssh) -> None:
    api.control("PUT", "/capacity", {"gpu_8x_h100_sxm5": {"us-east-1": 1}})
    eight = api.launch(instance_type_name="gpu_8x_h100_sxm5")
    address = address_of(api, eight)

    def smi(options: str = "", at: str = address) -> subprocess.CompletedProcess[str]:
        return ssh.run(at, f"nvidia-smi {options}")

    assert smi("-L").stdout.count("NVIDIA H100") == 8
    rows = smi("--query-gpu=index,name,memory.total,count --format=csv,noheader").stdout.splitlines()
    assert rows[7] == "7, NVIDIA H100, 81920 MiB, 8"
    head, row = smi("-i 2 --query-gpu=index,memory.total --format=csv,nounits").stdout.splitlines()
    assert (head, row) == ("index, memory.total [MiB]", "2, 81920")
    assert "NVIDIA H100" in smi().stdout
    assert smi("--query-gpu=nonsense --format=csv").returncode == 2
    api.control("POST", f"/instances/{eight}/fate", {"fate": "gpu-missing"})
    assert smi("-L").stdout.count("NVIDIA H100") == 7
    api.control("POST", f"/instances/{eight}/fate", {"fate": "gpu-broken"})
    cpu = address_of(api, api.launch(instance_type_name="cpu_4x_general"))
    none = smi(at=cpu)
    assert none.returncode == 9
    assert "NVIDIA-SMI has failed" in none.stdout


@pytest.mark.parametrize(("fate", "code", "listed"), [("gpu-missing", 6, 0), ("gpu-broken", 15, 0)])
def test_gpus_that_were_bad_from_the_start(api: Api, ssh: Ssh, fate: str, code: int, listed: int) -> None:
    api.add_fate(fate)
    done = ssh.run(address_of(api, api.launch()), "nvidia-smi -L")
    assert done.returncode == code
    assert done.stdout.count("UUID") == listed


def test_daemons_live_as_long_as_the_host(api: Api, ssh: Ssh) -> None:
    instance_id = api.launch()
    address = address_of(api, instance_id)
    pid = int(ssh.run(address, "setsid sleep 300 >/dev/null 2>&1 </dev/null & echo $!").stdout)
    time.sleep(0.2)
    assert running(pid)
    api.post("/instance-operations/restart", instance_ids=[instance_id])
    assert not running(pid)
    pid = int(ssh.run(address, "nohup sleep 300 >/dev/null 2>&1 </dev/null & echo $! | tee kept").stdout)
    api.post("/instance-operations/terminate", instance_ids=[instance_id])
    until(lambda: not running(pid))
    assert ssh.run(address, "true").returncode == 255


def running(pid: int) -> bool:
    """Return whether a process runs; one that is only to be reaped does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_a_restart_keeps_files(api: Api, ssh: Ssh) -> None:
    instance_id = api.launch()
    address = address_of(api, instance_id)
    ssh.run(address, "echo kept > file")
    api.post("/instance-operations/restart", instance_ids=[instance_id])
    assert ssh.run(address, "cat file").stdout == "kept\n"


def test_a_seeded_instance_can_have_a_host(api: Api, ssh: Ssh) -> None:
    row = api.control("POST", "/instances", {"ssh_key_names": ["laptop"], "host": True})
    assert ssh.run(address_of(api, row["id"]), "echo here").stdout == "here\n"


def folders() -> set[Path]:
    return set(Path(tempfile.gettempdir()).glob("lambda-cloud-simulator-*"))


@pytest.fixture
def own_folder(monkeypatch: pytest.MonkeyPatch) -> t.Iterator[None]:
    """Use a folder for temporary files that no other simulator uses meanwhile."""
    with tempfile.TemporaryDirectory() as name:
        monkeypatch.setenv("TMPDIR", name)
        monkeypatch.setattr(tempfile, "tempdir", name)
        yield


@pytest.mark.usefixtures("own_folder")
def test_two_simulators_do_not_collide_and_leave_nothing(tmp_path: Path, port: int) -> None:
    before = folders()
    arguments = ("--hosts", "local", "--boot-time", "0", "--ssh-port", str(port), "--seed", "7")
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    with serving(tmp_path / "a", *arguments) as first, serving(tmp_path / "b", *arguments) as second:
        one, two = with_key(first, tmp_path / "a", port), with_key(second, tmp_path / "b", port)
        addresses = [[address_of(api, api.launch()) for _ in range(3)] for api in (first, second)]
        assert len(set(addresses[0] + addresses[1])) == 6
        pids = [
            int(ssh.run(row[0], "sleep 300 >/dev/null 2>&1 & echo $!").stdout)
            for ssh, row in ((one, addresses[0]), (two, addresses[1]))
        ]
        # The same ids by the same seed, and yet each ends only its own.
        first.reset()
        assert [running(pid) for pid in pids] == [False, True]
        assert len(folders() - before) == 2
    assert folders() == before
    assert not running(pids[1])


@pytest.mark.usefixtures("own_folder")
def test_a_port_in_use_is_told_before_anything_is_launched() -> None:
    with socket.socket() as other:
        other.bind(("", 0))
        other.listen()
        port = other.getsockname()[1]
        command = [*COMMAND, "serve", "--port=0", "--hosts=local", f"--ssh-port={port}"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1
    assert f"Port {port} is in use on every loopback address that was tried; name another --ssh-port." in done.stderr
    assert folders() == set()


@pytest.mark.usefixtures("own_folder")
def test_what_a_kill_left_is_swept(tmp_path: Path, port: int) -> None:
    before = folders()
    ready = tmp_path / "ready.json"
    command = [
        *COMMAND,
        "serve",
        "--port=0",
        "--hosts=local",
        f"--ssh-port={port}",
        "--boot-time=0",
        f"--api-key={DEFAULT_KEY}",
        f"--ready-file={ready}",
    ]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    until(ready.exists, 20)
    api = Api(ready.read_text().split('"')[3], DEFAULT_KEY, process.pid)
    ssh = with_key(api, tmp_path, port)
    pid = int(ssh.run(address_of(api, api.launch()), "setsid sleep 300 >/dev/null 2>&1 </dev/null & echo $!").stdout)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert len(folders() - before) == 1
    assert running(pid)
    done = subprocess.run([*COMMAND, "clean"], capture_output=True, text=True, check=False)
    assert f"process id {process.pid}" in done.stdout
    assert folders() == before
    assert not running(pid)
