# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Print the names of PyTorch's packages that an environment has from its system, in lines.

What a lock file names beside them is installed as it says; these alone fit the system's driver and CUDA.
"""

from __future__ import annotations

import importlib.metadata
import re
import sys
from pathlib import Path

KEPT = re.compile(r"torch|torchvision|torchaudio|triton|pytorch-triton|nvidia-.+")


def main() -> int:
    own = Path(sys.prefix).resolve()
    names = set()
    for each in importlib.metadata.distributions():
        name = re.sub(r"[-_.]+", "-", each.metadata["Name"] or "").lower()
        if KEPT.fullmatch(name) and own not in Path(str(each.locate_file(""))).resolve().parents:
            names.add(name)
    # What only comes with PyTorch may stay away where PyTorch does, else the file's versions are needed.
    if "torch" in names:
        print("\n".join(sorted(names)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
