# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Launched machines, reached over SSH through the inventory."""

from __future__ import annotations

import json
import shutil
import subprocess
import typing as t
from pathlib import Path

import pytest
from support.runner import ROOT, ansible, module_environment
from support.simulator import KEY, Simulator, running_simulator
from support.ways import WAYS

SSH_PORT = 2223
NEEDS_RSYNC = pytest.mark.skipif(not shutil.which("rsync"), reason="rsync, which brings files back, is not installed")


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> t.Iterator[Simulator]:
    folder = tmp_path_factory.mktemp("hosts")
    with running_simulator(
        folder, "--hosts", "local", "--ssh-port", str(SSH_PORT), "--boot-time", "0", "--time-scale", "1000"
    ) as simulator:
        yield simulator


@pytest.fixture
def way() -> str:
    """What happens over SSH is the same in both ways; tests of what a machine's play does on localhost run in both."""
    return "direct"


BOTH_WAYS = pytest.mark.parametrize("way", ["direct", pytest.param("process", marks=pytest.mark.slow)])


@pytest.fixture
def session(cloud: Simulator, tmp_path: Path, way: str) -> t.Iterator[tuple[dict[str, str], list[str]]]:
    """An environment and extra variables for playbooks that use SSH."""
    cloud.reset()
    home = tmp_path / "home"
    home.mkdir()
    key = tmp_path / "key"
    environment = {
        **module_environment(home),
        "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"),
        "ANSIBLE_REMOTE_PORT": str(SSH_PORT),
        "ANSIBLE_PRIVATE_KEY_FILE": str(key),
        # A socket's path has a hundred characters or so.
        "ANSIBLE_SSH_ARGS": "-C -o ControlMaster=no",
        # As many have it, and as it is by default.
        "ANSIBLE_PIPELINING": str(way == "direct"),
        "LAMBDA_CLOUD_DIRECT": WAYS[way],
        "LAMBDA_API_KEY": KEY,
        "LAMBDA_API_URL": cloud.api_url,
        "LAMBDA_REQUEST_INTERVAL": "0",
        "LAMBDA_LAUNCH_INTERVAL": "0",
    }
    extra = {
        "fleet_machines": [{"name": "eval", "instance_type": "gpu_4x_a6000", "region": "us-south-1"}],
        "fleet_ssh_key": "ci",
        "fleet_ssh_private_key_path": str(key),
        "fleet_known_hosts_file": str(tmp_path / "known hosts"),
        "fleet_wait_interval": 0.1,
        "fleet_ssh_timeout": 20,
    }
    yield environment, ["-e", json.dumps(extra)]
    cloud.reset()


def playbook(session: tuple[dict[str, str], list[str]], name: str, succeed: bool = True, **variables: t.Any) -> str:
    environment, extra = session
    command = ["ansible-playbook", "-i", "playbooks/lambda.yml", f"playbooks/{name}.yml", *extra]
    done = ansible([*command, "-e", json.dumps(variables)], environment, succeed=succeed)
    return " ".join(done.stdout.split())


@pytest.mark.parametrize("name", ["launch", "site", "provision"])
def test_a_key_that_is_refused_is_told_at_once(
    cloud: Simulator, session: tuple[dict[str, str], list[str]], tmp_path: Path, name: str
) -> None:
    if name == "provision":
        playbook(session, "launch")
    for wrong in ("wrong", "other"):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", tmp_path / wrong], check=True)
    keys = {
        "fleet_ssh_private_key_path": "",
        "fleet_ssh_public_key_file": str(tmp_path / "other.pub"),
        "ansible_ssh_private_key_file": str(tmp_path / "wrong"),
    }
    # Nobody waits ten minutes for a key that will not be taken.
    told = playbook(session, name, succeed=False, fleet_ssh_timeout=600, fleet_key_timeout=2, **keys)
    row = cloud.live()["eval"]
    assert f"eval (id {row['id']}, {row['ip']}) refuses the SSH key of ubuntu. It runs, and bills. Log in with" in told
    assert "Permission denied" in told
    assert "Check the GPUs" not in told
    if name == "launch":
        # The table comes all the same.
        assert f"eval {row['id']} gpu_4x_a6000 us-south-1 {row['ip']} active 3.20" in told.split("Show the fleet")[1]


@pytest.mark.parametrize("name", ["launch", "site", "provision"])
def test_a_machine_that_never_answers_is_told(
    cloud: Simulator, session: tuple[dict[str, str], list[str]], name: str
) -> None:
    cloud.seed_key("ci")
    there = {"instance_type": "gpu_4x_a6000", "region": "us-south-1", "ssh_key_names": ["ci"], "ip": "127.99.99.99"}
    silent = cloud.seed_instance("eval", host=False, **there)
    told = playbook(session, name, succeed=False, fleet_ssh_key="own", fleet_ssh_timeout=3, fleet_on_drift="ignore")
    assert f"eval (id {silent}, 127.99.99.99) did not answer SSH within 3 seconds. It bills all the same." in told
    assert "Connection refused" in told


def test_a_file_system_that_is_not_mounted_is_told(cloud: Simulator, session: tuple[dict[str, str], list[str]]) -> None:
    # Hosts of this kind mount none.
    machines = [
        {"name": "eval", "instance_type": "gpu_1x_a10", "region": "us-east-1", "file_systems": ["datasets"]},
    ]
    told = playbook(session, "site", succeed=False, fleet_machines=machines, provision_node=True)
    row = cloud.live()["eval"]
    assert (
        f"eval (id {row['id']}, {row['ip']}) has no file system mounted at /lambda/nfs/datasets, where the API reports one. "
        "It bills all the same, and what is written there would be lost with it. Restart it, or terminate it and launch another."
    ) in told


def seed_key(cloud: Simulator, session: tuple[dict[str, str], list[str]]) -> None:
    """Let the session log in to machines that nobody launched."""
    key = Path(session[0]["ANSIBLE_PRIVATE_KEY_FILE"])
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key], check=True)
    cloud.seed_key("ci", key.with_suffix(".pub").read_text())


def seed_machine(cloud: Simulator, session: tuple[dict[str, str], list[str]]) -> None:
    """The machine `eval` with four GPUs, which nobody launched."""
    seed_key(cloud, session)
    there = {"instance_type": "gpu_4x_a6000", "region": "us-south-1", "ssh_key_names": ["ci"], "host": True}
    cloud.seed_instance("eval", **there)


PROVISION = ["ansible-playbook", "-i", "playbooks/lambda.yml", "playbooks/provision.yml"]


@BOTH_WAYS
def test_launch_waits_for_ssh_and_provision_checks_the_gpus(session: tuple[dict[str, str], list[str]]) -> None:
    environment, extra = session
    launched = ansible(["ansible-playbook", "playbooks/launch.yml", *extra], environment)
    assert "ok: [eval]" in launched.stdout.split(": Wait for SSH]")[1]
    done = ansible([*PROVISION, *extra], environment)
    assert "4 GPUs answer: 0, NVIDIA RTX A6000" in done.stdout
    again = ansible([*PROVISION, "--check", *extra], environment)
    assert "4 GPUs answer" in again.stdout


@pytest.mark.parametrize(("fate", "found"), [("gpu-missing", 3), ("gpu-broken", 3)])
def test_dead_gpus_are_found(
    cloud: Simulator, session: tuple[dict[str, str], list[str]], fate: str, found: int
) -> None:
    environment, extra = session
    cloud.fate(fate)
    ansible(["ansible-playbook", "playbooks/launch.yml", *extra], environment)
    done = ansible([*PROVISION, *extra], environment, succeed=False)
    machine = cloud.live()["eval"]["id"]
    assert f"eval (id {machine}) should have 4 working GPUs, but only {found} answer" in " ".join(done.stdout.split())


def test_host_keys_are_known_by_the_machine_and_not_by_its_address(
    cloud: Simulator, session: tuple[dict[str, str], list[str]], tmp_path: Path
) -> None:
    environment, extra = session
    machines = []
    for _each in range(2):
        ansible(["ansible-playbook", "playbooks/launch.yml", *extra], environment)
        machines.append(cloud.live()["eval"])
        ansible(["ansible-playbook", "playbooks/terminate.yml", *extra], environment)

    def is_known(host: str) -> bool:
        command = ["ssh-keygen", "-F", host, "-f", tmp_path / "known hosts"]
        return subprocess.run(command, capture_output=True, check=False).returncode == 0

    # An address that comes back with another machine behind it is neither an impostor nor trusted for the old one's sake.
    for machine in machines:
        assert is_known(f"lambda-{machine['id']}")
        assert not is_known(f"[{machine['ip']}]:{SSH_PORT}")


def check_gpus(session: tuple[dict[str, str], list[str]], succeed: bool = True, **variables: t.Any) -> str:
    environment, extra = session
    options = ["-e", json.dumps({f"gpu_check_{name}": value for name, value in variables.items()})]
    return " ".join(ansible([*PROVISION, *extra, *options], environment, succeed=succeed).stdout.split())


def test_what_gpus_lack_is_told(cloud: Simulator, session: tuple[dict[str, str], list[str]]) -> None:
    seed_machine(cloud, session)
    options = {"memory_mib": 99999, "driver": "999.0", "ecc_errors": -1, "gpus": 8}
    failed = check_gpus(session, succeed=False, **options)
    # A report goes on.
    reported = check_gpus(session, on_failure="report", **options)
    for told in (
        "MiB, not 99999 or more.",
        "older than 999.0.",
        "has 0 uncorrected memory errors.",
        "should have 8 working GPUs, but only 4 answer",
    ):
        assert told in failed
        assert told in reported


STAND_IN = """#!/usr/bin/env python3
import sys, types

class Broken:
    def find_spec(self, name, path=None, target=None):
        if name == "torch":
            {cuda}

sys.meta_path.insert(0, Broken())

class Number:
    def __matmul__(self, other): return self
    def sum(self): return float(256 ** 3)

def ones(shape, device):
    if device == "cuda:{bad}":
        raise RuntimeError("CUDA error: an illegal memory access was encountered")
    return Number()

version = types.SimpleNamespace(cuda={cuda} if "/" not in "{cuda}" else None)
cuda = types.SimpleNamespace(device_count=lambda: {count}, synchronize=lambda index: None)
if "/" not in "{cuda}":
    sys.modules["torch"] = types.SimpleNamespace(cuda=cuda, ones=ones, version=version)
exec(sys.argv[2])
"""


@pytest.mark.parametrize(
    ("count", "bad", "cuda", "told"),
    [
        (4, 9, "'12.8'", "PyTorch computes on each"),
        (4, 2, "'12.8'", "fails on GPU 2: RuntimeError: CUDA error: an illegal memory access"),
        (3, 9, "'12.8'", "sees devices 3, not 4."),
        # One for CPUs says nothing of the GPUs.
        (0, 9, "None", "4 GPUs answer"),
        (0, 9, "1 / 0", "fails on import: ZeroDivisionError"),
    ],
)
def test_pytorch_computes_on_each_gpu(
    cloud: Simulator,
    session: tuple[dict[str, str], list[str]],
    tmp_path: Path,
    count: int,
    bad: int,
    cuda: str,
    told: str,
) -> None:
    # The host runs as the current user, on the same files.
    python = tmp_path / "python"
    python.write_text(STAND_IN.replace("{count}", str(count)).replace("{bad}", str(bad)).replace("{cuda}", cuda))
    python.chmod(0o755)
    seed_machine(cloud, session)
    assert told in check_gpus(session, succeed=told[0] in "P4", python=str(python))


@BOTH_WAYS
def test_a_machine_with_a_dead_gpu_is_replaced(cloud: Simulator, session: tuple[dict[str, str], list[str]]) -> None:
    environment, extra = session
    cloud.fate("gpu-broken")
    ansible(["ansible-playbook", "playbooks/launch.yml", *extra], environment)
    broken = cloud.live()["eval"]
    assert f"Replacing eval. eval (id {broken['id']}) should have 4" in check_gpus(
        session, on_failure="replace", max_replacements=3, wait_interval=0.2
    )
    healthy = cloud.live()["eval"]
    assert healthy["id"] != broken["id"]
    # A machine that is well is not replaced again, however many may be.
    assert cloud.operations().count("launch") == 2
    for field in ("instance_type", "region", "ssh_key_names"):
        assert healthy[field] == broken[field]
    assert "4 GPUs answer" in check_gpus(session, on_failure="replace")
    assert cloud.live()["eval"]["id"] == healthy["id"]


def test_replacements_have_a_bound(cloud: Simulator, session: tuple[dict[str, str], list[str]]) -> None:
    environment, extra = session
    cloud.fate("gpu-missing", times=9)
    ansible(["ansible-playbook", "playbooks/launch.yml", *extra], environment)
    told = check_gpus(session, succeed=False, on_failure="replace", max_replacements=2, wait_interval=0.2)
    assert told.count("Replacing eval.") == 2
    assert f"eval (id {cloud.live()['eval']['id']}) should have 4 working GPUs, but only 3 answer" in told


def test_a_machine_that_could_not_be_replaced_is_left(
    cloud: Simulator, session: tuple[dict[str, str], list[str]]
) -> None:
    environment, extra = session
    cloud.fate("gpu-broken")
    ansible(["ansible-playbook", "playbooks/launch.yml", *extra], environment)
    broken = cloud.live()["eval"]["id"]
    # In its place its namesake would be found.
    twin = cloud.seed_instance("eval", host=False, ip="127.99.99.99")
    options = ["-e", "gpu_check_on_failure=replace", "--limit", f"eval-{broken},localhost"]
    done = ansible([*PROVISION, *extra, *options], environment, succeed=False)
    told = " ".join(done.stdout.split())
    assert f"eval-{broken} (id {broken}) cannot be replaced" in told
    assert "It was left as it is, and bills." in told
    rows = [row["id"] for row in cloud.state()["instances"] if row["status"] == "active"]
    assert sorted(rows) == sorted([broken, twin])


def test_arguments_for_ssh_of_an_inventory_stay(session: tuple[dict[str, str], list[str]], tmp_path: Path) -> None:
    environment, extra = session
    ansible(["ansible-playbook", "playbooks/launch.yml", *extra], environment)
    (tmp_path / "more.ini").write_text("[all:vars]\nansible_ssh_common_args=-o ServerAliveInterval=77\n")
    done = ansible([*PROVISION, "-i", str(tmp_path / "more.ini"), "-vvv", *extra], environment)
    (command, *_more) = (line for line in done.stdout.splitlines() if "SSH: EXEC ssh" in line)
    assert "ServerAliveInterval=77" in command
    assert "HostKeyAlias=lambda-" in command


@BOTH_WAYS
@NEEDS_RSYNC
def test_files_come_back_to_where_the_playbook_is_run(
    cloud: Simulator, session: tuple[dict[str, str], list[str]], tmp_path: Path
) -> None:
    environment, extra = session
    ansible(["ansible-playbook", "playbooks/launch.yml", *extra], environment)
    (tmp_path / "result").write_text("42")
    here = tmp_path / "here"
    here.mkdir()
    terminate = ["ansible-playbook", "lambdal.cloud.terminate", *extra, "-e", "fleet_pull_first=true"]
    refused = ansible(terminate, environment, cwd=here, succeed=False)
    assert "fleet_pull_first needs sync_pull" in refused.stdout
    assert set(cloud.live()) == {"eval"}
    pull = [{"src": str(tmp_path / "result"), "dest": "back/{{ inventory_hostname }}/"}]
    ansible([*terminate, "-e", json.dumps({"sync_pull": pull})], environment, cwd=here)
    assert (here / "back" / "eval" / "result").read_text() == "42"
    assert cloud.live() == {}


def terminate_vision(extra: list[str], folder: Path) -> list[str]:
    """Terminate a whole fleet, after a file of each of its machines is back."""
    pull = [{"src": str(folder / "result"), "dest": f"{folder}/back/{{{{ inventory_hostname }}}}/"}]
    fleet = {"fleet_name": "vision", "fleet_prune": True, "fleet_pull_first": True, "sync_pull": pull}
    return ["ansible-playbook", "playbooks/terminate.yml", *extra, "-e", json.dumps(fleet)]


@NEEDS_RSYNC
def test_files_of_machines_that_share_a_name_come_back(
    cloud: Simulator, session: tuple[dict[str, str], list[str]], tmp_path: Path
) -> None:
    environment, extra = session
    ansible(["ansible-playbook", "playbooks/launch.yml", *extra], environment)
    tags = {"lambdal-cloud-fleet": "vision"}
    twins = [cloud.seed_instance("twin", ssh_key_names=["ci"], tags=tags, host=True) for _each in range(2)]
    (tmp_path / "result").write_text("42")
    ansible(terminate_vision(extra, tmp_path), environment)
    assert {path.name for path in (tmp_path / "back").iterdir()} == {"eval", *(f"twin-{each}" for each in twins)}
    assert cloud.live() == {}


@NEEDS_RSYNC
def test_nothing_is_terminated_while_a_machine_keeps_its_files(
    cloud: Simulator, session: tuple[dict[str, str], list[str]], tmp_path: Path
) -> None:
    environment, extra = session
    ansible(["ansible-playbook", "playbooks/launch.yml", *extra], environment)
    silent = cloud.seed_instance("silent", host=False, ip="127.99.99.99", tags={"lambdal-cloud-fleet": "vision"})
    (tmp_path / "result").write_text("42")
    told = " ".join(ansible(terminate_vision(extra, tmp_path), environment, succeed=False).stdout.split())
    assert "Not all files are back from eval, silent. Nothing was terminated, and all of the fleet bills." in told
    assert cloud.live().keys() == {"eval", "silent"}
    assert cloud.live()["silent"]["id"] == silent


def test_a_new_machine_that_fails_is_not_replaced_beyond_the_bound(
    cloud: Simulator, session: tuple[dict[str, str], list[str]]
) -> None:
    environment, extra = session
    cloud.fate("gpu-broken")
    ansible(["ansible-playbook", "playbooks/launch.yml", *extra], environment)
    cloud.fate("unhealthy")
    told = check_gpus(session, succeed=False, on_failure="replace", wait_interval=0.2)
    assert "eval was terminated for its GPUs, and no other machine is in its place." in told
    assert cloud.operations().count("launch") == 2
    assert cloud.live()["eval"]["status"] == "unhealthy"


@pytest.mark.parametrize(
    ("lacks", "what"),
    [({"region": None}, "region"), ({"instance_type": None}, "type"), ({"ssh_key_names": []}, "SSH key")],
)
def test_a_machine_of_which_too_little_is_told_is_left(
    cloud: Simulator, session: tuple[dict[str, str], list[str]], lacks: dict[str, t.Any], what: str
) -> None:
    seed_key(cloud, session)
    machine = cloud.seed_instance("eval", host=True, ssh_key_names=["ci"], extra=lacks)
    told = check_gpus(session, succeed=False, gpus=64, on_failure="replace")
    assert f"cannot be replaced: the API does not tell its {what}. It was left as it is, and bills." in told
    assert cloud.live()["eval"]["id"] == machine


def test_a_machine_without_a_name_is_replaced(cloud: Simulator, session: tuple[dict[str, str], list[str]]) -> None:
    seed_key(cloud, session)
    machine = cloud.seed_instance(None, host=True, ssh_key_names=["ci"])
    told = check_gpus(session, succeed=False, gpus=64, on_failure="replace", wait_interval=0.2)
    assert f"Replacing {machine}." in told
    # Until now it was known by its id.
    assert set(cloud.live()) == {machine}
    assert cloud.live()[machine]["id"] != machine


@NEEDS_RSYNC
def test_files_of_machines_with_names_of_others_come_back(
    cloud: Simulator, session: tuple[dict[str, str], list[str]], tmp_path: Path
) -> None:
    environment, extra = session
    seed_key(cloud, session)
    (tmp_path / "result").write_text("42")
    names = ["old", "old", "localhost", "lambda_cloud", "all", "127.0.0.1"]
    seed = {"host": True, "ssh_key_names": ["ci"], "tags": {"lambdal-cloud-fleet": "vision"}}
    ids = [cloud.seed_instance(name, **seed) for name in names]
    # As a variable of a group it is not known to localhost.
    pull = [{"src": str(tmp_path / "result"), "dest": str(tmp_path / "back") + "/{{ inventory_hostname }}/"}]
    group = {"all": {"children": {"lambda_cloud_ending": {"vars": {"sync_pull": pull}}}}}
    (tmp_path / "more.yml").write_text(json.dumps(group))
    fleet = {"fleet_machines": [], "fleet_name": "vision", "fleet_prune": True, "fleet_pull_first": True}
    command = ["ansible-playbook", "playbooks/terminate.yml", *extra, "-e", json.dumps(fleet)]
    command += ["-i", "playbooks/lambda.yml"]
    refused = " ".join(ansible(command, environment, succeed=False).stdout.split())
    assert "Nothing was terminated" in refused
    assert {row["status"] for row in cloud.state()["instances"]} == {"active"}
    ansible([*command, "-i", str(tmp_path / "more.yml")], environment)
    named = {f"{name}-{machine}" for name, machine in zip(names, ids, strict=True)}
    assert {path.name for path in (tmp_path / "back").iterdir()} == named
    assert {row["status"] for row in cloud.state()["instances"]} <= {"terminating", "terminated"}


@NEEDS_RSYNC
def test_a_folder_of_an_inventory_is_not_displaced(session: tuple[dict[str, str], list[str]], tmp_path: Path) -> None:
    environment, extra = session
    ansible(["ansible-playbook", "playbooks/launch.yml", *extra], environment)
    (tmp_path / "known hosts").unlink()
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "result").write_text("42")
    variables = {
        "sync_folder": str(tmp_path / "mine"),
        "ansible_ssh_common_args": f"-o UserKnownHostsFile={tmp_path}/yours",
    }
    (tmp_path / "more.yml").write_text(json.dumps({"all": {"vars": variables}}))
    pull = [{"src": f"{tmp_path}/mine/result", "dest": f"{start}back/"} for start in ("", "$MY_FOLDER/")]
    command = ["ansible-playbook", "-i", str(tmp_path / "more.yml"), "playbooks/terminate.yml", *extra]
    options = ["-e", json.dumps({"fleet_pull_first": True, "sync_pull": pull})]
    ansible([*command, *options], {**environment, "MY_FOLDER": str(tmp_path)})
    for folder in ("mine/back", "back"):
        assert (tmp_path / folder / "result").read_text() == "42"
    # What ssh reads first counts: with the options of the inventory, all connections have kept host keys there, rsync's as well.
    assert (tmp_path / "yours").exists()
    assert not (tmp_path / "known hosts").exists()
