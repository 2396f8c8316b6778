# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The guides, followed word for word: every file written, every command run, in a shell of their own."""

from __future__ import annotations

import re
import shutil
import socket
import subprocess
import sys
import typing as t
from pathlib import Path

import pytest
import yaml
from support.documents import blocks, follow, script
from support.runner import BUILD, ROOT, module_environment
from support.simulator import Simulator, running_simulator

GUIDES = sorted((ROOT / "docs" / "docsite" / "rst").glob("*.rst"))
DOCUMENTS = [*GUIDES, ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "docs" / "comparison.md"]
SSH_PORT = 2224

# Keys that the guides use as examples
KEYS = ("secret_my-key_0123456789abcdef", "secret_my-key_fedcba9876543210")

# They make virtual environments, which takes half a minute each.
FROM_NOTHING = {"guide_simulator", "guide_account", "README", "CONTRIBUTING"}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def cloud(tmp_path: Path) -> t.Iterator[Simulator]:
    """The account of the reader."""
    keys = [argument for key in KEYS for argument in ("--api-key", key)]
    hosts = ["--hosts", "local", "--ssh-port", str(SSH_PORT)]
    with running_simulator(tmp_path, "--boot-time", "0", "--time-scale", "1000", *hosts, *keys) as simulator:
        yield simulator


@pytest.fixture
def reader(cloud: Simulator, home: Path) -> dict[str, str]:
    """The environment of a reader, who has a pair of SSH keys and the collection."""
    folder = home / ".ssh"
    folder.mkdir(mode=0o700)
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(folder / "id_ed25519")], check=True)
    # What the reader would download is this checkout.
    (home / ".gitconfig").write_text(
        f'[url "file://{ROOT}"]\n  insteadOf = https://github.com/lambdal-cloud/lambdal.cloud\n[safe]\n  directory = *\n'
    )
    environment = module_environment(home)
    del environment["PYTHONPATH"]
    return {
        **environment,
        "PATH": f"{Path(sys.executable).parent}:{environment['PATH']}",
        "ANSIBLE_COLLECTIONS_PATH": str(BUILD),
        "ANSIBLE_NOCOLOR": "true",
        "LAMBDA_API_KEY": KEYS[0],
        "LAMBDA_API_URL": cloud.api_url,
        "LAMBDA_REQUEST_INTERVAL": "0",
        "LAMBDA_LAUNCH_INTERVAL": "0",
        "ANSIBLE_REMOTE_PORT": str(SSH_PORT),
        "ANSIBLE_PRIVATE_KEY_FILE": str(folder / "id_ed25519"),
        # A socket's path has a hundred characters or so.
        "ANSIBLE_SSH_ARGS": "-C -o ControlMaster=no",
    }


@pytest.mark.parametrize(
    "guide",
    [
        pytest.param(path, id=path.stem, marks=pytest.mark.slow if path.stem in FROM_NOTHING else ())
        for path in DOCUMENTS
        if any(block.language in ("shell", "sh") for block in blocks(path))
    ],
)
def test_its_commands_work_in_its_order(guide: Path, reader: dict[str, str], tmp_path: Path) -> None:
    folder = tmp_path / "here"
    folder.mkdir()
    port, ssh_port = str(free_port()), str(free_port())
    if "curl" in script(guide) and not shutil.which("curl"):
        pytest.skip("curl, which this document uses, is not installed")
    text = script(guide).replace("8420", port).replace("2222", ssh_port).replace("2299", str(free_port()))
    text = text.replace("simulator serve ", f"simulator serve --port {port} --ssh-port {ssh_port} ")
    if guide.stem in FROM_NOTHING:
        # Somebody without a virtual environment
        reader["PATH"] = f"{Path(sys.base_prefix) / 'bin'}:/usr/bin:/bin"
    # The longest takes two minutes where nothing else runs.
    follow(text, reader, folder, seconds=480)


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.stem)
def test_every_block_is_run_written_or_output(path: Path) -> None:
    for block in blocks(path):
        assert block.language in ("shell", "sh", "text") or block.file, block
        if block.language == "yaml":
            yaml.safe_load(block.text)


def test_no_command_hides_in_another_form() -> None:
    for path in GUIDES:
        assert not re.search(r"^::$|[^:]::$", path.read_text().replace(".. code-block::", ""), re.MULTILINE), path
    assert shutil.which("bash")
