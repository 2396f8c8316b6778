# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Comparing what a test saw in one mode of running modules with what it saw in the other."""

from __future__ import annotations

import json
import math
import re
import typing as t
from pathlib import Path

# What the service makes up: ids, moments, keys, addresses and the names made of them; and the ports of servers.
_MADE_UP = re.compile(
    r"\b[0-9a-f]{32}\b|(?<=-)[0-9a-f]{8}\b|ssh-(?:ed25519|rsa) AAAA[\w+/=]+|\b(?:198|10)([.-])\d+\1\d+\1\d+\b"
    r"|\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d)?[\w.+:]*|(?<=127\.0\.0\.1:)\d+"
)


def plain(value: t.Any, folder: Path | None = None) -> t.Any:
    """Return a value without what differs from run to run: what was made up is numbered by its first appearance."""
    names: dict[str, str] = {}
    text = json.dumps(_in_order(value))
    if folder:
        text = text.replace(str(folder), "FOLDER")
    return json.loads(_MADE_UP.sub(lambda found: names.setdefault(found[0], f"made-up-{len(names) + 1}"), text))


def _in_order(value: t.Any) -> t.Any:
    """Return a value with the keys of its mappings in an order that does not depend on what was made up."""
    if isinstance(value, dict):
        inner = {key: f"127.0.0.1:{each}" if key == "ssh_port" else _in_order(each) for key, each in value.items()}
        return dict(sorted(inner.items(), key=lambda item: [_MADE_UP.sub("", json.dumps(part)) for part in item]))
    return list(map(_in_order, value)) if isinstance(value, (list, tuple)) else value


def differences(one: t.Any, other: t.Any, where: str = "") -> list[str]:
    """Return what differs between two values, each with its place."""
    if isinstance(one, dict) and isinstance(other, dict) and one.keys() == other.keys():
        return [text for name in one for text in differences(one[name], other[name], f"{where}.{name}")]
    if isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        pairs = enumerate(zip(one, other, strict=True))
        return [text for number, pair in pairs for text in differences(*pair, f"{where}[{number}]")]
    if isinstance(one, float) and isinstance(other, float) and math.isnan(one) and math.isnan(other):
        return []
    return [] if one == other else [f"{where}: {one!r} != {other!r}"]


class Parity:
    """Records of tests in the mode that ran first, until they have run in the other."""

    def __init__(self) -> None:
        self._seen: dict[t.Hashable, tuple[str, t.Any]] = {}

    def compare(self, test: t.Hashable, mode: str, seen: t.Any) -> list[str]:
        """Return what differs from the other mode of the same test; nothing before both have run."""
        other_mode, other = self._seen.pop(test, (mode, seen))
        if other_mode == mode:
            self._seen[test] = mode, seen
            return []
        return differences(*((other, seen) if mode == "direct" else (seen, other)))

    def seen_in(self, mode: str) -> list[t.Hashable]:
        """Return the tests that have run in that mode only."""
        return [test for test, (only, _seen) in self._seen.items() if only == mode]
