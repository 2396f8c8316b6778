# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The action that waits for a host, whatever its options come from."""

from __future__ import annotations

import json
import typing as t
from pathlib import Path

import pytest
from support.runner import ansible

HOST = {"lambda_id": "0af1", "ansible_host": "192.0.2.7", "ansible_connection": "local"}


def wait(
    folder: Path,
    environment: dict[str, str],
    *arguments: str,
    mounts: t.Sequence[str] = (),
    succeed: bool = True,
    **options: t.Any,
) -> str:
    """Wait for a host that is in fact the controller, and return what is shown, in one line."""
    play = {
        "hosts": "localhost",
        "gather_facts": False,
        "vars": {
            **HOST,
            "ansible_python_interpreter": "{{ ansible_playbook_python }}",
            "lambda_file_system_mounts": [{"mount_point": path} for path in mounts],
        },
        "tasks": [{"lambdal.cloud.wait_until_ready": options}],
    }
    (folder / "play.yml").write_text(json.dumps([play]))
    done = ansible(["ansible-playbook", str(folder / "play.yml"), *arguments], environment, succeed=succeed)
    return " ".join((done.stdout + done.stderr).split())


# What stands for "not given" in a play that takes each option from a variable
def test_options_that_are_empty_are_not_given(tmp_path: Path, environment: dict[str, str]) -> None:
    empty = {"ssh_timeout": "{{ none_such | default(none) }}", "key_timeout": "", "mount_points": ["", "/proc"]}
    assert "localhost: Ready after " in wait(tmp_path, environment, **empty, apt_timeout=0)


def test_the_file_systems_are_by_default_those_of_the_api(tmp_path: Path, environment: dict[str, str]) -> None:
    mounts = ["/nowhere", "/proc"]
    shown = wait(tmp_path, environment, mounts=mounts, succeed=False, wait_for=["mounts"], mount_timeout=0)
    assert "has no file system mounted at /nowhere, where the API reports one." in shown
    assert "localhost: Ready" in wait(tmp_path, environment, mounts=mounts, wait_for=["mounts"], mount_points=[])


def test_check_mode_waits_on_the_host_alone(tmp_path: Path, environment: dict[str, str]) -> None:
    shown = wait(tmp_path, environment, "--check", wait_for=["ssh", "mounts"], mount_points=["/proc"])
    assert "localhost: Ready after 0 s: 0 s for file systems." in shown


@pytest.mark.parametrize(
    ("options", "part"),
    [
        ({"wait_for": ["mount"]}, "value of wait_for must be one or more of: ssh, cloud_init, apt, mounts."),
        ({"ssh_timeout": "inf"}, "ssh_timeout must be a number 0 or above and at most 100000000, not inf."),
        ({"mount_timeout": -1}, "mount_timeout must be a number 0 or above and at most 100000000, not -1"),
        (
            {"wait_for": ["mounts"], "mount_timeout": 0, "mount_points": ["/nowhere", "/"]},
            "localhost (id 0af1, 192.0.2.7) has no file system mounted at /nowhere, where the API reports one.",
        ),
    ],
)
def test_what_cannot_be_meant_or_is_missing_is_told(
    tmp_path: Path, environment: dict[str, str], options: dict[str, t.Any], part: str
) -> None:
    assert part in wait(tmp_path, environment, succeed=False, **options)
