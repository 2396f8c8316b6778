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
import tempfile
import typing as t
from pathlib import Path

import pytest
import yaml
from lambda_cloud_simulator.testing import Simulator, running_simulator
from support.documents import blocks, follow, script
from support.machines import why_not
from support.runner import AT_ONCE, BUILD, ROOT, UNPACED, module_environment, simulator_with_hosts, ssh_environment
from support.samples import EXAMPLE_API_KEYS
from support.tools import tools

GUIDES = sorted((ROOT / "docs" / "docsite" / "rst").glob("*.rst"))
DOCUMENTS = [*GUIDES, ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "docs" / "comparison.md"]
SSH_PORT = 2224

# They make virtual environments, which takes half a minute each.
FROM_NOTHING = {"guide_simulator", "guide_account", "README", "CONTRIBUTING"}
# Programs that README does not name, and by what in a guide's commands and files each is to be known
PROGRAMS = {"curl": "curl", "rsync": "lambdal.cloud.sync"}
# What their instances need of Debian: these are machines with systemd.
ON_MACHINES = {"guide_training": ["python3-torch"], "guide_serving": []}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def marks(guide: Path) -> list[pytest.MarkDecorator]:
    if guide.stem in ON_MACHINES:
        return [pytest.mark.slow, pytest.mark.root]
    if guide.stem in FROM_NOTHING:
        return [pytest.mark.slow]
    text = script(guide)
    programs = [program for program, sign in PROGRAMS.items() if sign in text]
    return tools(*programs) if programs else []


@pytest.fixture
def cloud(request: pytest.FixtureRequest, tmp_path: Path) -> t.Iterator[Simulator]:
    """Yield the account of the reader."""
    keys = [argument for key in EXAMPLE_API_KEYS for argument in ("--api-key", key)]
    guide = request.getfixturevalue("guide").stem
    if guide not in ON_MACHINES:
        with simulator_with_hosts(tmp_path, SSH_PORT, *keys) as simulator:
            yield simulator
        return
    if reason := why_not():
        pytest.skip(reason)
    packages = [argument for package in ON_MACHINES[guide] for argument in ("--machine-package", package)]
    options = ("--hosts", "machine", *AT_ONCE, *keys, *packages)
    # The first time, machines with more packages take their time.
    with running_simulator(*options, folder=tmp_path, start_seconds=900) as simulator:
        yield simulator


@pytest.fixture
def sockets() -> t.Iterator[str]:
    """Yield a folder with a short path, since that of a socket has a hundred characters or so."""
    with tempfile.TemporaryDirectory(prefix="cp-") as folder:
        yield folder


@pytest.fixture
def reader(guide: Path, cloud: Simulator, home: Path, sockets: str) -> dict[str, str]:
    """Return the environment of a reader, who has a pair of SSH keys and the collection."""
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
        "LAMBDA_API_KEY": EXAMPLE_API_KEYS[0],
        "LAMBDA_API_URL": cloud.api_url,
        **UNPACED,
        **({"ANSIBLE_SSH_CONTROL_PATH_DIR": sockets} if guide.stem in ON_MACHINES else ssh_environment(SSH_PORT)),
        "ANSIBLE_PRIVATE_KEY_FILE": str(folder / "id_ed25519"),
    }


@pytest.mark.parametrize(
    "guide",
    [
        pytest.param(path, id=path.stem, marks=marks(path))
        for path in DOCUMENTS
        if any(block.language in ("shell", "sh") for block in blocks(path))
    ],
)
def test_its_commands_work_in_its_order(guide: Path, reader: dict[str, str], tmp_path: Path) -> None:
    folder = tmp_path / "here"
    folder.mkdir()
    port, ssh_port = str(free_port()), str(free_port())
    text = (
        script(guide, EXAMPLE_API_KEYS)
        .replace("8420", port)
        .replace("2222", ssh_port)
        .replace("2299", str(free_port()))
    )
    text = text.replace("simulator serve ", f"simulator serve --port {port} --ssh-port {ssh_port} ")
    # ssh takes the home of its user from the system, not from the environment.
    text = re.sub(r"^(ssh|scp) ", r"\1 -F ~/.ssh/config -i ~/.ssh/id_ed25519 ", text, flags=re.MULTILINE)
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
        assert not re.search(r"^(?!\.\. ).*::$", path.read_text(), re.MULTILINE), path
    assert shutil.which("bash")
