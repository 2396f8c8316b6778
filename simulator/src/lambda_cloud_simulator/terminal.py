# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Text for people: what a client or a file chose must not write on their terminal."""

from __future__ import annotations

import logging


def printable(text: str) -> str:
    """Return a text of lines with nothing else in it that a terminal would obey."""
    return "".join(
        char if char.isprintable() or char == "\n" else char.encode("unicode_escape").decode() for char in text
    )


class PrintableFormatter(logging.Formatter):
    """A format of log lines that a terminal shows as they are."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        return printable(super().format(record))
