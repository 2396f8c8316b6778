# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which texts Ansible would take for templates, if it trusted them. What the API returns must never become one."""

from __future__ import annotations

_STARTS = ("{{", "{%", "{#")
# With this a text brings delimiters of its own.
_HEADER = "#jinja2:"


def may_be_template(text: str) -> bool:
    """Whether a text would be run where a template is expected."""
    return text.startswith(_HEADER) or any(start in text for start in _STARTS)
