# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Launched instances, reached over SSH through the inventory."""

from __future__ import annotations

import json
import shutil
import subprocess
import tempfile
import typing as t
from pathlib import Path

import pytest
from lambda_cloud_simulator.testing import Simulator
from support.awx_jobs import unsafe_yaml
from support.role_options import bears_nothing, role_options
from support.runner import ansible, ansible_environment, simulator_with_hosts, ssh_environment
from support.tools import needs_tools

SSH_PORT = 2223


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> t.Iterator[Simulator]:
    folder = tmp_path_factory.mktemp("hosts")
    with simulator_with_hosts(folder, SSH_PORT) as simulator:
        yield simulator


@pytest.fixture
def mode() -> str:
    """Return the mode: over SSH both are the same; tests of what a play does on localhost run in both."""
    return "direct"


BOTH_MODES = pytest.mark.parametrize("mode", ["direct", pytest.param("process", marks=pytest.mark.slow)])


@pytest.fixture
def session(cloud: Simulator, tmp_path: Path, mode: str) -> t.Iterator[tuple[dict[str, str], list[str]]]:
    """Yield an environment and extra variables for playbooks that use SSH."""
    cloud.reset()
    home = tmp_path / "home"
    home.mkdir()
    key = tmp_path / "key"
    environment = {
        **ansible_environment(cloud, home, mode),
        **ssh_environment(SSH_PORT),
        "ANSIBLE_PRIVATE_KEY_FILE": str(key),
        # As many have it, and as it is by default.
        "ANSIBLE_PIPELINING": str(mode == "direct"),
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


def test_no_answer_of_a_survey_is_as_if_nobody_had_asked(
    cloud: Simulator, session: tuple[dict[str, str], list[str]], tmp_path: Path
) -> None:
    environment, extra = session
    answers = dict.fromkeys(("provision_hosts", "provision_node", "launch_ends_at_ssh"), "")
    options = role_options(("fleet", "gpu_check", "node", "ssh_config"))
    given = json.loads(extra[1])
    answers |= {name: "" for name, option in options.items() if bears_nothing(option) and name not in given}
    (tmp_path / "answers.yml").write_text(unsafe_yaml(answers))
    command = ["ansible-playbook", "-i", "playbooks/lambda.yml", "playbooks/site.yml", *extra]
    done = ansible([*command, "-e", f"@{tmp_path / 'answers.yml'}"], environment)
    assert "4 GPUs answer" in done.stdout
    assert cloud.operations().count("launch") == 1
    assert {row["status"] for row in cloud.live().values()} == {"active"}


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
    output = playbook(session, name, succeed=False, fleet_ssh_timeout=600, fleet_key_timeout=2, **keys)
    row = cloud.live()["eval"]
    assert (
        f"eval (id {row['id']}, {row['ip']}) refuses the SSH key of ubuntu. The instance runs and is billed. Log in with"
        in output
    )
    assert "Permission denied" in output
    assert "Check the GPUs" not in output
    if name == "launch":
        # The table comes all the same.
        assert f"eval {row['id']} gpu_4x_a6000 us-south-1 {row['ip']} active 3.20" in output.split("Show the fleet")[1]


@pytest.mark.parametrize("name", ["launch", "site", "provision"])
def test_an_instance_that_never_answers_is_told(
    cloud: Simulator, session: tuple[dict[str, str], list[str]], name: str
) -> None:
    cloud.seed_ssh_key("ci")
    there = {"instance_type": "gpu_4x_a6000", "region": "us-south-1", "ssh_key_names": ["ci"], "ip": "127.99.99.99"}
    silent = cloud.seed_instance("eval", host=False, **there)
    output = playbook(session, name, succeed=False, fleet_ssh_key="own", fleet_ssh_timeout=3, fleet_on_drift="ignore")
    assert (
        f"eval (id {silent}, 127.99.99.99) did not answer SSH within 3 seconds. The instance is billed all the same."
        in output
    )
    assert "Connection refused" in output


def test_a_file_system_that_is_not_mounted_is_told(cloud: Simulator, session: tuple[dict[str, str], list[str]]) -> None:
    # Hosts of this kind mount none.
    instances = [
        {"name": "eval", "instance_type": "gpu_1x_a10", "region": "us-east-1", "file_systems": ["datasets"]},
    ]
    output = playbook(session, "site", succeed=False, fleet_machines=instances, node_mount_timeout=1)
    row = cloud.live()["eval"]
    assert (
        f"eval (id {row['id']}, {row['ip']}) has no file system mounted at /lambda/nfs/datasets, where the API reports one. "
        "The instance is billed all the same, and what is written there would be lost with it. "
        "Restart it, or terminate it and launch another."
    ) in output


def seed_key(cloud: Simulator, session: tuple[dict[str, str], list[str]]) -> None:
    """Let the session log in to instances that nobody launched."""
    key = Path(session[0]["ANSIBLE_PRIVATE_KEY_FILE"])
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key], check=True)
    cloud.seed_ssh_key("ci", key.with_suffix(".pub").read_text())


def seed_instance(cloud: Simulator, session: tuple[dict[str, str], list[str]]) -> None:
    """Add the instance `eval` with four GPUs, which nobody launched."""
    seed_key(cloud, session)
    there = {"instance_type": "gpu_4x_a6000", "region": "us-south-1", "ssh_key_names": ["ci"], "host": True}
    cloud.seed_instance("eval", **there)


PROVISION = ["ansible-playbook", "-i", "playbooks/lambda.yml", "playbooks/provision.yml"]


@BOTH_MODES
def test_launch_waits_for_ssh_and_provision_checks_the_gpus(session: tuple[dict[str, str], list[str]]) -> None:
    environment, extra = session
    launched = ansible(["ansible-playbook", "playbooks/launch.yml", *extra], environment)
    assert "ok: [eval]" in launched.stdout.split("TASK [Wait for SSH, ")[1]
    done = ansible([*PROVISION, *extra], environment)
    assert "4 GPUs answer: 0, NVIDIA RTX A6000" in done.stdout
    again = ansible([*PROVISION, "--check", *extra], environment)
    assert "4 GPUs answer" in again.stdout


@pytest.mark.skipif(not shutil.which("ssh-agent"), reason="ssh-agent (Debian: openssh-client) holds the key of a vault")
def test_a_key_from_a_vault_logs_in(session: tuple[dict[str, str], list[str]], tmp_path: Path) -> None:
    environment, extra = session
    key = tmp_path / "vaulted"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key], check=True)
    (tmp_path / "vault.json").write_text(json.dumps({"ansible_ssh_private_key": key.read_text()}))
    (tmp_path / "password").write_text("of the vault")
    vault = ["--vault-password-file", str(tmp_path / "password")]
    ansible(["ansible-vault", "encrypt", *vault, str(tmp_path / "vault.json")], environment)
    lines = key.read_text().splitlines()
    key.unlink()
    public = {"fleet_ssh_public_key_file": f"{key}.pub", "fleet_ssh_private_key_path": ""}
    command = ["ansible-playbook", "-v", "playbooks/launch.yml", *extra, "-e", json.dumps(public), *vault]
    # A socket's path has a hundred characters or so, which the folders of tests alone may take.
    with tempfile.TemporaryDirectory(prefix="ag-") as short:
        agent = {**environment, "ANSIBLE_SSH_AGENT": "auto", "ANSIBLE_LOCAL_TEMP": short}
        del agent["ANSIBLE_PRIVATE_KEY_FILE"]
        done = ansible([*command, "-e", f"@{tmp_path / 'vault.json'}"], agent)
    assert "ok: [eval]" in done.stdout.split("TASK [Wait for SSH, ")[1]
    assert lines[1] not in done.stdout + done.stderr


@pytest.mark.parametrize(("fate", "found"), [("gpu-missing", 3), ("gpu-broken", 3)])
def test_dead_gpus_are_found(
    cloud: Simulator, session: tuple[dict[str, str], list[str]], fate: str, found: int
) -> None:
    environment, extra = session
    cloud.add_fate(fate)
    ansible(["ansible-playbook", "playbooks/launch.yml", *extra], environment)
    done = ansible([*PROVISION, *extra], environment, succeed=False)
    instance = cloud.live()["eval"]["id"]
    assert f"eval (id {instance}) should have 4 working GPUs, but only {found} answer" in " ".join(done.stdout.split())


def test_host_keys_are_known_by_the_instance_and_not_by_its_address(
    cloud: Simulator, session: tuple[dict[str, str], list[str]], tmp_path: Path
) -> None:
    environment, extra = session
    instances = []
    for _each in range(2):
        ansible(["ansible-playbook", "playbooks/launch.yml", *extra], environment)
        instances.append(cloud.live()["eval"])
        ansible(["ansible-playbook", "playbooks/terminate.yml", *extra], environment)

    def is_known(host: str) -> bool:
        command = ["ssh-keygen", "-F", host, "-f", tmp_path / "known hosts"]
        return subprocess.run(command, capture_output=True, check=False).returncode == 0

    # An address that comes back with another instance behind it is neither an impostor nor trusted for the old one's sake.
    for instance in instances:
        assert is_known(f"lambda-{instance['id']}")
        assert not is_known(f"[{instance['ip']}]:{SSH_PORT}")


def check_gpus(
    session: tuple[dict[str, str], list[str]], succeed: bool = True, hosts: str = "", **variables: t.Any
) -> str:
    environment, extra = session
    own = {f"gpu_check_{name}": value for name, value in variables.items()}
    options = ["-e", json.dumps({"provision_hosts": hosts, **own})]
    return " ".join(ansible([*PROVISION, *extra, *options], environment, succeed=succeed).stdout.split())


def test_what_gpus_lack_is_told(cloud: Simulator, session: tuple[dict[str, str], list[str]]) -> None:
    seed_instance(cloud, session)
    options = {"memory_mib": 99999, "driver": "999.0", "ecc_errors": -1, "gpus": 8}
    failed = check_gpus(session, succeed=False, **options)
    # A report goes on.
    reported = check_gpus(session, on_failure="report", **options)
    for message in (
        "MiB, not 99999 or more.",
        "older than 999.0.",
        "has 0 uncorrected memory errors.",
        "should have 8 working GPUs, but only 4 answer",
    ):
        assert message in failed
        assert message in reported


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
    ("count", "bad", "cuda", "message"),
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
    message: str,
) -> None:
    # The host runs as the current user, on the same files.
    python = tmp_path / "python"
    python.write_text(STAND_IN.replace("{count}", str(count)).replace("{bad}", str(bad)).replace("{cuda}", cuda))
    python.chmod(0o755)
    seed_instance(cloud, session)
    assert message in check_gpus(session, succeed=message[0] in "P4", python=str(python))


@BOTH_MODES
def test_an_instance_with_a_dead_gpu_is_replaced(cloud: Simulator, session: tuple[dict[str, str], list[str]]) -> None:
    environment, extra = session
    cloud.add_fate("gpu-broken")
    ansible(["ansible-playbook", "playbooks/launch.yml", *extra], environment)
    broken = cloud.live()["eval"]
    assert f"Replacing eval. eval (id {broken['id']}) should have 4" in check_gpus(
        session, on_failure="replace", max_replacements=3, wait_interval=0.2
    )
    healthy = cloud.live()["eval"]
    assert healthy["id"] != broken["id"]
    # An instance that is well is not replaced again, however many may be.
    assert cloud.operations().count("launch") == 2
    for field in ("instance_type", "region", "ssh_key_names"):
        assert healthy[field] == broken[field]
    assert "4 GPUs answer" in check_gpus(session, on_failure="replace")
    assert cloud.live()["eval"]["id"] == healthy["id"]


def test_all_at_once_ends_with_a_replacement(cloud: Simulator, session: tuple[dict[str, str], list[str]]) -> None:
    cloud.add_fate("gpu-broken")
    playbook(session, "site", gpu_check_on_failure="replace", gpu_check_max_replacements=1, gpu_check_wait_interval=0.2)
    assert cloud.operations().count("launch") == 2
    # What is not active yet is waited for at the end.
    cloud.reset()
    cloud.add_fate("never-active")
    told = playbook(session, "site", succeed=False, fleet_wait_timeout=3)
    assert "4 GPUs answer" in told
    assert f"still waiting for eval (id {cloud.live()['eval']['id']}, booting)" in told


def test_a_replacement_has_the_same_image_or_there_is_none(
    cloud: Simulator, session: tuple[dict[str, str], list[str]]
) -> None:
    environment, extra = session
    images = cloud.call_api("GET", "/images")
    image = next(
        row["id"] for row in images if row["family"] == "ubuntu-22-04" and row["region"]["name"] == "us-south-1"
    )
    machines = [{"name": "eval", "instance_type": "gpu_4x_a6000", "region": "us-south-1", "image": image}]
    cloud.add_fate("gpu-broken", times=2)
    launch = ["ansible-playbook", "playbooks/launch.yml", *extra, "-e", json.dumps({"fleet_machines": machines})]
    ansible(launch, environment)
    broken = cloud.live()["eval"]
    output = check_gpus(session, succeed=False, on_failure="replace", max_replacements=1, wait_interval=0.2)
    assert "does not report the image" not in output
    successor = cloud.live()["eval"]
    assert successor["id"] != broken["id"]
    assert successor["image"]["id"] == broken["image"]["id"] == image
    # Nothing is terminated for an image that is gone.
    cloud.reset()
    seed_gone = {"instance_type": "gpu_4x_a6000", "region": "us-south-1", "ssh_key_names": ["ci"], "host": True}
    public = Path(environment["ANSIBLE_PRIVATE_KEY_FILE"]).with_suffix(".pub")
    private = Path(environment["ANSIBLE_PRIVATE_KEY_FILE"])
    public.write_text(
        subprocess.run(["ssh-keygen", "-y", "-f", private], capture_output=True, text=True, check=True).stdout
    )
    cloud.seed_ssh_key("ci", public.read_text())
    gone = cloud.seed_instance("eval", tags={"lambdal-cloud-image": "none"}, **seed_gone)
    cloud.apply_fate(gone, "gpu-broken")
    output = check_gpus(session, succeed=False, on_failure="replace", max_replacements=1, wait_interval=0.2)
    assert "cannot be replaced: its image none can no longer be launched in us-south-1. It was left as it is" in output
    assert cloud.live()["eval"]["id"] == gone


def test_replacements_have_a_bound(cloud: Simulator, session: tuple[dict[str, str], list[str]]) -> None:
    environment, extra = session
    cloud.add_fate("gpu-missing", times=9)
    ansible(["ansible-playbook", "playbooks/launch.yml", *extra], environment)
    output = check_gpus(session, succeed=False, on_failure="replace", max_replacements=2, wait_interval=0.2)
    assert output.count("Replacing eval.") == 2
    assert f"eval (id {cloud.live()['eval']['id']}) should have 4 working GPUs, but only 3 answer" in output


def test_an_instance_that_could_not_be_replaced_is_left(
    cloud: Simulator, session: tuple[dict[str, str], list[str]]
) -> None:
    environment, extra = session
    cloud.add_fate("gpu-broken")
    ansible(["ansible-playbook", "playbooks/launch.yml", *extra], environment)
    broken = cloud.live()["eval"]["id"]
    # In its place its namesake would be found.
    twin = cloud.seed_instance("eval", host=False, ip="127.99.99.99")
    options = ["-e", "gpu_check_on_failure=replace", "-e", f"provision_hosts=eval-{broken}"]
    done = ansible([*PROVISION, *extra, *options], environment, succeed=False)
    output = " ".join(done.stdout.split())
    assert f"eval-{broken} (id {broken}) cannot be replaced" in output
    assert "It was left as it is and is still billed." in output
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


@BOTH_MODES
@needs_tools("rsync")
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


@needs_tools("rsync")
def test_files_go_the_way_that_ssh_args_tell(
    cloud: Simulator, session: tuple[dict[str, str], list[str]], tmp_path: Path
) -> None:
    environment, extra = session
    ansible(["ansible-playbook", "playbooks/launch.yml", *extra], environment)
    (tmp_path / "result").write_text("42")
    # The address is one that only these arguments lead to, as a jump host's are.
    way = {"ansible_host": "eval.invalid", "ansible_ssh_args": "-o ControlMaster=no -o 'HostName={{ lambda_ip }}'"}
    pull = [{"src": str(tmp_path / "result"), "dest": f"{tmp_path}/back/"}]
    role = {"hosts": "eval", "gather_facts": False, "vars": way, "roles": ["lambdal.cloud.sync"]}
    (tmp_path / "play.yml").write_text(json.dumps([role]))
    variables = ["-e", json.dumps({"sync_pull": pull, "sync_retries": 0})]
    command = ["ansible-playbook", "-i", "playbooks/lambda.yml", str(tmp_path / "play.yml"), *extra, *variables]
    ansible(command, environment)
    assert (tmp_path / "back" / "result").read_text() == "42"


def terminate_vision(extra: list[str], folder: Path) -> list[str]:
    """Terminate a whole fleet, after a file of each of its instances is back."""
    pull = [{"src": str(folder / "result"), "dest": f"{folder}/back/{{{{ inventory_hostname }}}}/"}]
    fleet = {"fleet_name": "vision", "fleet_prune": True, "fleet_pull_first": True, "sync_pull": pull}
    return ["ansible-playbook", "playbooks/terminate.yml", *extra, "-e", json.dumps(fleet)]


@needs_tools("rsync")
def test_files_of_instances_that_share_a_name_come_back(
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


@needs_tools("rsync")
def test_nothing_is_terminated_while_an_instance_keeps_its_files(
    cloud: Simulator, session: tuple[dict[str, str], list[str]], tmp_path: Path
) -> None:
    environment, extra = session
    ansible(["ansible-playbook", "playbooks/launch.yml", *extra], environment)
    silent = cloud.seed_instance("silent", host=False, ip="127.99.99.99", tags={"lambdal-cloud-fleet": "vision"})
    (tmp_path / "result").write_text("42")
    output = " ".join(ansible(terminate_vision(extra, tmp_path), environment, succeed=False).stdout.split())
    assert "Not all files were pulled from silent. silent cannot be reached: " in output
    assert "Nothing was terminated, and the whole fleet is still billed: eval (id " in output
    assert cloud.live().keys() == {"eval", "silent"}
    assert cloud.live()["silent"]["id"] == silent
    # What the other one has is back.
    assert {path.name for path in (tmp_path / "back").iterdir()} == {"eval"}


@needs_tools("rsync")
def test_two_instances_are_not_pulled_to_one_place(
    cloud: Simulator, session: tuple[dict[str, str], list[str]], tmp_path: Path
) -> None:
    environment, extra = session
    ansible(["ansible-playbook", "playbooks/launch.yml", *extra], environment)
    cloud.seed_instance("twin", ssh_key_names=["ci"], tags={"lambdal-cloud-fleet": "vision"}, host=True)
    (tmp_path / "result").write_text("42")
    command = terminate_vision(extra, tmp_path)
    one_place = {"sync_pull": [{"src": str(tmp_path / "result"), "dest": f"{tmp_path}/back/"}]}
    refused = " ".join(ansible([*command, "-e", json.dumps(one_place)], environment, succeed=False).stdout.split())
    assert f"eval and twin would both be pulled to {tmp_path}/back/result" in refused
    assert "Nothing was terminated, and the whole fleet is still billed: eval (id " in refused
    assert cloud.live().keys() == {"eval", "twin"}
    assert not (tmp_path / "back").exists()
    # What differs between them is transferred at once all the same.
    done = ansible([*command, "-e", "sync_verify=true"], environment).stdout
    assert done.count("TASK [lambdal.cloud.sync : Compare what was pulled with what the host has]") == 1
    assert done.count("TASK [lambdal.cloud.sync : Transfer the files]") == 1
    assert {path.name for path in (tmp_path / "back").iterdir()} == {"eval", "twin"}


def test_a_new_instance_that_fails_is_not_replaced_beyond_the_bound(
    cloud: Simulator, session: tuple[dict[str, str], list[str]]
) -> None:
    environment, extra = session
    cloud.add_fate("gpu-broken")
    ansible(["ansible-playbook", "playbooks/launch.yml", *extra], environment)
    cloud.add_fate("unhealthy")
    output = check_gpus(session, succeed=False, on_failure="replace", wait_interval=0.2)
    assert "eval was terminated because of its GPUs, and no other instance has taken its place." in output
    assert cloud.operations().count("launch") == 2
    assert cloud.live()["eval"]["status"] == "unhealthy"


@pytest.mark.parametrize(
    ("lacks", "what"),
    [({"region": None}, "region"), ({"instance_type": None}, "type"), ({"ssh_key_names": []}, "SSH key")],
)
def test_an_instance_of_which_too_little_is_told_is_left(
    cloud: Simulator, session: tuple[dict[str, str], list[str]], lacks: dict[str, t.Any], what: str
) -> None:
    seed_key(cloud, session)
    instance = cloud.seed_instance("eval", host=True, ssh_key_names=["ci"], extra=lacks)
    output = check_gpus(session, succeed=False, gpus=64, on_failure="replace")
    assert (
        f"cannot be replaced: the API does not report its {what}. It was left as it is and is still billed." in output
    )
    assert cloud.live()["eval"]["id"] == instance


def test_an_instance_without_a_name_is_replaced(cloud: Simulator, session: tuple[dict[str, str], list[str]]) -> None:
    seed_key(cloud, session)
    instance = cloud.seed_instance(None, host=True, ssh_key_names=["ci"])
    output = check_gpus(session, succeed=False, hosts="all", gpus=64, on_failure="replace", wait_interval=0.2)
    assert f"Replacing {instance}." in output
    # Until now it was known by its id.
    assert set(cloud.live()) == {instance}
    assert cloud.live()[instance]["id"] != instance


@needs_tools("rsync")
def test_files_of_instances_with_names_of_others_come_back(
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
    named = {f"{name}-{instance}" for name, instance in zip(names, ids, strict=True)}
    assert {path.name for path in (tmp_path / "back").iterdir()} == named
    assert {row["status"] for row in cloud.state()["instances"]} <= {"terminating", "terminated"}


@needs_tools("rsync")
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
