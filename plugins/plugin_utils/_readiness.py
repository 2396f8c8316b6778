# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How long a host is waited for, and what is said of one that does not get ready."""

from __future__ import annotations

import json
import typing as t
from pathlib import Path

from ansible_collections.lambdal.cloud.plugins.plugin_utils import _ready_script
from ansible_collections.lambdal.cloud.plugins.plugin_utils._ssh import ssh_problem

# Seconds after which what no waiting mends is told
_FIRST_SECONDS = 5

# Of those that the script on the host waits for, the option that says how long
_SCRIPT_TIMEOUTS = {"cloud_init": "cloud_init_timeout", "apt": "apt_timeout", "mounts": "mount_timeout"}


class Host(t.NamedTuple):
    """A host, as messages call it, and what is needed to log in to it."""

    name: str
    id: str = "unknown"
    address: str = "no address"
    user: str = "the user"
    keys: t.Sequence[str] = ()

    def __str__(self) -> str:
        """Return how messages name the host."""
        return f"{self.name} (id {self.id}, {self.address})"


def _attempts(timeout: float, key_timeout: float) -> t.Iterator[tuple[int, bool]]:
    """Yield the seconds of each attempt to log in, and whether it is made after a refused key.

    What waiting does not mend shows after the first attempt. A key that was refused for `key_timeout` seconds stays refused.
    """
    refusal = min(timeout, key_timeout)
    first = min(refusal, _FIRST_SECONDS)
    # At least one second: an attempt without time ends without having been made.
    yield max(1, int(first)), True
    if refusal > first:
        yield int(refusal - first), True
    if timeout > refusal:
        yield int(timeout - refusal), False


def log_in(attempt: t.Callable[[int], str | None], host: Host, timeout: float, key_timeout: float) -> str:
    """Try to log in until that succeeds or waiting does not help.

    Args:
        attempt: tries for a number of seconds, and returns the message of the last failure, or None after a success.
        host: the host.
        timeout: seconds within which it has to answer.
        key_timeout: seconds of these for which it may refuse the key.

    Returns:
        What is wrong with the host, and what to do about it; "" when it answers.
    """
    error = ""
    for seconds, after_refusal in _attempts(timeout, key_timeout):
        problem = ssh_problem(error)
        if problem.lasting or (problem.key_refused and not after_refusal):
            break
        failure = attempt(seconds)
        if failure is None:
            return ""
        error = failure
    return _login_message(host, error, timeout)


def _login_message(host: Host, error: str, timeout: float) -> str:
    problem = ssh_problem(error)
    if problem.lasting:
        reason = f"{host} cannot be logged in to, and waiting does not help. The instance is billed all the same. {problem.lasting}"
    elif problem.key_refused:
        keys = ", ".join(host.keys) or "the key that it was launched with"
        reason = (
            f"{host} refuses the SSH key of {host.user}. The instance runs and is billed. Log in with the private half of {keys} "
            "(fleet_ssh_private_key_path, or ansible_ssh_private_key_file), or terminate the instance and launch another."
        )
    else:
        reason = (
            f"{host} did not answer SSH within {timeout:g} seconds. The instance is billed all the same. Check whether its firewall "
            "lets you in, restart it, or terminate it and launch another. Raise ssh_timeout if it is only slow."
        )
    return f"{reason} The last attempt ended with: {error}"


def script_command(options: t.Mapping[str, t.Any]) -> list[str]:
    """Return the command that waits on the host itself for what `wait_for` names, or an empty list when that is nothing.

    Args:
        options: `wait_for`, the time-outs in seconds and `mount_points` of lambdal.cloud.wait_until_ready.
    """
    waits = [each for each in _SCRIPT_TIMEOUTS if each in options["wait_for"]]
    if not waits:
        return []
    words = ["python3", "-c", Path(_ready_script.__file__).read_text(encoding="utf-8")]
    for each in waits:
        words += [f"--{each.replace('_', '-')}", f"{options[_SCRIPT_TIMEOUTS[each]]:g}"]
    return [*words, "--", *(filter(None, options["mount_points"]) if "mounts" in waits else ())]


def script_result(host: Host, code: int, output: str, errors: str) -> tuple[str, str]:
    """Return what the script on the host found wrong, with what to do about it, and how long it waited for what."""
    try:
        answer = json.loads(output.strip().splitlines()[-1])
        problem, missing, summary = str(answer["problem"]), list(answer["missing_mounts"]), str(answer["summary"])
    except (ValueError, KeyError, IndexError, TypeError):
        said = (errors or output).strip().splitlines()[-1:] or [f"the command ended with {code}"]
        problem, missing, summary = f"It could not be looked at: {said[0]}.", [], ""
    if missing:
        return (
            f"{host} has no file system mounted at {', '.join(map(str, missing))}, where the API reports one. The instance is billed "
            "all the same, and what is written there would be lost with it. Restart it, or terminate it and launch another."
        ), summary
    return f"{host} is not ready. {problem} The instance is billed all the same." if problem else "", summary
