# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Make the checkout ready to run: a virtual environment in .venv and the tree that Ansible wants in .build.

    python3 tools/setup.py run        what the demo needs
    python3 tools/setup.py test       what the tests need as well
    python3 tools/setup.py docs       what the documentation site needs as well
    python3 tools/setup.py molecule   what the roles' scenarios need as well

Only what is missing is done, so it may run before every command, and in two terminals at once.
"""

import fcntl
import glob
import hashlib
import os
import shutil
import subprocess
import sys
import venv

OLDEST = (3, 11)
ROOT = os.path.dirname(os.path.dirname(os.path.realpath(__file__)))
VENV = os.path.join(ROOT, ".venv")
BUILD = os.path.join(ROOT, ".build")
PYTHON = os.path.join(VENV, "bin", "python")

REQUIREMENTS = {
    "run": ["-r", "requirements.txt", "-r", "demo/requirements.txt", "-e", "simulator"],
    "test": ["-r", "tests/requirements.txt", "-e", "simulator[test]"],
    "docs": ["-r", "docs/requirements.txt"],
    "molecule": ["-r", "extensions/molecule/requirements.txt"],
}


def use_newer_python():
    """Start again under an interpreter that is new enough, if this one is not."""
    if sys.version_info >= OLDEST:
        return
    for minor in range(20, OLDEST[1] - 1, -1):
        newer = shutil.which(f"python3.{minor}")
        if newer:
            os.execv(newer, [newer, *sys.argv])
    sys.exit(f"Python {OLDEST[0]}.{OLDEST[1]} or later is needed; this is {sys.version.split()[0]}.")


def link_collection():
    """Let Ansible find the checkout as ansible_collections/lambdal/cloud, wherever it lies."""
    parent = os.path.join(BUILD, "ansible_collections", "lambdal")
    os.makedirs(parent, exist_ok=True)
    link = os.path.join(parent, "cloud")
    if not os.path.islink(link):
        os.symlink(os.path.join("..", "..", ".."), link)


def fingerprint(stage):
    """Return a hash of everything that determines what a stage installs."""
    digest = hashlib.sha256(sys.version.encode())
    files = [each for each in REQUIREMENTS[stage] if each.endswith(".txt")] + ["simulator/pyproject.toml"]
    for name in sorted(files):
        with open(os.path.join(ROOT, name), "rb") as file:
            digest.update(file.read())
    return digest.hexdigest()


def lies_where_it_was_made():
    """Return whether the environment's programs find it; they know its path, and the checkout may have been renamed."""
    with open(os.path.join(VENV, "bin", "pip"), "rb") as program:
        return os.fsencode(PYTHON) in program.read()


def make_venv():
    """Create the virtual environment, unless a working one of this version of Python exists."""
    working = (
        os.path.exists(PYTHON)
        and subprocess.call([PYTHON, "-m", "pip", "--version"], stdout=subprocess.DEVNULL) == 0
        and lies_where_it_was_made()
    )
    if working:
        return
    print("Making a virtual environment in .venv", flush=True)
    for stamp in glob.glob(os.path.join(glob.escape(VENV), "stage-*")):
        os.unlink(stamp)
    try:
        venv.create(VENV, clear=True, with_pip=True, symlinks=True)
    except subprocess.CalledProcessError:
        sys.exit("Python's venv module does not work here. On Debian and Ubuntu: apt install python3-venv")


def install(stage):
    """Install a stage's packages, unless that was done already."""
    stamp = os.path.join(VENV, "stage-" + stage)
    wanted = fingerprint(stage)
    if os.path.exists(stamp):
        with open(stamp) as file:
            if file.read() == wanted:
                return
    print(f"Installing what is needed to {stage} into .venv (a minute or two, once)", flush=True)
    command = [PYTHON, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"] + REQUIREMENTS[stage]
    if subprocess.call(command, cwd=ROOT) != 0:
        sys.exit("pip could not install what is needed; its own words are above.")
    with open(stamp, "w") as file:
        file.write(wanted)


def give_to_owner():
    """Give what root made to the checkout's owner, who could neither use it nor remove it."""
    owner = os.stat(ROOT)
    if os.getuid() != 0 or owner.st_uid == 0:
        return
    for top in (BUILD, VENV):
        if os.path.islink(top):
            continue
        for folder, folders, files in os.walk(top):
            for name in [".", *folders, *files]:
                os.chown(os.path.join(folder, name), owner.st_uid, owner.st_gid, follow_symlinks=False)


def main():
    use_newer_python()
    try:
        os.makedirs(BUILD, exist_ok=True)
        with open(os.path.join(BUILD, "setup.lock"), "w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            try:
                link_collection()
                make_venv()
                for stage in dict.fromkeys(["run", *sys.argv[1:]]):
                    install(stage)
            finally:
                give_to_owner()
    except PermissionError as error:
        sys.exit(f"{error.filename} is another user's: have it removed by that user, or use a checkout of your own.")


if __name__ == "__main__":
    main()
