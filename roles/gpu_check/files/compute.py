# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Compute on each GPU and print a line with the reason for each that fails.

Exits with 3 where there is no PyTorch, or one that was built without CUDA, which says nothing about the GPUs.
"""

from __future__ import annotations

import sys


def reason(error: Exception) -> str:
    lines = str(error).splitlines()
    return f"{type(error).__name__}: {lines[0] if lines else 'no reason given'}"


def main() -> int:
    try:
        import torch
    except ImportError:
        return 3
    except Exception as error:
        print("devices 0")
        print(f"import: {reason(error)}")
        return 0
    if torch.version.cuda is None:
        return 3
    count = torch.cuda.device_count()
    print(f"devices {count}")
    for index in range(count):
        try:
            ones = torch.ones((256, 256), device=f"cuda:{index}")
            total = float((ones @ ones).sum())
            torch.cuda.synchronize(index)
            if total != 256.0**3:
                print(f"GPU {index}: a sum of products is {total:g}, not {256**3}")
        except Exception as error:
            print(f"GPU {index}: {reason(error)}")
    return 0


sys.exit(main())
