# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The main job from end to end on the simulator: launch, find, provision over SSH, launch again, terminate.

Nothing outside a temporary folder is touched, and nothing is left running.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import secrets
import signal
import subprocess
import sys
import tempfile
import threading
import time
import typing as t
from pathlib import Path

import requests

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent
SSH_PORT = 2222

# A boot of five minutes takes five seconds; the rate limit is as much faster.
TIME_SCALE = 60


def say(text: str) -> None:
    print(f"\n\033[1m{text}\033[0m" if sys.stdout.isatty() else f"\n{text}", flush=True)


@contextlib.contextmanager
def simulator(folder: Path, key: str) -> t.Iterator[dict[str, t.Any]]:
    """A simulator of its own, on a free port, gone afterwards."""
    ready = folder / "ready.json"
    command = [
        BIN / "lambda-cloud-simulator",
        "serve",
        *("--port", "0", "--api-key", key, "--hosts", "local", "--ssh-port", str(SSH_PORT)),
        *("--time-scale", str(TIME_SCALE), "--rate-limit", "--ready-file", ready),
    ]
    with (folder / "simulator.log").open("w") as log:
        process = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT)
        try:
            until = time.monotonic() + 30
            while not ready.exists():
                if process.poll() is not None or time.monotonic() > until:
                    sys.exit("The simulator did not start:\n" + (folder / "simulator.log").read_text())
                time.sleep(0.1)
            yield json.loads(ready.read_text())
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(timeout=30)


class Progress(threading.Thread):
    """Tells on screen what becomes of the machines while a playbook waits for them."""

    def __init__(self, url: str) -> None:
        super().__init__(daemon=True)
        self._url = url
        self._over = threading.Event()

    def run(self) -> None:
        known: dict[str, tuple[str, str]] = {}
        begin = time.monotonic()
        while not self._over.wait(1):
            with contextlib.suppress(requests.RequestException):
                rows = requests.get(f"{self._url}/_simulator/state", timeout=5).json()["instances"]
                now = {row["id"]: (row["name"], row["status"]) for row in rows}
                for machine, (name, status) in now.items():
                    if known.get(machine) != (name, status):
                        print(f"    ... {time.monotonic() - begin:3.0f} s  {name} is {status}", flush=True)
                known = now

    def stop(self) -> None:
        self._over.set()
        self.join()


class Demo:
    """The steps, each a command that works the same against a real account."""

    def __init__(self, folder: Path, address: dict[str, t.Any], key: str) -> None:
        self._address = address
        self._extra = ["-e", "@demo/fleet.yml", "-e", "fleet_wait_interval=1"]
        self._key_file = folder / "demo_key"
        self._extra += ["-e", f"fleet_ssh_private_key_path={self._key_file}"]
        self._extra += ["-e", f"fleet_known_hosts_file={folder / 'known_hosts'}"]
        self._environment = {
            **os.environ,
            "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}",
            "LAMBDA_API_KEY": key,
            "LAMBDA_API_URL": address["api_url"],
            # The limits of the simulated account, in its faster time
            "LAMBDA_REQUEST_INTERVAL": str(1 / TIME_SCALE),
            "LAMBDA_LAUNCH_INTERVAL": str(12 / TIME_SCALE),
            "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"),
            "ANSIBLE_HOME": str(folder / "ansible"),
            "ANSIBLE_REMOTE_TMP": str(folder / "ansible" / "modules"),
            "ANSIBLE_FORCE_COLOR": str(sys.stdout.isatty()),
            "ANSIBLE_REMOTE_PORT": str(SSH_PORT),
            "ANSIBLE_PRIVATE_KEY_FILE": str(self._key_file),
            # Where the account's turns, at names and under the rate limit, are kept
            "XDG_CACHE_HOME": str(folder / "cache"),
            # A socket's path must be short.
            "ANSIBLE_SSH_CONTROL_PATH_DIR": str(folder / "cp"),
        }

    def run(self) -> None:
        say("2. Launch three machines of two types")
        self._watched("ansible-playbook", "playbooks/launch.yml", *self._extra)

        say("3. Find them")
        self._command("ansible-inventory", "-i", "playbooks/lambda.yml", "--graph")

        say("4. Provision them over SSH: check that every GPU answers")
        self._command("ansible-playbook", "-i", "playbooks/lambda.yml", "playbooks/provision.yml", *self._extra)

        say("5. Launch again: everything is there, so nothing changes")
        recap = self._command("ansible-playbook", "playbooks/launch.yml", *self._extra)
        if not re.search(r"localhost +:.* changed=0 ", re.sub(r"\x1b\[[0-9;]*m", "", recap)):
            sys.exit("The second launch changed something, which it must not.")

        say("6. Terminate them")
        self._watched("ansible-playbook", "playbooks/terminate.yml", *self._extra)

        left = requests.get(f"{self._address['url']}/_simulator/state", timeout=5).json()["instances"]
        if any(row["status"] not in ("terminating", "terminated") for row in left):
            sys.exit(f"Machines are left: {left}")

    def _watched(self, *command: str) -> None:
        progress = Progress(self._address["url"])
        progress.start()
        try:
            self._command(*command)
        finally:
            progress.stop()

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
                # Whoever stops the demo does not want to see the playbook's end first.
                process.terminate()
                raise
        if process.returncode:
            sys.exit(f"That failed with exit code {process.returncode}; see above.")
        return "".join(lines)


def main() -> None:
    # As on Ctrl-C: every `finally` below runs.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("Stopped."))
    begin = time.monotonic()
    key = "demo-" + secrets.token_hex(16)
    with tempfile.TemporaryDirectory(prefix="lambda-demo-") as name:
        folder = Path(name)
        say("1. Start a simulated Lambda Cloud, where a boot of five minutes takes five seconds")
        with simulator(folder, key) as address:
            print(f"It answers at {address['api_url']}.")
            Demo(folder, address, key).run()
            say("7. Stop the simulator")
    print(f"Done in {time.monotonic() - begin:.0f} s. Nothing is left running, and nothing was kept.")


if __name__ == "__main__":
    main()
