# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A mark on disk that the service was asked for a key pair, until its private half is in its file.

The service shows a private half once. A task that is killed before it has written that leaves a key that nobody can use. By
the mark, the next task knows such a key from one that somebody else added.
"""

from __future__ import annotations

import contextlib
import json
import os
import time
import typing as t

from ansible_collections.lambdal.cloud.plugins.module_utils._client.atomic_file import write_json
from ansible_collections.lambdal.cloud.plugins.module_utils._errors import InvalidInput

# What was left longer ago is the user's to judge.
_LONGEST_SECONDS = 86400.0


class Generation(t.NamedTuple):
    """A request for a pair: the IDs of the keys that were there before, and the seconds since then."""

    before: frozenset[str]
    age: float


class GenerationMark:
    """The mark of a pair that the service generates for a file, in a hidden file beside that.

    Args:
        private_key_path: where the private half goes.
        name: the key's name.
    """

    def __init__(self, private_key_path: str, name: str, clock: t.Callable[[], float] = time.time) -> None:
        folder, file = os.path.split(private_key_path)
        self.path = os.path.join(folder, f".{file}.lambda-generating")
        self._name = name
        self._clock = clock

    def begin(self, before: t.Iterable[str]) -> None:
        """Mark that a pair is about to be asked for.

        Raises:
            InvalidInput: the folder does not take a file.
        """
        content = {"name": self._name, "before": sorted(before), "at": self._clock()}
        try:
            write_json(self.path, content)
        except OSError as error:
            raise InvalidInput(f"{self.path} cannot be written: {error.strerror}.") from None

    def read(self) -> Generation | None:
        """Return what an earlier task asked for and did not finish; None if there is nothing, or it was too long ago."""
        try:
            with open(self.path, encoding="utf-8") as file:
                content = json.load(file)
            name, before, at = content["name"], frozenset(map(str, content["before"])), float(content["at"])
        except (OSError, ValueError, TypeError, KeyError):
            return None
        age = self._clock() - at
        return Generation(before, age) if name == self._name and 0 <= age < _LONGEST_SECONDS else None

    def clear(self) -> None:
        """Remove the mark, since the private half is in its file, or there is no such key."""
        with contextlib.suppress(OSError):
            os.unlink(self.path)
