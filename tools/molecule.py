# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run the roles' scenarios on simulated machines, and see that nothing is left of them.

    .venv/bin/python tools/molecule.py [arguments of molecule, instead of: test --all]

`make molecule` sets up what this needs.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
import typing as t
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests"))

from lambda_cloud_simulator.hosts import HostError  # noqa: E402
from lambda_cloud_simulator.hosts.machine import requirements  # noqa: E402
from lambda_cloud_simulator.hosts.owner import STATE_DIR, Owner, owners  # noqa: E402
from lambda_cloud_simulator.testing import Simulator, running_simulator  # noqa: E402

SCENARIOS = ROOT / "extensions" / "molecule"
# What the scenarios give to the roles and must never be shown begins like this.
SECRET = "secret-of-"
# Seconds for what was killed to be gone
PATIENCE = 5


def main() -> None:
    # As on Ctrl-C: every `finally` below runs.
    signal.signal(signal.SIGTERM, lambda *_each: sys.exit("Stopped."))
    try:
        requirements.check()
    except HostError as error:
        sys.exit(f"The scenarios need simulated machines, which cannot be had here. {error}")
    begin = time.monotonic()
    before = set(owners(STATE_DIR))
    # A socket's path has a hundred characters or so, and this folder's is part of it.
    with tempfile.TemporaryDirectory(prefix="mol-", dir="/tmp") as name:
        folder = Path(name)
        machines = ("--hosts", "machine", "--boot-time", "0", "--time-scale", "1000")
        with running_simulator(*machines, "--scenario", str(SCENARIOS / "account.yml"), folder=folder) as simulator:
            mine = [owner for owner in set(owners(STATE_DIR)) - before if owner.pid == simulator.pid]
            code = molecule(sys.argv[1:] or ["test", "--all"], simulator, folder)
            whole = not sys.argv[1:]
            left = [*in_account(simulator), *on_system(mine, running=True)] if whole else []
        left += on_system(mine, running=False)
    for sentence in left:
        print(sentence, file=sys.stderr)
    print(f"molecule ended with {code} after {time.monotonic() - begin:.0f} s; {len(left) or 'nothing'} left over.")
    sys.exit(code or bool(left))


def molecule(arguments: list[str], simulator: Simulator, folder: Path) -> int:
    """Run molecule and pass on its output. Return its exit code, or 1 if a secret is shown."""
    binaries = Path(sys.executable).parent
    environment = {
        **os.environ,
        "PATH": f"{binaries}{os.pathsep}{os.environ['PATH']}",
        "ANSIBLE_COLLECTIONS_PATH": str(ROOT / ".build"),
        "ANSIBLE_HOME": str(folder / "ansible"),
        "ANSIBLE_PRIVATE_KEY_FILE": str(folder / "key"),
        "ANSIBLE_SSH_CONTROL_PATH_DIR": str(folder / "cp"),
        **simulator.environment(),
        "LAMBDA_SIMULATOR_URL": simulator.url,
        # Borders would break lines anywhere, also amid what must not be shown.
        "MOLECULE_COMMAND_BORDERS": "false",
        **({} if sys.stdout.isatty() else {"NO_COLOR": "1", "ANSIBLE_FORCE_COLOR": "false"}),
        # Molecule's own files, which would outlive a run that was killed.
        "XDG_CACHE_HOME": str(folder / "cache"),
    }
    shown = False
    with subprocess.Popen(
        [binaries / "molecule", *arguments],
        cwd=ROOT,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        try:
            for line in process.stdout or ():
                print(line, end="", flush=True)
                shown = shown or SECRET in line
        except BaseException:
            process.terminate()
            raise
    if shown:
        print(f"A secret was shown: look for {SECRET} above.", file=sys.stderr)
    return process.returncode or int(shown)


def in_account(simulator: Simulator) -> list[str]:
    """Return a sentence for each resource that the account has and did not have in the beginning."""
    state = simulator.state()
    machines = [f"The machine {name} is left in the account." for name in simulator.live()]
    return machines + [f"The SSH key {key['name']} is left in the account." for key in state["ssh_keys"]]


def on_system(mine: list[Owner], running: bool) -> list[str]:
    """Return a sentence for everything that this system still has of the machines, or of a simulator that has ended."""
    until = time.monotonic() + PATIENCE
    while True:
        left = [sentence for owner in mine for sentence in _of_owner(owner, running)]
        if not left or time.monotonic() > until:
            return left
        time.sleep(0.2)


def _of_owner(owner: Owner, running: bool) -> t.Iterator[str]:
    home = STATE_DIR / str(owner)
    for process in Path("/proc").glob("[0-9]*"):
        try:
            # A machine's processes are in its cgroup, which is below the simulator's. Its mounts and its network
            # namespace live as long as one of them.
            if f"/{owner.name}/" in (process / "cgroup").read_text():
                yield f"The process {process.name} is left of a machine: {(process / 'comm').read_text().strip()}."
            elif str(home) in (process / "mountinfo").read_text():
                yield f"The process {process.name} still has a mount of a machine."
        except OSError:
            continue
    for interface in Path("/sys/class/net").glob(f"{owner.interface}*"):
        if interface.name != owner.interface or not running:
            yield f"The network interface {interface.name} is left."
    if not running:
        tables = subprocess.run(["nft", "list", "tables"], capture_output=True, text=True, check=False).stdout
        if owner.name.replace("-", "_") in tables:
            yield "A table of nftables is left."
        if home.exists():
            yield f"The folder {home} is left."


if __name__ == "__main__":
    main()
