# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from ansible_collections.lambdal.cloud.plugins.module_utils._errors import InvalidInput
from ansible_collections.lambdal.cloud.plugins.module_utils._resources import key_pair
from ansible_collections.lambdal.cloud.plugins.module_utils._resources.key_pair import (
    generate_key_pair,
    read_public_half,
)


def run_command(command: list[str]) -> tuple[int, str, str]:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout, done.stderr


WAYS = [
    pytest.param(True, marks=pytest.mark.skipif(not key_pair.HAS_CRYPTOGRAPHY, reason="cryptography is not installed")),
    pytest.param(False, marks=pytest.mark.skipif(not shutil.which("ssh-keygen"), reason="ssh-keygen is not installed")),
]


@pytest.mark.parametrize("with_library", WAYS)
def test_a_pair_fits_together(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, with_library: bool) -> None:
    monkeypatch.setattr(key_pair, "HAS_CRYPTOGRAPHY", with_library)
    pair = generate_key_pair(run_command)
    assert pair.private_key.startswith("-----BEGIN OPENSSH PRIVATE KEY-----")
    assert pair.public_key.type == "ssh-ed25519"
    (tmp_path / "key").write_text(pair.private_key)
    half = read_public_half(str(tmp_path / "key"))
    assert half is not None
    assert half.material == pair.public_key.material
    assert generate_key_pair(run_command).public_key != pair.public_key


def test_the_private_half_is_in_no_traceback() -> None:
    pair = generate_key_pair()
    assert "PRIVATE" not in repr(pair) + str(pair)


def test_without_library_and_program_the_user_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(key_pair, "HAS_CRYPTOGRAPHY", False)
    monkeypatch.setenv("PATH", "")
    with pytest.raises(InvalidInput, match="needs the Python library cryptography or ssh-keygen"):
        generate_key_pair(run_command)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "precious",
        "-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n-----END OPENSSH PRIVATE KEY-----\n",
        "-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEA\n-----END OPENSSH PRIVATE KEY-----\n",
        "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
    ],
)
def test_what_is_no_private_key_has_no_public_half(tmp_path: Path, text: str) -> None:
    (tmp_path / "key").write_text(text)
    assert read_public_half(str(tmp_path / "key")) is None
    assert read_public_half(str(tmp_path)) is None
    assert read_public_half(str(tmp_path / "missing")) is None
