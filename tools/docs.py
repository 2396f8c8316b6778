# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Build the documentation site in build/docs/html: guides, and a page for each module, plugin and role.

    python3 tools/docs.py

Every warning is an error, a link that leads nowhere included.
"""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
REPOSITORY = "https://github.com/lambdal-cloud/lambdal.cloud/blob/main"
OUTPUT = ROOT / "build" / "docs"
BIN = Path(sys.executable).parent

# What the repository tells elsewhere and is a page of the site as well, by the page's name.
PAGES = {
    "comparison": "docs/comparison.md",
    "event_source": "extensions/eda/README.md",
    "awx_setup": "extensions/awx/README.md",
    "simulator": "simulator/README.md",
    "developing": "CONTRIBUTING.md",
}
# Where its pictures lie, which the guides show too.
PICTURES = "docsite/images"


def run(*command: str | Path) -> None:
    environment = {
        **os.environ,
        "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}",
        "ANSIBLE_COLLECTIONS_PATH": str(ROOT / ".build"),
    }
    done = subprocess.run([str(part) for part in command], cwd=ROOT, env=environment, check=False)
    if done.returncode:
        sys.exit(done.returncode)


def page(source: str) -> str:
    """A document in Markdown whose links lead on from a page of the site."""
    folder = (ROOT / source).parent

    def lead_on(found: re.Match[str]) -> str:
        target = (folder / found[2]).resolve().relative_to(ROOT)
        if target.suffix in (".png", ".svg"):
            return f"{found[1]}({PICTURES}/{target.name})"
        return f"{found[1]}({REPOSITORY}/{target})"

    return re.sub(r"(\])\((?!https?:|#)([^)]+)\)", lead_on, (ROOT / source).read_text())


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
    for name, source in PAGES.items():
        (pages / f"{name}.md").write_text(page(source))
    with (pages / "index.rst").open("a") as index:
        lines = "".join(f"   {name}\n" for name in PAGES)
        index.write(f"\n.. toctree::\n   :maxdepth: 1\n   :caption: The project\n\n{lines}")
    shutil.copytree(ROOT / "docs" / "images", pages / PICTURES)
    run(BIN / "sphinx-build", "--quiet", "-W", "--keep-going", "-b", "html", pages, OUTPUT / "html")
    print(f"The site is in {OUTPUT / 'html' / 'index.html'}")


if __name__ == "__main__":
    main()
