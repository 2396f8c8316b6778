# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The folders of a file system that outlives the instance, and who is led there."""

from __future__ import annotations

import subprocess

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.lambdal.cloud.plugins.filter.storage_plan import storage_plan

VARIABLES = {"HF_HOME": "caches/huggingface", "WANDB_DIR": "logs"}


def test_folders_are_named_once() -> None:
    plan = storage_plan("/lambda/nfs/data/", ["checkpoints", "logs"], VARIABLES)
    assert plan["name"] == "data"
    assert plan["folders"] == [f"/lambda/nfs/data/{name}" for name in ("checkpoints", "logs", "caches/huggingface")]
    assert plan["unit"].splitlines()[1:] == [
        "[Unit]",
        "RequiresMountsFor=/lambda/nfs/data",
        "AssertPathIsMountPoint=/lambda/nfs/data",
        "[Service]",
        "Environment=HF_HOME=/lambda/nfs/data/caches/huggingface",
        "Environment=WANDB_DIR=/lambda/nfs/data/logs",
    ]


@pytest.mark.parametrize(("path", "led"), [("/proc", True), ("/proc/self", False)])
def test_programs_are_led_there_only_while_it_is_mounted(path: str, led: bool) -> None:
    plan = storage_plan(path, [], VARIABLES)
    profile = subprocess.run(
        ["sh", "-euc", f'{plan["profile"]}echo "${{HF_HOME-local}}"'], capture_output=True, text=True, check=True
    )
    assert profile.stdout.strip() == (f"{path}/caches/huggingface" if led else "local")
    generator = subprocess.run(["sh", "-euc", plan["generator"]], capture_output=True, text=True, check=True)
    assert generator.stdout.splitlines() == (
        [f"HF_HOME={path}/caches/huggingface", f"WANDB_DIR={path}/logs"] if led else []
    )


@pytest.mark.parametrize(
    ("path", "folders", "variables", "message"),
    [
        ("lambda/nfs/x", [], {}, "absolute path of a mount point"),
        ("/", [], {}, "absolute path of a mount point"),
        ("/x/..", [], {}, "absolute path of a mount point"),
        ("/lambda/nfs/a b", [], {}, "absolute path of a mount point"),
        ("/x; reboot", [], {}, "absolute path of a mount point"),
        ("/x", ["../y"], {}, "below node_storage"),
        ("/x", ["/y"], {}, "below node_storage"),
        ("/x", [], {"A": "$(reboot)"}, "below node_storage"),
        ("/x", [], {"A;reboot": "y"}, "not the name of a variable"),
    ],
)
def test_what_could_mean_something_else_is_refused(
    path: str, folders: list[str], variables: dict[str, str], message: str
) -> None:
    with pytest.raises(AnsibleFilterError, match=message):
        storage_plan(path, folders, variables)
