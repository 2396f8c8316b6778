# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Launches that no list has shown yet, noted before they are sent.

Lists may lag behind a launch. A task that was killed in between cannot wait for what it launched, and its lock on the name is
gone with it. The note stays, so that the next task on the same name waits in its place instead of launching again. Once a list
shows the instance, the note tells that it is this controller's, until a task has seen the launch through: where another
controller launched the same name at the same moment, the next task may terminate it.
"""

from __future__ import annotations

import time
import typing as t

from ansible_collections.lambdal.cloud.plugins.module_utils._client.account_file import AccountFile
from ansible_collections.lambdal.cloud.plugins.module_utils._client.models import Instance, is_live, tags_of
from ansible_collections.lambdal.cloud.plugins.module_utils._instances.spec import LAUNCH_TAG

# After a day somebody may use an instance, whatever became of the task that launched it.
_OWN_SECONDS = 86400.0


class PendingLaunches:
    """Notes of launches, shared by all of this user's processes on the account.

    Args:
        file: where they are; by default they are known to this process alone.
        seconds: for how long a launch may stay out of the list.
        clock: returns seconds since the epoch.
    """

    def __init__(
        self,
        file: AccountFile | None = None,
        seconds: float = 0.0,
        clock: t.Callable[[], float] = time.time,
    ) -> None:
        self._file = file
        self._seconds = seconds
        self._clock = clock
        self._own: dict[str, t.Any] = {}

    def add(self, launch_id: str, name: str, older: t.Collection[str] = ()) -> None:
        """Note a launch that is about to be sent.

        Args:
            older: IDs of live instances that have the name already.
        """
        note = {"name": name, "sent": self._clock(), "id": None, "older": list(older)}
        self._update(lambda notes: notes.update({launch_id: note}))

    def identify(self, launch_id: str, instance_id: str) -> None:
        """Note the ID of the instance that a launch brought."""

        def change(notes: dict[str, t.Any]) -> None:
            if launch_id in notes:
                notes[launch_id]["id"] = instance_id

        self._update(change)

    def drop(self, launch_id: str) -> None:
        """Forget a launch that certainly had no effect."""
        self._update(lambda notes: notes.pop(launch_id, None))

    def forget(self, instance_ids: t.Collection[str]) -> None:
        """Forget the launches of instances that a task has seen through, or that were terminated."""

        def change(notes: dict[str, t.Any]) -> None:
            for launch_id in [key for key, note in notes.items() if note["id"] in instance_ids]:
                del notes[launch_id]

        if instance_ids:
            self._update(change)

    def unlisted(self, names: t.Collection[str], rows: t.Sequence[Instance]) -> dict[str, float]:
        """Return the names whose launch the rows do not show yet, each with the seconds that it may still take."""
        left: dict[str, float] = {}

        def change(notes: dict[str, t.Any]) -> None:
            for launch_id, note in list(notes.items()):
                age = self._clock() - note["sent"]
                row = _listed_row(rows, launch_id, note)
                # A launch is in the future where the clock was set back since.
                if not 0 <= age < _OWN_SECONDS or (row and not is_live(row)):
                    del notes[launch_id]
                elif row:
                    # Without tags, nothing tells for sure whose it is.
                    note.update(listed=True, id=note["id"] if row.get("tags") is None else row["id"])
                elif note.get("listed") or age >= self._seconds:
                    del notes[launch_id]
                elif note["name"] in names:
                    left[note["name"]] = max(self._seconds - age, left.get(note["name"], 0.0))

        self._update(change)
        return left

    def own(self) -> dict[str, frozenset[str]]:
        """Return the IDs of listed instances that this controller launched, and that no task of it has seen through.

        With each are the IDs of the instances that had its name before.
        """
        found: dict[str, frozenset[str]] = {}

        def read(notes: dict[str, t.Any]) -> None:
            found.update(
                {
                    note["id"]: frozenset(note.get("older", ()))
                    for note in notes.values()
                    if note.get("listed") and note["id"] is not None
                }
            )

        self._update(read)
        return found

    def _update(self, change: t.Callable[[dict[str, t.Any]], object]) -> None:
        def checked(notes: dict[str, t.Any]) -> None:
            for launch_id in [key for key, note in notes.items() if not _is_note(note)]:
                del notes[launch_id]
            change(notes)

        if self._file is not None:
            try:
                self._file.update(checked)
                return
            except OSError:
                # The lock on the names uses the same folder, and has warned of it.
                self._file = None
        checked(self._own)


def _is_note(note: object) -> bool:
    return isinstance(note, dict) and {"name", "sent", "id"} <= note.keys() and isinstance(note["sent"], (int, float))


def _listed_row(rows: t.Iterable[Instance], launch_id: str, note: dict[str, t.Any]) -> Instance | None:
    """Return the instance that a launch brought, if the list shows it."""

    def matches(row: Instance) -> bool:
        if note["id"] is not None:
            return bool(row["id"] == note["id"])
        # An older version of the API shows no tags.
        if row.get("tags") is None:
            return is_live(row) and row.get("name") == note["name"]
        return tags_of(row).get(LAUNCH_TAG) == launch_id

    return next(filter(matches, rows), None)
