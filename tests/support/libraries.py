# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Shared libraries of Linux whose functions return numbers, made without a compiler."""

from __future__ import annotations

import platform
import struct

# By machine: its number in ELF, and the code of a function that returns a number.
_MACHINES = {
    # mov eax, NUMBER; ret
    "x86_64": (62, lambda number: b"\xb8" + struct.pack("<I", number) + b"\xc3"),
    # mov w0, #NUMBER; ret
    "aarch64": (183, lambda number: struct.pack("<II", 0x52800000 | number << 5, 0xD65F03C0)),
}


def shared_library(functions: dict[str, int]) -> bytes:
    """Return a library that has these functions, each of which returns its number, of 16 bits at most."""
    machine, code_of = _MACHINES[platform.machine()]
    names = b"\0"
    symbols = bytes(24)
    codes = b""
    start = 64 + 3 * 56
    for name, number in functions.items():
        # A global function in a section that is not said to be undefined
        symbols += struct.pack("<IBBHQQ", len(names), 0x12, 0, 1, start + len(codes), 16)
        names += name.encode() + b"\0"
        codes += code_of(number).ljust(16, b"\0")
    count = len(functions) + 1
    # One bucket, in which each symbol leads to the next
    table = struct.pack(f"<{3 + count}I", 1, count, 1, 0, *range(2, count), 0)
    at_symbols = start + len(codes)
    at_table = at_symbols + len(symbols)
    at_names = at_table + len(table)
    at_dynamic = -(-(at_names + len(names)) // 8) * 8
    # DT_HASH, DT_SYMTAB, DT_STRTAB, DT_STRSZ, DT_SYMENT, DT_NULL
    dynamic = struct.pack("<12Q", 4, at_table, 6, at_symbols, 5, at_names, 10, len(names), 11, 24, 0, 0)
    size = at_dynamic + len(dynamic)
    header = b"\x7fELF\x02\x01\x01".ljust(16, b"\0")
    header += struct.pack("<HHIQQQIHHHHHH", 3, machine, 1, 0, 64, 0, 0, 64, 56, 3, 0, 0, 0)
    # PT_LOAD of all of it, PT_DYNAMIC, and PT_GNU_STACK, without which the stack would have to be executable
    segments = struct.pack("<IIQQQQQQ", 1, 7, 0, 0, 0, size, size, 4096)
    segments += struct.pack("<IIQQQQQQ", 2, 6, at_dynamic, at_dynamic, at_dynamic, len(dynamic), len(dynamic), 8)
    segments += struct.pack("<IIQQQQQQ", 0x6474E551, 6, 0, 0, 0, 0, 0, 16)
    return (header + segments + codes + symbols + table + names).ljust(at_dynamic, b"\0") + dynamic
