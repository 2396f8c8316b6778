# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files that appear whole, or stay as they were."""

from __future__ import annotations

import json
import os
import tempfile
import typing as t


def write_json(path: str, content: t.Any) -> None:
    """Replace a file by JSON that is on the disk, private to its owner; the folder is there already.

    Raises:
        OSError: it cannot be written; then nothing is left beside it.
    """
    descriptor, temporary = tempfile.mkstemp(dir=os.path.dirname(path) or ".", prefix=".lambda-")
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump(content, file)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise
