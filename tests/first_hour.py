# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A newcomer's first hour, word for word: README's installation, then a fleet from day to day, and an account that is empty.

    .venv/bin/python tests/first_hour.py

Everything is written to HOME. The account is the simulator's, whose instances are hosts of this system.
"""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path

from lambda_cloud_simulator.testing import Simulator, running_simulator
from support.documents import Block, follow, script

ROOT = Path(__file__).resolve().parents[1]
KEY = "secret_first-hour_0123456789abcdef"
SSH_PORT = 2241


def newcomer(simulator: Simulator, home: Path) -> dict[str, str]:
    """Return the environment of somebody who has an SSH key, and what differs from the real service: address, port and pace."""
    key = home / ".ssh" / "id_ed25519"
    if not key.exists():
        key.parent.mkdir(mode=0o700, exist_ok=True)
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key)], check=True)
    ours = simulator.environment()
    del ours["LAMBDA_API_KEY"]
    return {"HOME": str(home), "PATH": "/usr/local/bin:/usr/bin:/bin", "ANSIBLE_REMOTE_PORT": str(SSH_PORT), **ours}


def installs(block: Block) -> bool:
    """Return whether README's block installs the collection and asks for the API key."""
    return "ansible-galaxy collection install" in block.text


def main() -> None:
    home = Path.home()
    options = ("--hosts", "local", "--ssh-port", str(SSH_PORT), "--boot-time", "120", "--time-scale", "30")
    with (
        tempfile.TemporaryDirectory() as folder,
        running_simulator(*options, api_key=KEY, folder=Path(folder)) as simulator,
    ):
        steps = [
            f"cd '{ROOT}'",
            script(ROOT / "README.md", [KEY], installs),
            script(ROOT / "docs" / "docsite" / "rst" / "guide_fleet.rst"),
            'echo ">>> $SECONDS s: the end"',
        ]
        print(follow("\n".join(steps), newcomer(simulator, home), Path(folder), seconds=900))
        assert simulator.live() == {}, simulator.live()
        assert simulator.operations().count("launch") == 3
        assert [key["name"] for key in simulator.state()["ssh_keys"]] == ["laptop"]


if __name__ == "__main__":
    main()
