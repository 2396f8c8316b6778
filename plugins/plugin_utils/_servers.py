# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is said of servers that are not ready. Pure functions."""

from __future__ import annotations

from ansible_collections.lambdal.cloud.plugins.module_utils._client.models import Row
from ansible_collections.lambdal.cloud.plugins.plugin_utils import _systemd

# What systemd itself lets a unit end with, see systemd.exec(5)
_EXITS = {
    200: "its working directory cannot be entered",
    203: "its command cannot be run: install it, or name it by its full path",
    217: "its user does not exist",
}


def problem(look: Row, name: str, host: str, port: int, path: str, timeout: float) -> str:
    """Return why a server is not ready, in a sentence; empty if it is.

    Args:
        look: the last look at it, of the role inference_server's program
        timeout: the seconds that it had
    """
    server = f"The server {name} on {host}"
    state = look["state"]
    if state == "ready":
        return ""
    if state == "ended":
        return f"{server} ended before it was ready{_end(look)}."
    if state == "taken":
        return (
            f"Port {port} on {host} is held by {look['holder']}, which is not part of the server {name}. "
            "Stop it, or choose another inference_server_port."
        )
    return f"{server} did not answer 200 at {path} within {timeout:g} seconds{_progress(look, port)}."


def _end(look: Row) -> str:
    code = int(look.get("exit_code") or 0)
    if not code:
        return ""
    if look.get("signal"):
        return f", by signal {code}{' (it had no memory left)' if look.get('result') == 'oom-kill' else ''}"
    return f", with exit code {code}{f' ({_EXITS[code]})' if code in _EXITS else ''}"


def _progress(look: Row, port: int) -> str:
    if look.get("answer"):
        return f", but {look['answer']}"
    places = [(str(each["address"]), int(each["port"])) for each in look.get("sockets") or []]
    if any(each == port for _address, each in places):
        return ""
    told = ", ".join(sorted(_systemd.joined(*place) for place in places))
    return f", and listens on {told} only" if told else f", and does not listen on port {port}"
