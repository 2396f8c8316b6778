# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filters that read and write texts of other programs."""

from __future__ import annotations

import re
import typing as t

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.lambdal.cloud.plugins.filter.pull_conflict import pull_conflict
from ansible_collections.lambdal.cloud.plugins.filter.pull_problem import pull_problem
from ansible_collections.lambdal.cloud.plugins.filter.rsync_difference import rsync_difference
from ansible_collections.lambdal.cloud.plugins.filter.rsync_failure import rsync_failure
from ansible_collections.lambdal.cloud.plugins.filter.rsync_stats import rsync_stats
from ansible_collections.lambdal.cloud.plugins.filter.systemd_command import systemd_command
from ansible_collections.lambdal.cloud.plugins.filter.systemd_environment import systemd_environment
from hypothesis import given
from hypothesis import strategies as st

STATS = """changed=job.py

Number of files: 3 (reg: 2, dir: 1)
Number of created files: 2 (reg: 2)
Number of regular files transferred: 2
Total file size: 8192 bytes
Total transferred file size: 4096 bytes
Literal data: 4096 bytes
"""


def test_rsync_says_how_much_it_transferred() -> None:
    assert rsync_stats(STATS) == {"files": 2, "bytes": 4096}
    assert rsync_stats("") == {"files": 0, "bytes": 0}
    # A file may have any name.
    assert rsync_stats("changed=Number of regular files transferred: 9\n" + STATS)["files"] == 2


def test_rsync_says_why_it_failed() -> None:
    errors = (
        'rsync: [sender] link_stat "/nowhere" failed: No such file or directory (2)\n'
        "rsync error: some files/attrs were not transferred (see previous errors) (code 23) at main.c(1872) [Receiver=3.2.7]\n"
    )
    assert rsync_failure({"rc": 0, "stderr": errors}) == rsync_failure({"rc": 24, "stderr": ""}) == ""
    told = 'rsync ended with 23: rsync: [sender] link_stat "/nowhere" failed: No such file or directory (2)'
    assert rsync_failure({"rc": 23, "stderr": errors}) == told
    assert rsync_failure({"rc": 23, "stderr": "a\nb\nc\nd\n"}) == "rsync ended with 23: a; b (and 2 lines more)"
    assert rsync_failure({"rc": 12, "stderr": "rsync error: error in stream"}).endswith(
        "12: rsync error: error in stream"
    )
    assert rsync_failure({"rc": 1, "stderr": ""}) == "rsync ended with 1: it said nothing"
    assert rsync_failure({"failed": True, "msg": "no such command"}) == "no such command"


def test_rsync_says_what_differs() -> None:
    assert rsync_difference({"rc": 0, "stdout": STATS.partition("\n")[2]}) == ""
    assert rsync_difference({"rc": 0, "stdout": STATS}) == "it differs from what the host has: job.py"
    many = "".join(f"changed={n}\n" for n in range(5))
    assert rsync_difference({"rc": 0, "stdout": many}).endswith(": 0, 1, 2 and 2 more")
    assert rsync_difference({"rc": 12, "stdout": "", "stderr": "gone"}) == "rsync ended with 12: gone"


def pulls(src: str, dest: str, **more: t.Any) -> dict[str, t.Any]:
    return {"folder": "/home/me", "pulls": [{"src": src, "dest": dest, **more}]}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (("/out/", "back/"), ("/out/", "back")),
        (("/out/", "back"), ("/run/", "/home/me/./back/")),
        (("/a/log", "logs/"), ("/b/log", "logs/")),
        (("/a/one", "place"), ("/b/two", "place")),
        (("/a/", "x/../back"), ("/b/", "back")),
    ],
)
def test_one_place_for_two_hosts_is_a_conflict(one: tuple[str, str], other: tuple[str, str]) -> None:
    told = pull_conflict({"web-1": pulls(*one), "web-2": pulls(*other)})
    assert told.startswith("web-1 and web-2 would both be pulled to /home/me/")


def test_what_one_pull_would_delete_of_another_is_a_conflict() -> None:
    hosts = {"web-1": pulls("/a/", "back/web-1/"), "web-2": pulls("/b/", "back/", delete=True)}
    assert "would delete what web-1 is pulled to, /home/me/back/web-1" in pull_conflict(hosts)
    assert pull_conflict({"web-1": pulls("/a/", "back/web-1/"), "web-2": pulls("/b/", "back/")}) == ""


def test_places_of_their_own_are_no_conflict() -> None:
    assert pull_conflict({}) == pull_conflict({"web-1": pulls("/a/", "back/")}) == ""
    assert pull_conflict({f"web-{n}": pulls("/out/", f"back/web-{n}/") for n in range(3)}) == ""
    # Files keep their names in a folder.
    assert pull_conflict({f"web-{n}": pulls(f"/var/log/web-{n}.log", "logs/") for n in range(3)}) == ""
    # One host may write twice to one place.
    assert (
        pull_conflict({"web-1": {"folder": "/", "pulls": [{"src": "/a/", "dest": "x"}, {"src": "/b/", "dest": "x"}]}})
        == ""
    )


def test_systemd_expands_nothing_in_a_command() -> None:
    words = ["/bin/echo", 'a "b" $HOME %h \\ c', "two\nlines", 8000]
    assert systemd_command(words) == r'"/bin/echo" "a \"b\" $$HOME %%h \\ c" "two\nlines" "8000"'


@given(st.lists(st.text(st.characters(blacklist_categories=["Cs", "Cc"]))))
def test_systemd_reads_the_words_that_were_written(words: list[str]) -> None:
    read = re.findall(r'"((?:[^"\\]|\\.)*)"', systemd_command(words))
    assert [re.sub(r"\\(.)|\$(\$)|%(%)", r"\1\2\3", word) for word in read] == words


def test_environment_variables_have_exactly_their_values() -> None:
    assert systemd_environment({"A": 'x "y" $z `w` \\', "B": 1, "C": "50%"}) == [
        r'A="x \"y\" \$z \`w\` \\"',
        'B="1"',
        'C="50%"',
    ]


@pytest.mark.parametrize("value", ["secret", ["secret"], 7, None])
def test_what_is_no_dictionary_is_refused_and_not_shown(value: t.Any) -> None:
    with pytest.raises(AnsibleFilterError, match="a dictionary of environment variables") as caught:
        systemd_environment(value)
    assert "secret" not in str(caught.value)
    with pytest.raises(AnsibleFilterError, match="a command and its arguments"):
        systemd_command("secret" if isinstance(value, list) else value)


@pytest.mark.parametrize(
    "dest", ["out/web/", "./out", "../results/web/", "../../x", "/data/out", "/", "..", "~/out", "a..b/", "..."]
)
def test_where_a_person_writes_to_is_fine(dest: str) -> None:
    assert pull_problem(dest, ["web", "", "."]) == ""


@pytest.mark.parametrize("name", ["../../evil", "..", "/etc", "a/b"])
@pytest.mark.parametrize("dest", ["out/{}/", "{}/", "{}", "/data/{}/x", "~/{}"])
def test_a_name_does_not_choose_another_folder(dest: str, name: str) -> None:
    assert pull_problem(dest.format(name), [name]).startswith("The destination")


@pytest.mark.parametrize("dest", ["out/../../evil/", "/data/../etc", "a/..", "~/../x", "../a/../b"])
def test_a_path_does_not_leave_a_folder_that_it_names(dest: str) -> None:
    assert "leaves a folder" in pull_problem(dest)
