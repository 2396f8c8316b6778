# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a document tells its reader to do, as a script: files to write and commands to run, in its order."""

from __future__ import annotations

import contextlib
import os
import re
import shlex
import signal
import subprocess
import textwrap
import typing as t
from pathlib import Path

COMMANDS = ("shell", "sh")

_RST = re.compile(r"^\.\. code-block:: (\w+)\n(?:   :caption: (.+)\n)?\n((?:   .*\n|\n)+)", re.MULTILINE)
# A file's name stands in the sentence before it.
_MARKDOWN = re.compile(r"(?:`([\w./-]+\.(?:yml|ini))`[^`]*?)?^```(\w+)\n(.*?)^```", re.MULTILINE | re.DOTALL)


_NOTHING = ""
_READ = re.compile(r"\bread -rs \w+")


class Block(t.NamedTuple):
    """A block of a document: its language, the file that it is if it is one, and its text."""

    language: str
    file: str | None
    text: str


def blocks(path: Path) -> list[Block]:
    """Return the blocks of code of a document in reStructuredText or Markdown."""
    text = path.read_text()
    if path.suffix == ".rst":
        return [Block(found[1], found[2], textwrap.dedent(found[3]).strip() + "\n") for found in _RST.finditer(text)]
    return [Block(found[2], found[1], found[3]) for found in _MARKDOWN.finditer(text)]


def script(path: Path, typed: t.Sequence[str] = (), chosen: t.Callable[[Block], bool] = lambda block: True) -> str:
    """Return a shell script that does what the document tells.

    Args:
        typed: what the reader types where a command reads a secret.
        chosen: which blocks the reader follows.
    """
    lines = ["set -euo pipefail"]
    answers = iter(typed)
    for block in filter(chosen, blocks(path)):
        if block.language in COMMANDS:
            told = f'echo ">>> $SECONDS s:" {shlex.quote(block.text.strip())}'
            lines += [told, _READ.sub(lambda found: f"{found[0]} <<< {shlex.quote(next(answers, ''))}", block.text)]
        elif block.file:
            lines.append(f"cat > {shlex.quote(block.file)} <<'END OF FILE'\n{block.text}END OF FILE")
    return "\n".join(lines)


def follow(text: str, environment: dict[str, str], cwd: Path, seconds: float = 240) -> str:
    """Run a script as a reader would, and end what it left in the background; fails unless it succeeds."""
    # A file, since what runs in the background would hold a pipe open.
    with (cwd / "output.log").open("w+") as log:
        process = subprocess.Popen(
            ["bash", "-c", text],
            cwd=cwd,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            code = process.wait(seconds)
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGTERM)
        log.seek(0)
        output = log.read()
    assert code == 0, output
    return output
