# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a failed login over SSH means."""

from __future__ import annotations

import pytest
from ansible_collections.lambdal.cloud.plugins.plugin_utils._ssh import SshProblem, ssh_problem

WAITED = "timed out waiting for ping module test: "


@pytest.mark.parametrize(
    ("error", "part"),
    [
        ("Failed to connect to the host via ssh: Host key verification failed.", "ssh-keygen -R"),
        ('unix_listener: path "/a/b" too long for Unix domain socket', "ANSIBLE_SSH_CONTROL_PATH_DIR"),
        ("[Errno 2] No such file or directory: b'ssh'", "There is no ssh client"),
        ("command-line: line 0: Bad configuration option: nonsense", "refuses its options"),
    ],
)
def test_what_never_heals_is_told(error: str, part: str) -> None:
    problem = ssh_problem(WAITED + error)
    assert not problem.key_refused
    assert part in problem.lasting


def test_the_rest_may_heal() -> None:
    refused = ssh_problem(WAITED + "ubuntu@192.0.2.1: Permission denied (publickey).")
    assert refused == SshProblem(key_refused=True, lasting="")
    for error in ("Connection refused", "Connection timed out", "No route to host", ""):
        assert ssh_problem(WAITED + error) == SshProblem(key_refused=False, lasting="")
