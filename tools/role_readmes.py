# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Write the tables of variables in each role's README from its meta/argument_specs.yml.

.venv/bin/python tools/role_readmes.py           write the tables
.venv/bin/python tools/role_readmes.py --check   fail when one is out of date
"""

from __future__ import annotations

import json
import re
import sys
import typing as t
from pathlib import Path

import yaml

ROLES = Path(__file__).resolve().parent.parent / "roles"
BEGIN = "<!-- Variables, from meta/argument_specs.yml by tools/role_readmes.py -->\n"
END = "<!-- End of variables -->\n"

Options = dict[str, dict[str, t.Any]]


def variables(role: Path) -> str:
    """Return the variables of a role: a table for main, and one for each other entry point with those that are its own."""
    specs = yaml.safe_load((role / "meta" / "argument_specs.yml").read_text())["argument_specs"]
    parts = [table(specs["main"]["options"])]
    shown = set(specs["main"]["options"])
    for name, spec in specs.items():
        if name == "main":
            continue
        options = spec.get("options") or {}
        again = [f"`{option}`" for option in options if option in shown]
        like_main = f" Takes {', '.join(again)} as above." if again else ""
        parts.append(f"**`tasks_from: {name}`** {text_of(spec['description'])}{like_main}\n")
        own = {option: value for option, value in options.items() if option not in shown}
        if own:
            parts.append(table(own))
        shown |= set(own)
    return "\n".join(parts)


def table(options: Options) -> str:
    """Return a table of options in Markdown."""
    return "| variable | default | meaning |\n| --- | --- | --- |\n" + "".join(rows(options))


def rows(options: Options, prefix: str = "") -> t.Iterator[str]:
    """Yield a row for each option, and for those of the dictionaries in it."""
    for name, option in options.items():
        yield f"| `{prefix}{name}` | {default(option)} | {meaning(option)} |\n"
        yield from rows(option.get("options", {}), f"{prefix}{name}[].")


def default(option: dict[str, t.Any]) -> str:
    """Return what an option is when it is not set; descriptions tell of defaults that are computed."""
    if option.get("required"):
        return "required"
    value = option.get("default")
    if value is None or value == "":
        return ""
    return f"`{value}`" if isinstance(value, str) else f"`{json.dumps(value)}`"


def meaning(option: dict[str, t.Any]) -> str:
    """Return an option's description and choices in Markdown."""
    text = text_of(option["description"])
    if "choices" in option:
        text += f" One of {', '.join(f'`{choice}`' for choice in option['choices'])}."
    return text.replace("|", "\\|")


def text_of(description: str | list[str]) -> str:
    """Return a description as one paragraph of Markdown."""
    return markdown(description if isinstance(description, str) else " ".join(description))


def markdown(text: str) -> str:
    """Return text with Ansible's markup as Markdown."""
    text = re.sub(r"\bO\(([\w.]+)#\w+:([^)]*)\)", r"`\2` of `\1`", text)
    return re.sub(r"\b[CVOMP]\(([^()#]*)(?:#\w+)?\)", r"`\1`", text)


def with_table(role: Path) -> str:
    """Return a role's README with the tables that its specification makes."""
    readme = (role / "README.md").read_text()
    before, _begin, rest = readme.partition(BEGIN)
    _old, _end, after = rest.partition(END)
    if not _end:
        sys.exit(f"{role / 'README.md'} has no place for its variables: {BEGIN}{END}")
    return f"{before}{BEGIN}{variables(role)}{END}{after}"


def main() -> None:
    stale = []
    for role in sorted(path.parent.parent for path in ROLES.glob("*/meta/argument_specs.yml")):
        new = with_table(role)
        if new != (role / "README.md").read_text():
            stale.append(role.name)
            if "--check" not in sys.argv:
                (role / "README.md").write_text(new)
    if stale and "--check" in sys.argv:
        sys.exit(f"The tables of {', '.join(stale)} are out of date: run tools/role_readmes.py.")


if __name__ == "__main__":
    main()
