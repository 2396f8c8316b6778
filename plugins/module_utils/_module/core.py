# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The ansible-core that the collection needs, and whether it runs on one.

What asks this must import on older cores, and on the oldest Python that these run on, or users see an ImportError instead.
"""

from __future__ import annotations

import re

from ansible.module_utils.ansible_release import __version__ as running

# As meta/runtime.yml has it, of which older cores only warn.
MINIMUM = (2, 19)


def core_problem(version: str = running) -> str | None:
    """Return a sentence on an ansible-core that is too old, or None if all is well."""
    if tuple(int(number) for number in re.findall(r"\d+", version)[:2]) >= MINIMUM:
        return None
    return (
        f"lambdal.cloud needs ansible-core {'.'.join(map(str, MINIMUM))} or later, and this is {version}; install a later one, "
        "or in AWX use an execution environment that has one, as the collection's guide to AWX describes."
    )
