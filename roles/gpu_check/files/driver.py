# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Start CUDA as every program on a GPU does first, and print `cuInit`, its code and what the driver says of it, and `devices`.

nvidia-smi lists GPUs that no program can use, and the driver alone is enough to tell. Exits with 3 where there is no
library of the driver, which says nothing about the GPUs. Python's standard library is all it needs.
"""

from __future__ import annotations

import ctypes
import signal
import sys

LIBRARY = "libcuda.so.1"
# A dead GPU can keep the call for ever.
SECONDS = 120


def main() -> int:
    signal.alarm(SECONDS)
    try:
        cuda = ctypes.CDLL(LIBRARY)
    except OSError:
        return 3
    code = cuda.cuInit(0)
    print(f"cuInit {code} {words(cuda, code)}".strip())
    if code == 0:
        count = ctypes.c_int()
        cuda.cuDeviceGetCount(ctypes.byref(count))
        print(f"devices {count.value}")
    return 0


def words(cuda: ctypes.CDLL, code: int) -> str:
    """Return the name of a code and what the driver says of it."""
    said = []
    for name in ("cuGetErrorName", "cuGetErrorString"):
        text = ctypes.c_char_p()
        if code and hasattr(cuda, name) and getattr(cuda, name)(code, ctypes.byref(text)) == 0 and text.value:
            said.append(text.value.decode("utf-8", "replace"))
    return ": ".join(said)


if __name__ == "__main__":
    sys.exit(main())
