# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Write the version of galaxy.yml wherever else a file has to say it, and the release notes from the changelog fragments.

    python3 tools/release.py

Change the version in galaxy.yml first. A second run changes nothing.
"""

import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent

# Files that say the version, each with what stands before it.
SAID = {
    "galaxy.yml": "version: ",
    "plugins/module_utils/_version.py": 'VERSION = "',
    "simulator/pyproject.toml": 'version = "',
    "execution-environment.yml": "collections/lambdal-cloud-",
    "extensions/awx/project/collections/requirements.yml": "version: ",
}
VERSION = r"\d+\.\d+\.\d+"


def said(name: str) -> str:
    """Return the version in a file."""
    found = re.search(f"^(?:.*[^\\w-])?{re.escape(SAID[name])}({VERSION})", (ROOT / name).read_text(), re.MULTILINE)
    if not found:
        sys.exit(f"{name} says no version after {SAID[name]!r}.")
    return found[1]


def main() -> None:
    version = said("galaxy.yml")
    for name, before in SAID.items():
        text = (ROOT / name).read_text()
        (ROOT / name).write_text(re.sub(re.escape(before) + VERSION, before + version, text, count=1))
    if any((ROOT / "changelogs" / "fragments").glob("*.yml")):
        subprocess.run(["antsibull-changelog", "release", "--version", version], cwd=ROOT, check=True)


if __name__ == "__main__":
    main()
