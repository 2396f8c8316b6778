# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Build the documentation site in build/docs/html: guides, and a page for each module, plugin and role.

    python3 tools/docs.py

Every warning is an error, a link that leads nowhere included.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import textwrap
import typing as t
from pathlib import Path

import playbook_pages
import yaml

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
# Where the list of the collection's parts begins in the index that antsibull-docs makes; the rest of it is in our own.
PARTS = ".. _plugin_index_for_lambdal.cloud:"
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
    """Return a document in Markdown with its links changed to work from a page of the site."""
    folder = (ROOT / source).parent

    def lead_on(found: re.Match[str]) -> str:
        return f"{found[1]}({site_link((folder / found[2]).resolve().relative_to(ROOT))})"

    return re.sub(r"(\])\((?!https?:|#)([^)]+)\)", lead_on, (ROOT / source).read_text())


def site_link(target: Path) -> str:
    """Return a link to the page that shows a file of the repository, or to the file itself where none does."""
    pages = {source: f"{name}.md" for name, source in PAGES.items()}
    if str(target) in pages:
        return pages[str(target)]
    if target.suffix in (".png", ".svg"):
        return f"{PICTURES}/{target.name}"
    if target.parent == Path("docs/docsite/rst"):
        return f"docsite/{target.name}"
    if target.parent == Path("playbooks"):
        return f"playbook_{target.stem}.md"
    return f"{REPOSITORY}/{target}"


def example(role: Path) -> str:
    """Return the examples of a role's README as a section of its page."""
    blocks = re.findall(r"^```yaml\n(.*?)^```$", (role / "README.md").read_text(), re.MULTILINE | re.DOTALL)
    code = "".join(f"\n.. code-block:: yaml\n\n{textwrap.indent(block, '    ')}" for block in blocks)
    return f"\nExample\n-------\n{code}" if blocks else ""


def start_page(playbooks: t.Iterable[str]) -> str:
    """Return the first page: our own text, and the site's pages in groups, which are the sidebar."""
    sections = yaml.safe_load((ROOT / "docs" / "docsite" / "extra-docs.yml").read_text())["sections"]
    groups = {section["title"]: [f"docsite/{name}" for name in section["toctree"]] for section in sections}
    groups |= {"Playbooks": list(playbooks), "Reference": ["reference"], "The project": list(PAGES)}
    trees = (
        "\n".join(["```{toctree}", ":maxdepth: 1", f":caption: {title}", "", *names, "```", ""])
        for title, names in groups.items()
    )
    return "\n".join([page("docs/index.md"), *trees])


def reference(index: str) -> str:
    """Return the list of modules, plugins and roles from the index that antsibull-docs made."""
    title = "Modules, plugins and roles"
    return f".. _plugins_in_lambdal.cloud:\n\n{title}\n{'=' * len(title)}\n\n{PARTS}{index.split(PARTS, 1)[1]}"


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
    for role in (ROOT / "roles").iterdir():
        with (pages / f"{role.name}_role.rst").open("a") as role_page:
            role_page.write(example(role))
    for name, source in PAGES.items():
        (pages / f"{name}.md").write_text(page(source))
    (pages / "index.md").write_text(start_page(playbook_pages.write(pages)))
    (pages / "reference.rst").write_text(reference((pages / "index.rst").read_text()))
    (pages / "index.rst").unlink()
    shutil.copytree(ROOT / "docs" / "images", pages / PICTURES)
    run(BIN / "sphinx-build", "--quiet", "-W", "--keep-going", "-b", "html", pages, OUTPUT / "html")
    print(f"The site is in {OUTPUT / 'html' / 'index.html'}")


if __name__ == "__main__":
    main()
