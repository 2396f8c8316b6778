# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the modules of a test said and asked for in one way, kept from run to run for comparison with the other way."""

from __future__ import annotations

import functools
import hashlib
import json
import platform
import typing as t
from importlib.metadata import version
from pathlib import Path

from support.runner import BUILD, ROOT

# All that decides what a story tells.
_SOURCES = ("plugins", "simulator/src", "tests")


@functools.cache
def _code() -> str:
    """A hash of what is tested and of the tests."""
    digest = hashlib.sha256()
    for path in sorted(each for source in _SOURCES for each in (ROOT / source).rglob("*.py")):
        digest.update(f"{path}\0".encode() + path.read_bytes())
    return digest.hexdigest()


class Stories:
    """Stories told by the code as it is; those of other code are not found."""

    def __init__(self) -> None:
        # What it runs on tells as well, and cores that are tested at the same time keep theirs apart.
        self._folder = BUILD / "stories" / f"{platform.python_version()}-{version('ansible-core')}"
        self._folder.mkdir(parents=True, exist_ok=True)
        self._code = _code()

    def keep(self, name: str, story: t.Any) -> None:
        self._path(name).write_text(json.dumps({"code": self._code, "story": story}))

    def find(self, name: str) -> t.Any:
        """The story of that name, or None."""
        try:
            kept = json.loads(self._path(name).read_text())
        except (FileNotFoundError, ValueError):
            # None yet, or one that another run is writing
            return None
        return kept["story"] if kept["code"] == self._code else None

    def _path(self, name: str) -> Path:
        return self._folder / f"{hashlib.sha256(name.encode()).hexdigest()}.json"
