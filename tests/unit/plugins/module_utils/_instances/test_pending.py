# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import os
import typing as t
from pathlib import Path

import pytest
from ansible_collections.lambdal.cloud.plugins.module_utils._client.account_file import AccountFile
from ansible_collections.lambdal.cloud.plugins.module_utils._instances.pending import PendingLaunches
from ansible_collections.lambdal.cloud.plugins.module_utils._instances.spec import LAUNCH_TAG


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def open_notes(tmp_path: Path, clock: Clock) -> t.Callable[[], PendingLaunches]:
    return lambda: PendingLaunches(AccountFile("launches", "key", "http://x", str(tmp_path / "state")), 60, clock)


def row(**fields: t.Any) -> t.Any:
    return {"id": "i-1", "name": "a", "status": "booting", "tags": [], **fields}


def test_another_process_knows_of_a_launch(open_notes: t.Callable[[], PendingLaunches], clock: Clock) -> None:
    open_notes().add("l-1", "a")
    clock.now += 20
    assert open_notes().unlisted(["a", "b"], []) == {"a": 40.0}
    assert open_notes().unlisted(["b"], []) == {}


@pytest.mark.parametrize(
    "listed",
    [
        row(tags=[{"key": LAUNCH_TAG, "value": "l-1"}], name="renamed"),
        row(tags=None),
    ],
    ids=["by its tag", "by its name, without tags"],
)
def test_a_listed_launch_is_forgotten(open_notes: t.Callable[[], PendingLaunches], listed: t.Any) -> None:
    open_notes().add("l-1", "a")
    assert open_notes().unlisted(["a"], [listed]) == {}
    assert open_notes().unlisted(["a"], []) == {}


@pytest.mark.parametrize(
    "listed",
    [
        row(tags=[{"key": LAUNCH_TAG, "value": "l-2"}]),
        row(tags=None, status="terminating"),
        row(tags=None, name="b"),
    ],
    ids=["another launch", "a predecessor", "another name"],
)
def test_another_instance_is_not_the_launch(open_notes: t.Callable[[], PendingLaunches], listed: t.Any) -> None:
    open_notes().add("l-1", "a")
    assert open_notes().unlisted(["a"], [listed]) == {"a": 60.0}


def test_a_known_id_counts_alone(open_notes: t.Callable[[], PendingLaunches]) -> None:
    notes = open_notes()
    notes.add("l-1", "a")
    notes.identify("l-1", "i-1")
    assert notes.unlisted(["a"], [row(id="i-2", tags=None)]) == {"a": 60.0}
    assert notes.unlisted(["a"], [row(name="renamed", status="terminated")]) == {}


def test_what_had_no_effect_and_what_is_gone_is_forgotten(open_notes: t.Callable[[], PendingLaunches]) -> None:
    notes = open_notes()
    notes.add("l-1", "a")
    notes.drop("l-1")
    notes.add("l-2", "b")
    notes.identify("l-2", "i-2")
    notes.forget(["i-2"])
    assert notes.unlisted(["a", "b"], []) == {}


@pytest.mark.parametrize("step", [60.0, -1.0])
def test_a_note_counts_for_its_time_and_not_after_the_clock_was_set_back(
    open_notes: t.Callable[[], PendingLaunches], clock: Clock, step: float
) -> None:
    open_notes().add("l-1", "a")
    clock.now += step
    assert open_notes().unlisted(["a"], []) == {}


@pytest.mark.parametrize("content", ["", "{", "[]", '{"l": 1}', '{"l": {"name": "a", "sent": "x", "id": null}}'])
def test_a_spoilt_file_is_an_empty_one(
    open_notes: t.Callable[[], PendingLaunches], tmp_path: Path, content: str
) -> None:
    open_notes().add("l-1", "a")
    (path,) = (tmp_path / "state").iterdir()
    path.write_text(content)
    assert open_notes().unlisted(["a"], []) == {}
    assert json.loads(path.read_text()) == {}


def test_the_file_is_private(open_notes: t.Callable[[], PendingLaunches], tmp_path: Path) -> None:
    open_notes().add("l-1", "a")
    (path,) = (tmp_path / "state").iterdir()
    assert os.stat(path).st_mode & 0o777 == 0o600


def test_without_a_file_the_process_alone_knows(tmp_path: Path, clock: Clock) -> None:
    (tmp_path / "file").touch()
    notes = PendingLaunches(AccountFile("launches", "key", "http://x", str(tmp_path / "file" / "state")), 60, clock)
    notes.add("l-1", "a")
    assert notes.unlisted(["a"], []) == {"a": 60.0}
