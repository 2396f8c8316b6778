# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The configuration of ssh that people log in with, as ssh itself reads it."""

from __future__ import annotations

import shutil
import subprocess
import typing as t
from pathlib import Path

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.lambdal.cloud.plugins.filter.ssh_config import ssh_config

PORTS = {"jupyter": 8888, "tensorboard": 6006, "model": 8000}
NEEDS_SSH = pytest.mark.skipif(not shutil.which("ssh"), reason="ssh (Debian: openssh-client) reads the file here")


def instance(identity: str, name: str | None, ip: str | None = "192.0.2.1") -> dict[str, t.Any]:
    return {"id": identity, "name": name, "ip": ip}


def config(present: t.Any, text: str = "", absent: t.Any = (), **options: t.Any) -> dict[str, t.Any]:
    quiet = {"file": "/home/me/.ssh/config.d/x.conf", "known_hosts_file": "/home/me/known hosts", "tunnel_ports": PORTS}
    return ssh_config(text, present, absent, **{**quiet, **options})


def hosts(text: str) -> list[str]:
    return [line.removeprefix("Host ") for line in text.splitlines() if line.startswith("Host ")]


def resolve(folder: Path, text: str, host: str) -> dict[str, list[str]]:
    """Return what ssh would do for a host."""
    file = folder / "config"
    file.write_text(text)
    shown = subprocess.run(["ssh", "-G", "-F", file, host], capture_output=True, text=True, check=True).stdout
    found: dict[str, list[str]] = {}
    for key, _blank, value in (line.partition(" ") for line in shown.splitlines()):
        found.setdefault(key, []).append(value)
    return found


@NEEDS_SSH
def test_ssh_reads_what_was_meant(tmp_path: Path) -> None:
    key = tmp_path / "100 % mine" / "key"
    made = config(
        [instance("a-1", "train-1", "192.0.2.7"), instance("b2", "train-2", "192.0.2.8")],
        port="2222",
        identity_file=str(key),
        tunnels=["jupyter", "model"],
    )
    first, second = (resolve(tmp_path, made["text"], f"train-{number}") for number in (1, 2))
    assert {name: first[name] for name in ("hostname", "user", "port", "hostkeyalias", "identitiesonly")} == {
        "hostname": ["192.0.2.7"],
        "user": ["ubuntu"],
        "port": ["2222"],
        "hostkeyalias": ["lambda-a1"],
        "identitiesonly": ["yes"],
    }
    assert first["identityfile"] == [str(key).replace("%", "%%")]
    assert first["userknownhostsfile"] == ["/home/me/known hosts"]
    assert first["stricthostkeychecking"] == ["accept-new"]
    assert first["localforward"] == ["[127.0.0.1]:8888 [127.0.0.1]:8888", "[127.0.0.1]:8000 [127.0.0.1]:8000"]
    # One port here is one tunnel's.
    assert second["localforward"] == ["[127.0.0.1]:8889 [127.0.0.1]:8888", "[127.0.0.1]:8001 [127.0.0.1]:8000"]
    assert made["logins"][3:5] == ["ssh train-2", "jupyter at http://127.0.0.1:8889, while ssh train-2 runs"]
    # Others are left as they are.
    other = resolve(tmp_path, made["text"], "train-3")
    assert other["hostname"] == ["train-3"]
    assert "localforward" not in other


@NEEDS_SSH
@pytest.mark.parametrize(
    "name", ["*", "!x", "a b", "x\n    ProxyCommand touch /tmp/x", "%h", '"', "../../x", "-oX", "#x"]
)
def test_a_name_of_the_cloud_is_no_pattern_and_no_option(tmp_path: Path, name: str) -> None:
    text = config([instance("7", name)])["text"]
    (host,) = hosts(text)
    assert resolve(tmp_path, text, host)["hostname"] == ["192.0.2.1"]
    other = resolve(tmp_path, text, "github.com")
    assert other["hostname"] == ["github.com"]
    assert "proxycommand" not in other


def test_no_name_takes_anothers_place() -> None:
    shared = [instance("1", "train"), instance("2", "train"), instance("3", None), instance("4", "localhost")]
    assert hosts(config(shared)["text"]) == ["train-1", "train-2", "3", "localhost-4"]
    own = "# mine\nHost=gitlab build\n  User me\nhost *\n"
    rows = [instance("1", "gitlab"), instance("2", "build"), instance("3", "github.com")]
    assert hosts(config(rows, main_text=own)["text"]) == ["gitlab-1", "build-2", "github-com"]


def test_the_file_is_right_after_each_run_and_gone_at_the_end() -> None:
    text = config([instance("1", "train-1"), instance("2", "train-2")], tunnels=["jupyter"])["text"]
    assert config([instance("1", "train-1"), instance("2", "train-2")], text, tunnels=["jupyter"])["text"] == text
    # Another fleet, and a replacement under a name
    text = config([instance("3", "eval"), instance("4", "train-2", "192.0.2.9")], text, tunnels=["jupyter"])["text"]
    assert hosts(text) == ["train-1", "eval", "train-2"]
    assert "HostKeyAlias lambda-2" not in text
    assert sorted(line.split()[1] for line in text.splitlines() if "LocalForward" in line) == [
        f"127.0.0.1:{port}" for port in (8888, 8889, 8890)
    ]
    text = config([], text, absent=[instance("1", "train-1", None)])["text"]
    assert hosts(text) == ["eval", "train-2"]
    assert config([], text, absent=[instance("3", "eval"), instance("4", "x")])["text"] == ""
    # Somebody else ended them.
    assert config([], text, absent_names=["eval", "train-[1:3]"])["text"] == ""
    assert config([], "")["text"] == ""


def test_what_has_no_address_cannot_be_reached() -> None:
    rows = [instance("1", "a", None), instance("2", "b", "-oProxyCommand=x"), {"id": None, "name": "c"}]
    assert config(rows)["text"] == ""


def test_a_file_of_somebody_else_is_left_alone() -> None:
    with pytest.raises(AnsibleFilterError, match="was not written by this role"):
        config([instance("1", "a")], "Host a\n")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"user": "me\n  ProxyCommand x"}, "is not a user"),
        ({"identity_file": 'a"b'}, "cannot have the path"),
        ({"identity_file": "/${HOME}/key"}, "cannot have the path"),
        ({"known_hosts_file": "a\nb"}, "cannot have the path"),
        ({"file": "/home/*/x"}, "for a pattern"),
        ({"tunnels": ["vnc"]}, "no tunnel vnc; there are jupyter, tensorboard, model"),
        ({"tunnels": ["vnc"], "tunnel_ports": {"vnc": 70000}}, "from 1 to 65535"),
        ({"port": "ssh"}, "port must be a whole number"),
    ],
)
def test_what_ssh_would_read_otherwise_is_refused(options: dict[str, t.Any], message: str) -> None:
    with pytest.raises(AnsibleFilterError, match=message):
        config([instance("1", "a")], **options)


@pytest.mark.parametrize(
    ("own", "lacks"),
    [
        ("", True),
        ('Include "/home/me/.ssh/config.d/x.conf"\nHost *\n', False),
        ("# all\ninclude=/home/me/.ssh/other /home/me/.ssh/config.d/*.conf", False),
        ("Include /home/me/.ssh/*", True),
        ("Host a\n  Include /home/me/.ssh/config.d/*", True),
        ("#Include /home/me/.ssh/config.d/*", True),
        ("User 'broken", True),
    ],
)
def test_the_line_that_includes_it_is_there_once(own: str, lacks: bool) -> None:
    line = config([], main_text=own)["include"]
    assert line == ('Include "/home/me/.ssh/config.d/x.conf"' if lacks else "")
