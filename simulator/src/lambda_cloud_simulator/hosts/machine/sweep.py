# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What simulators left that did not end in order, and how it is removed."""

from __future__ import annotations

import shutil
from pathlib import Path

from .. import HostError
from ..owner import RUN_DIR, STATE_DIR, Owner, exclusive, owners
from . import cgroups, network, requirements, settings

_CGROUPS = "cgroups"


def register(owner: Owner, state_dir: Path) -> tuple[Path, ...]:
    """Create the owner's folder and note its cgroups there, before anything else exists that a sweep must find.

    Returns:
        The folders of the owner's cgroup, which exist then.
    """
    folders = tuple(folder / owner.name for folder in cgroups.own_folders())
    home = state_dir / str(owner)
    home.mkdir(parents=True)
    home.chmod(0o700)
    (home / _CGROUPS).write_text("".join(f"{folder}\n" for folder in folders))
    cgroups.create(folders)
    return folders


def remove(owner: Owner, state_dir: Path) -> None:
    """Remove everything that belongs to an owner, whatever is left of it. The folder goes last.

    Raises:
        HostError: a process cannot be killed.
    """
    home = state_dir / str(owner)
    record = home / _CGROUPS
    if record.exists():
        cgroups.destroy(map(Path, record.read_text().splitlines()))
    network.remove(owner)
    settings.release(owner)
    shutil.rmtree(home, ignore_errors=True)


def clean(state_dir: Path = STATE_DIR) -> list[str]:
    """Remove the machines, and all that belongs to them, of simulators that no longer run.

    Returns:
        A sentence for each simulator that something was left of.

    Raises:
        HostError: machines were left, and the system lacks what it takes to remove them, or one cannot be removed.
    """
    if not _dead(state_dir):
        # Where nothing is left, no tool is needed.
        return []
    try:
        requirements.check()
    except HostError as error:
        pids = ", ".join(str(owner.pid) for owner in _dead(state_dir))
        raise HostError(
            f"The machines of the simulators with process id {pids} were left in {state_dir}. {error}"
        ) from None
    with exclusive(RUN_DIR / "sweep.lock"):
        dead = _dead(state_dir)
        for owner in dead:
            remove(owner, state_dir)
    return [f"Removed what the simulator with process id {owner.pid} left." for owner in dead]


def _dead(state_dir: Path) -> list[Owner]:
    return [owner for owner in owners(state_dir) if not owner.alive]
