# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Print a fingerprint of files as rsync goes by them: names, rights, sizes and times. Python's standard library is all it needs."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys


def main() -> None:
    digest = hashlib.sha256()
    pushed = json.loads(sys.argv[1])
    for transfer in pushed["transfers"]:
        digest.update(f"{transfer['dest']}\0".encode())
        source = os.path.join(pushed["folder"], os.path.expanduser(os.path.expandvars(transfer["src"])))
        exclude = [f"--exclude={pattern}" for pattern in (*pushed["exclude"], *transfer.get("exclude", []))]
        command = ["rsync", "--archive", "--list-only", "--no-human-readable", *exclude, "--", source]
        listed = subprocess.run(command, check=True, stdout=subprocess.PIPE, env={**os.environ, "TZ": "UTC"}).stdout
        for line in listed.splitlines():
            rights, size, day, time, name = line.split(None, 4)
            # A folder's time is that of whatever was made in it last, also of what is left out.
            parts = (rights, name) if rights.startswith(b"d") else (rights, size, day, time, name)
            digest.update(b"\0".join(parts) + b"\n")
    print(digest.hexdigest())


if __name__ == "__main__":
    main()
