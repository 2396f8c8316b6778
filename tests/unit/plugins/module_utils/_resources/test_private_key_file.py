# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

import pytest
from ansible_collections.lambdal.cloud.plugins.module_utils._errors import InvalidInput
from ansible_collections.lambdal.cloud.plugins.module_utils._resources.private_key_file import PrivateKeyFile


@pytest.fixture(params=["hard links", "no hard links"])
def path(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a file on a file system of either kind."""
    if request.param == "no hard links":

        def refuse(source: str, target: str) -> None:
            raise PermissionError(errno.EPERM, "Operation not permitted", source)

        monkeypatch.setattr(os, "link", refuse)
    return tmp_path / "key"


def test_a_key_appears_whole_and_private(path: Path) -> None:
    with PrivateKeyFile(str(path)) as file:
        assert not path.exists()
        file.keep("the key")
    assert path.read_text() == "the key\n"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(path.parent.iterdir()) == [path]


def test_what_appeared_meanwhile_is_not_overwritten(path: Path) -> None:
    with PrivateKeyFile(str(path)) as file:
        path.write_text("somebody else's")
        with pytest.raises(FileExistsError):
            file.keep("the key")
    assert path.read_text() == "somebody else's"
    assert list(path.parent.iterdir()) == [path]


def test_what_is_there_is_replaced_only_when_told_to(path: Path) -> None:
    path.write_text("old")
    with pytest.raises(InvalidInput, match="is not overwritten"), PrivateKeyFile(str(path)):
        pass
    with PrivateKeyFile(str(path), overwrite=True) as file:
        file.keep("new\n")
    assert path.read_text() == "new\n"


def test_what_is_not_kept_leaves_nothing(path: Path) -> None:
    with PrivateKeyFile(str(path)):
        pass
    assert list(path.parent.iterdir()) == []
