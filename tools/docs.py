# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Build the documentation site in build/docs/html: guides, and a page for each module, plugin and role.

    python3 tools/docs.py

Every warning is an error, a link that leads nowhere included.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
REPOSITORY = "https://github.com/lambdal-cloud/lambdal.cloud/blob/main"
OUTPUT = ROOT / "build" / "docs"
BIN = Path(sys.executable).parent


def run(*command: str | Path) -> None:
    environment = {
        **os.environ,
        "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}",
        "ANSIBLE_COLLECTIONS_PATH": str(ROOT / ".build"),
    }
    done = subprocess.run([str(part) for part in command], cwd=ROOT, env=environment, check=False)
    if done.returncode:
        sys.exit(done.returncode)


def main() -> None:
    shutil.rmtree(OUTPUT, ignore_errors=True)
    pages = OUTPUT / "rst"
    pages.mkdir(parents=True)
    run(
        *(BIN / "antsibull-docs", "collection", "--use-current", "--squash-hierarchy", "--fail-on-error"),
        *("--dest-dir", pages, "lambdal.cloud"),
    )
    for name in ("conf.py", "ansible.rst"):
        shutil.copy(ROOT / "docs" / name, pages)
    shutil.copy(ROOT / "docs" / "comparison.md", pages)
    # The pictures lie beside the guides; other files of the repository have no page.
    text = (ROOT / "CONTRIBUTING.md").read_text().replace("docs/images/", "docsite/images/")
    text = text.replace("](extensions/", f"]({REPOSITORY}/extensions/")
    (pages / "developing.md").write_text(text)
    with (pages / "index.rst").open("a") as index:
        index.write("\n.. toctree::\n   :maxdepth: 1\n   :caption: The project\n\n   comparison\n   developing\n")
    shutil.copytree(ROOT / "docs" / "images", pages / "docsite" / "images")
    run(BIN / "sphinx-build", "--quiet", "-W", "--keep-going", "-b", "html", pages, OUTPUT / "html")
    print(f"The site is in {OUTPUT / 'html' / 'index.html'}")


if __name__ == "__main__":
    main()
