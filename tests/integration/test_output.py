# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What users see of the playbooks, line by line, as files in docs/output. With UPDATE_OUTPUT=1 they are written anew."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from lambda_cloud_simulator.testing import Simulator
from support.runner import BUILD, ROOT, ansible_environment, simulator_with_hosts, ssh_environment

FOLDER = ROOT / "docs" / "output"
SSH_PORT = 2238
# One host, since the order in which Ansible shows several is not always the same.
FLEET = """\
fleet_machines:
  - name: train
    instance_type: gpu_1x_a10
    region: us-east-1
fleet_ssh_key: laptop
fleet_ssh_private_key_path: laptop
fleet_known_hosts_file: known_hosts
fleet_name: vision
fleet_wait_interval: 0.2
"""
INVENTORY = ("-i", str(ROOT / "playbooks" / "lambda.yml"))
# In the order in which they are run: each file, and the command whose output it has.
COMMANDS: dict[str, tuple[str, ...]] = {
    "launch_check": ("launch", "--check"),
    "launch": ("launch",),
    "launch_again": ("launch",),
    "status": ("status",),
    "provision": ("provision", *INVENTORY),
    "terminate": ("terminate",),
}


@pytest.fixture(scope="module")
def outputs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Return what each command prints, and update the files if that was asked for."""
    folder = tmp_path_factory.mktemp("output")
    (folder / "fleet.yml").write_text(FLEET)
    (folder / "ansible.cfg").touch()
    with simulator_with_hosts(folder, SSH_PORT) as simulator:
        found = {name: shown(run(command, folder, simulator), folder) for name, command in COMMANDS.items()}
    if os.environ.get("UPDATE_OUTPUT"):
        FOLDER.mkdir(exist_ok=True)
        for name, text in found.items():
            (FOLDER / f"{name}.txt").write_text(text)
    return found


def run(command: tuple[str, ...], folder: Path, simulator: Simulator) -> str:
    environment = {
        **ansible_environment(simulator, folder),
        # As where the collection is installed, with Ansible's own defaults
        "ANSIBLE_CONFIG": str(folder / "ansible.cfg"),
        "ANSIBLE_COLLECTIONS_PATH": str(BUILD),
        **ssh_environment(SSH_PORT),
        "ANSIBLE_PRIVATE_KEY_FILE": str(folder / "laptop"),
    }
    playbook, *options = command
    done = subprocess.run(
        [
            *(str(Path(sys.executable).parent / "ansible-playbook"), *options),
            *(f"lambdal.cloud.{playbook}", "-e", "@fleet.yml"),
        ],
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    typed = " ".join(["ansible-playbook", *options, f"lambdal.cloud.{playbook}", "-e", "@fleet.yml"])
    return f"$ {typed}\n{done.stdout}"


def shown(text: str, folder: Path) -> str:
    """Return an output without what differs from run to run: ids, addresses, folders and times."""
    text = text.replace(str(folder), "~").replace(str(INVENTORY[1]), "lambda.yml")
    text = re.sub(r"\S*/lambdal/cloud/(?=roles/)", "", text)
    # Ids and addresses by the order in which they appear
    for pattern, form in ((r"\b[0-9a-f]{32}\b", "{:032x}"), (r"\b127\.\d+\.\d+\.\d+\b", "198.51.100.{}")):
        known: dict[str, str] = {}
        for each in re.findall(pattern, text):
            known.setdefault(each, form.format(len(known) + 1))
        text = re.sub(pattern, lambda found, known=known: known[found[0]], text)
    text = re.sub(r"\b\d+ s\b", "0 s", text)
    # Of two hosts in one play, any may be first.
    text = re.sub(r"(PLAY \[Wait until.*?)skipping: \[localhost\]\n", r"\1", text, flags=re.DOTALL)
    text = re.sub(r"(?<=at most )[\d.]+(?= US dollars)", "0.01", text)
    # The columns of tables are as wide as their longest cell, which an address is.
    return re.sub(r'^ *".*  .*"', lambda row: re.sub(r"(?<=\S)  +(?=\S)", "  ", row[0]), text, flags=re.MULTILINE)


@pytest.mark.parametrize("name", COMMANDS)
def test_users_see_what_the_documentation_shows(outputs: dict[str, str], name: str) -> None:
    assert outputs[name] == (FOLDER / f"{name}.txt").read_text()
