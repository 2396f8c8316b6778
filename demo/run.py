# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Demo of a fleet's whole life on the simulator: launch, list, provision over SSH, launch again, terminate.

Nothing outside a temporary folder is touched, and nothing is left running.
"""

from __future__ import annotations

import os
import re
import secrets
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from lambda_cloud_simulator.testing import Simulator, SimulatorError, running_simulator
from surroundings import clean_environment, free_port, short_folder

ROOT = Path(__file__).resolve().parent.parent

# A boot of five minutes takes five seconds, and the rate limit is faster by the same factor.
TIME_SCALE = 60


def say(text: str) -> None:
    print(f"\n\033[1m{text}\033[0m" if sys.stdout.isatty() else f"\n{text}", flush=True)


class Demo:
    """The steps, each a command that works the same against a real account."""

    def __init__(self, folder: Path, simulator: Simulator, ssh_port: int) -> None:
        self._simulator = simulator
        self._extra = ["-e", "@demo/fleet.yml", "-e", "fleet_wait_interval=1"]
        self._key_file = folder / "demo_key"
        self._extra += ["-e", f"fleet_ssh_private_key_path={self._key_file}"]
        self._extra += ["-e", f"fleet_known_hosts_file={folder / 'known_hosts'}"]
        self._environment = {
            **os.environ,
            # The limits of the simulated account, in its faster time
            **simulator.environment(request_interval=1 / TIME_SCALE, launch_interval=12 / TIME_SCALE),
            "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"),
            "ANSIBLE_HOME": str(folder / "ansible"),
            "ANSIBLE_REMOTE_TMP": str(folder / "ansible" / "modules"),
            "ANSIBLE_FORCE_COLOR": str(sys.stdout.isatty()),
            "ANSIBLE_REMOTE_PORT": str(ssh_port),
            # What this user's own ~/.ssh/config says of some host is not meant for these; the rest is Ansible's default.
            "ANSIBLE_SSH_ARGS": "-F none -C -o ControlMaster=auto -o ControlPersist=60s",
            "ANSIBLE_PRIVATE_KEY_FILE": str(self._key_file),
            # Folder of the rate limiter's file and the locks on names
            "XDG_CACHE_HOME": str(folder / "cache"),
            # A socket's path must be short.
            "ANSIBLE_SSH_CONTROL_PATH_DIR": str(folder / "cp"),
        }

    def run(self) -> None:
        say("2. Launch three instances of two types")
        self._command("ansible-playbook", "playbooks/launch.yml", *self._extra)

        say("3. List them in the inventory")
        self._command("ansible-inventory", "-i", "playbooks/lambda.yml", "--graph")

        say("4. Provision them over SSH: check that every GPU works")
        self._command("ansible-playbook", "-i", "playbooks/lambda.yml", "playbooks/provision.yml", *self._extra)

        say("5. Launch again: all instances exist, so nothing changes")
        recap = self._command("ansible-playbook", "playbooks/launch.yml", *self._extra)
        if not re.search(r"localhost +:.* changed=0 ", re.sub(r"\x1b\[[0-9;]*m", "", recap)):
            sys.exit("The second launch changed something, although all instances exist.")

        say("6. Terminate them")
        self._command("ansible-playbook", "playbooks/terminate.yml", *self._extra)

        left = self._simulator.live()
        if left:
            sys.exit(f"These instances were not terminated: {left}")

    def _command(self, *command: str) -> str:
        print("$ " + " ".join(command), flush=True)
        lines = []
        with subprocess.Popen(
            command, cwd=ROOT, env=self._environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        ) as process:
            try:
                for line in process.stdout or ():
                    print(line, end="", flush=True)
                    lines.append(line)
            except BaseException:
                # Somebody who stops the demo does not want to wait for the playbook.
                process.terminate()
                raise
        if process.returncode:
            sys.exit(f"The command failed with exit code {process.returncode}; see its output above.")
        return "".join(lines)


def main() -> None:
    # As on Ctrl-C: every `finally` below runs.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("Stopped."))
    begin = time.monotonic()
    key = "demo-" + secrets.token_hex(16)
    with tempfile.TemporaryDirectory(prefix="lambda-demo-", dir=short_folder()) as name:
        folder, ssh_port = Path(name), free_port()
        # The simulator inherits it, and so do the hosts' programs.
        environment = clean_environment(folder, os.environ)
        os.environ.clear()
        os.environ.update(environment)
        say("1. Start the simulator, where a boot of five minutes takes five seconds")
        options = ["--hosts", "local", "--ssh-port", str(ssh_port), "--time-scale", str(TIME_SCALE), "--rate-limit"]
        try:
            with running_simulator(*options, api_key=key, folder=folder, start_seconds=120) as simulator:
                print(f"Its API is at {simulator.api_url}.")
                Demo(folder, simulator, ssh_port).run()
                say("7. Stop the simulator")
        except SimulatorError as error:
            sys.exit(str(error))
    print(f"Done in {time.monotonic() - begin:.0f} s. Nothing is left running, and all temporary files are removed.")


if __name__ == "__main__":
    main()
