# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What roles make of units of systemd and of packages of the system, on a machine."""

from __future__ import annotations

import json
import shlex
import typing as t
from pathlib import Path

from support.machines import NEEDS_MACHINES, Host

pytestmark = NEEDS_MACHINES


def server(*command: str, **more: t.Any) -> dict[str, t.Any]:
    """Return variables of a server, which has ten minutes to be ready."""
    return {
        "inference_server_command": list(command),
        "inference_server_health_path": "/",
        "inference_server_health_interval": 1,
        "inference_server_health_timeout": 600,
        **more,
    }


SERVE = ("-m", "http.server", "--bind", "127.0.0.1", "8000")


def test_a_server_that_ends_at_once_fails_with_its_log(host: Host) -> None:
    gated = "import sys; sys.exit('401: access to the model is restricted')"
    for key in ("", "secret-of-the-server"):
        told = host.role(
            "inference_server", **server("/usr/bin/python3", "-c", gated, inference_server_api_key=key), succeed=False
        )
        assert "The server vllm on web ended before it was ready, with exit code 1." in told
        assert "401: access to the model is restricted" in told
        assert "secret-of-the-server" not in told
    # As on a host where vllm was not installed
    told = host.role("inference_server", inference_server_model="some/model", succeed=False)
    assert "with exit code 203 (its command cannot be run: install it" in told
    assert "vllm: No such file or directory" in told


def test_another_server_at_the_port_is_not_taken_for_the_own(host: Host) -> None:
    host.root("systemd-run --quiet --unit=other python3 -m http.server --bind 127.0.0.1 8000")
    try:
        # The own one runs and does not listen yet.
        told = host.role("inference_server", **server("/usr/bin/sleep", "600"), succeed=False)
        assert "Port 8000 on web is held by python3 (process " in told
        assert "which is not part of the server vllm" in told
    finally:
        host.root("systemctl stop other inference-vllm")


def test_a_server_is_restarted_when_its_environment_was_built_anew(host: Host) -> None:
    host.root("python3 -m venv --without-pip '/srv/my env'; mkdir -p /srv/cache")
    serve = server("/srv/my env/bin/python", *SERVE, inference_server_environment={"HF_HOME": "/srv/cache"})
    process = "systemctl show --property=MainPID --value inference-vllm"
    host.role("inference_server", **serve)
    first = host.root(process)
    assert first != "0"
    host.root("python3 -m venv --clear --without-pip '/srv/my env'")
    assert " changed=0 " not in host.role("inference_server", ["--check"], **serve)
    assert host.root(process) == first
    host.role("inference_server", **serve)
    second = host.root(process)
    assert second not in ("0", first)
    assert " changed=0 " in host.role("inference_server", **serve)
    assert host.root(process) == second
    mounts = host.root("systemctl show --property=RequiresMountsFor --value inference-vllm")
    # systemd adds what its own options need.
    assert {"/home/ubuntu", "/srv/my env/bin/python", "/srv/cache"} <= set(shlex.split(mounts))
    host.root("systemctl stop inference-vllm")


def test_a_host_whose_job_or_server_runs_is_busy(host: Host, tmp_path: Path) -> None:
    playbook = tmp_path / "probe.yml"
    role = {"name": "lambdal.cloud.reaper", "tasks_from": "probe"}
    show = {"ansible.builtin.debug": {"msg": "busy {{ reaper_seen.busy | to_json }}."}}
    tasks = [{"ansible.builtin.include_role": role}, show]
    playbook.write_text(json.dumps([{"hosts": "web", "gather_facts": False, "tasks": tasks}]))
    host.root("systemd-run --quiet --unit=torchrun-runs sleep 600")
    host.root("systemd-run --quiet --unit=torchrun-ended --remain-after-exit true")
    host.root("systemctl reset-failed; systemd-run --quiet --unit=inference-failed false; sleep 1")
    try:
        told = host.world.run(str(playbook), {"reaper_samples": 1, "reaper_busy_command": ["/bin/sh", "-c", "exit 0"]})
    finally:
        host.root("systemctl stop torchrun-runs torchrun-ended; systemctl reset-failed")
    assert json.loads(told.split("busy ")[1].partition('."')[0].replace("\\", "")) == [
        "torchrun-runs.service runs",
        "sh says so",
    ]
