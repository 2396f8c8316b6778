# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The libraries that the client needs, and whether the running Python has them in a version that works."""

from __future__ import annotations

import importlib
import re
import sys

# As requirements.txt has them. Distributions ship older ones, which fail at the first request.
MINIMUM = {"requests": (2, 32), "urllib3": (2, 0)}


def library_problem() -> str | None:
    """Return a sentence on the libraries that are missing or too old, and how to get them, or None if all is well."""
    found = {name: _version(name) for name in MINIMUM}
    if all(version and _numbers(version) >= MINIMUM[name] for name, version in found.items()):
        return None
    needed = " and ".join(f"{name} {'.'.join(map(str, minimum))} or later" for name, minimum in MINIMUM.items())
    there = " and ".join(f"{name} {version}" if version else f"no {name}" for name, version in found.items())
    packages = " ".join(f"'{name}>={'.'.join(map(str, minimum))}'" for name, minimum in MINIMUM.items())
    return (
        f"lambdal.cloud needs {needed}, and {sys.executable or 'this Python'} has {there}. Install them for it, as with "
        f"{sys.executable or 'python3'} -m pip install {packages}, or run Ansible from a virtual environment that has them."
    )


def _version(name: str) -> str | None:
    try:
        return str(importlib.import_module(name).__version__)
    except (ImportError, AttributeError):
        return None


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(number) for number in re.findall(r"\d+", version)[:2])
