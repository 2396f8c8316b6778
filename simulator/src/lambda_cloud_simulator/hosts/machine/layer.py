# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a machine has of its own over the shared root file system, before it boots for the first time."""

from __future__ import annotations

import json
import os
import typing as t
from dataclasses import asdict
from importlib import resources
from pathlib import Path
from urllib.parse import quote

import asyncssh
import yaml

from ... import hosts
from .. import FileSystemMount, GpuSpec, HostSpec
from .resolver import resolv_conf

# User and group id of `ubuntu` in the root file system.
_UBUNTU = 1000
_NVIDIA_SMI = resources.files(hosts) / "nvidia_smi.py"
_GPUS = "gpus"
_GPUS_INSIDE = "/etc/lambda-simulator"


def create(folder: Path, spec: HostSpec, file_systems: Path) -> None:
    """Create a machine's folder with its writable layer, `upper`.

    Args:
        folder: the machine's.
        spec: what the machine must know of its instance.
        file_systems: where each file system has a folder, made here when it is new.
    """
    upper = folder / "upper"
    _write(upper, "etc/hostname", f"{spec.hostname}\n")
    _write(upper, "etc/hosts", f"127.0.0.1 localhost\n::1 localhost\n127.0.1.1 {spec.hostname}\n")
    _write(upper, "etc/resolv.conf", resolv_conf())
    _write_host_key(upper)
    _write_authorized_keys(upper, spec.authorized_keys)
    _write_cloud_init(upper, spec)
    _write(upper, "usr/bin/nvidia-smi", _NVIDIA_SMI.read_text(), 0o755)
    (folder / _GPUS).mkdir()
    write_gpus(folder, spec.gpus)
    for mount in spec.mounts:
        shared = _file_system(mount, file_systems)
        if not shared.exists():
            shared.mkdir(parents=True)
            os.chown(shared, _UBUNTU, _UBUNTU)


def options(folder: Path, spec: HostSpec, file_systems: Path) -> list[str]:
    """Return systemd-nspawn's options that mount the file systems and the description of the GPUs."""
    binds = [f"--bind-ro={folder / _GPUS}:{_GPUS_INSIDE}"]
    for mount in spec.mounts:
        mount_point = mount.mount_point.replace("\\", "\\\\").replace(":", "\\:")
        binds.append(f"--bind={_file_system(mount, file_systems)}:{mount_point}")
    return binds


def write_gpus(folder: Path, gpus: GpuSpec) -> None:
    """Write down for the machine's `nvidia-smi`, also while the machine runs, which GPUs there are."""
    new = folder / _GPUS / "gpus.json.new"
    new.write_text(json.dumps({**asdict(gpus), "broken": sorted(gpus.broken)}))
    new.replace(new.with_suffix(""))


def _file_system(mount: FileSystemMount, file_systems: Path) -> Path:
    return file_systems / quote(mount.file_system_id, safe="")


def _write(upper: Path, name: str, text: str, mode: int = 0o644) -> Path:
    """Write a file, with the folders on the way."""
    path = upper / name
    path.parent.mkdir(parents=True, exist_ok=True)
    # They hide the root file system's, so they need its mode whatever the umask.
    for folder in path.parents:
        folder.chmod(0o755)
        if folder == upper:
            break
    path.write_text(text)
    path.chmod(mode)
    return path


def _write_host_key(upper: Path) -> None:
    key = asyncssh.generate_private_key("ssh-ed25519")
    name = "etc/ssh/ssh_host_ed25519_key"
    _write(upper, name, key.export_private_key().decode(), 0o600)
    _write(upper, f"{name}.pub", key.export_public_key().decode())


def _write_authorized_keys(upper: Path, keys: t.Iterable[str]) -> None:
    lines = "".join(f"{key.strip()}\n" for key in keys)
    file = _write(upper, "home/ubuntu/.ssh/authorized_keys", lines)
    for path, mode in ((file, 0o600), (file.parent, 0o700), (file.parent.parent, 0o750)):
        os.chown(path, _UBUNTU, _UBUNTU)
        path.chmod(mode)


def _write_cloud_init(upper: Path, spec: HostSpec) -> None:
    if spec.user_data is None:
        # It takes longer than the rest of the boot, and has nothing to do.
        _write(upper, "etc/cloud/cloud-init.disabled", "")
        return
    seed = "var/lib/cloud/seed/nocloud"
    meta_data = yaml.safe_dump({"instance-id": spec.instance_id, "local-hostname": spec.hostname})
    _write(upper, f"{seed}/meta-data", meta_data)
    _write(upper, f"{seed}/user-data", spec.user_data, 0o600)
