# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The same run in odd places: whatever the shell, the home, the folder and the network are like, its result is the same."""

from __future__ import annotations

import json
import os
import shutil
import stat
import subprocess
import sys
import typing as t
from pathlib import Path

import pytest
from lambda_cloud_simulator.testing import Simulator
from support.runner import BUILD, ROOT, Modules, module_environment
from support.samples import INSTANCE
from support.tools import needs_tools

# A key of one's own, an instance, and a play on it by the inventory.
PLAYS: list[dict[str, t.Any]] = [
    {
        "hosts": "localhost",
        "gather_facts": False,
        "tasks": [
            {"lambdal.cloud.lambda_ssh_key": {"name": "laptop", "private_key_path": "key"}},
            {"lambdal.cloud.lambda_instance": {"name": "a", **INSTANCE, "wait_interval": 0.1}},
            {"ansible.builtin.meta": "refresh_inventory"},
        ],
    },
    {
        "hosts": "lambda_cloud",
        "gather_facts": False,
        "connection": "local",
        "tasks": [{"ansible.builtin.debug": {"msg": "found {{ lambda_name }} in {{ lambda_region.name }}"}}],
    },
]

GERMAN = Path("/usr/share/i18n/locales/de_DE")
# Without them root may read and write everything.
AS_EVERYBODY = ("setpriv", "--bounding-set=-dac_override,-dac_read_search") if os.getuid() == 0 else ()
USERS_CONFIGURATION = """[defaults]
strategy = free
gathering = explicit
hash_behaviour = merge
stdout_callback = ansible.builtin.oneline
remote_user = nobody
remote_port = 1
timeout = 1
any_errors_fatal = true
private_key_file = /nowhere/key
"""


class Place:
    """A folder to stand in, a home, and an environment, all ordinary until a test alters them."""

    def __init__(self, simulator: Simulator, folder: Path) -> None:
        self._simulator = simulator
        self.folder = folder
        self.home = folder / "home"
        self.here = folder / "here"
        for each in (self.home, self.here):
            each.mkdir(parents=True)
        self.environment = {
            **module_environment(self.home),
            **simulator.environment(),
            "ANSIBLE_COLLECTIONS_PATH": str(BUILD),
        }
        (folder / "play.yml").write_text(json.dumps(PLAYS))
        shutil.copy(ROOT / "playbooks" / "lambda.yml", folder)

    def run(self, before: str = "true") -> str:
        """Run the plays after a command of the shell, and return what was printed."""
        playbook = [str(Path(sys.executable).parent / "ansible-playbook"), "-i", str(self.folder / "lambda.yml")]
        playbook += [str(self.folder / "play.yml")]
        self._simulator.forget_requests()
        done = subprocess.run(
            [*AS_EVERYBODY, "sh", "-c", f'{before} && exec "$@"', "sh", *playbook],
            cwd=self.here,
            env=self.environment,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=480,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        assert "found a in us-east-1" in done.stdout, done.stdout + done.stderr
        assert "Traceback" not in done.stdout + done.stderr
        assert list(self._simulator.live()) == ["a"]
        assert self._simulator.operations().count("launch") == 1
        assert stat.S_IMODE((self.folder / "key").stat().st_mode) == 0o600
        return done.stdout + done.stderr


@pytest.fixture
def place(simulator: Simulator, tmp_path: Path) -> Place:
    return Place(simulator, tmp_path / "place")


def test_a_path_with_blanks_and_letters_of_everywhere(simulator: Simulator, tmp_path: Path) -> None:
    Place(simulator, tmp_path / "Grüße aus 東京 - 100 % {{ 'x' }}").run()


def test_umask_077(place: Place) -> None:
    place.run("umask 077")


def test_no_language(place: Place) -> None:
    place.environment.pop("LANG", None)
    place.run()


@needs_tools("localedef")
@pytest.mark.skipif(not GERMAN.exists(), reason="Debian's package locales is not installed")
def test_german(place: Place, tmp_path: Path) -> None:
    locale = tmp_path / "locale" / "de_DE.UTF-8"
    locale.parent.mkdir()
    subprocess.run(["localedef", "--no-archive", "-i", "de_DE", "-f", "UTF-8", locale], check=True)
    place.environment.update(LOCPATH=str(locale.parent), LANG="de_DE.UTF-8", LC_ALL="de_DE.UTF-8", LANGUAGE="de")
    place.run()


def test_a_home_that_cannot_be_written(place: Place) -> None:
    place.home.chmod(0o555)
    # Without it, Ansible itself ends at once.
    place.environment["ANSIBLE_HOME"] = str(place.folder / "ansible")
    output = place.run()
    assert f"{place.home}/.cache/lambdal.cloud" in output
    assert list(place.home.iterdir()) == []


@pytest.mark.parametrize("mode", ["000", "111"])
def test_a_folder_that_cannot_be_read(place: Place, mode: str) -> None:
    try:
        place.run(f"chmod {mode} .")
    finally:
        place.here.chmod(0o700)


def test_settings_of_the_user(place: Place) -> None:
    (place.home / ".ansible.cfg").write_text(USERS_CONFIGURATION)
    place.environment.update(
        ANSIBLE_DIFF_ALWAYS="true",
        ANSIBLE_FORCE_COLOR="true",
        ANSIBLE_GATHERING="smart",
        ANSIBLE_INJECT_FACT_VARS="false",
        ANSIBLE_PIPELINING="true",
        ANSIBLE_TASK_TIMEOUT="60",
        ANSIBLE_TIMEOUT="1",
    )
    place.run()


@pytest.mark.parametrize("name", ["http_proxy", "ALL_PROXY"])
def test_a_proxy(place: Place, name: str) -> None:
    # Nothing listens there.
    place.environment[name] = "http://127.0.0.1:9"
    place.run()


@pytest.mark.root
@pytest.mark.skipif(os.getuid() != 0, reason="a network of its own needs root")
@needs_tools("ip", "sysctl", "unshare")
def test_no_ipv6(tmp_path: Path) -> None:
    network = "ip link set lo up && sysctl -qw net.ipv6.conf.all.disable_ipv6=1 && ! ip -6 address | grep -q inet6"
    test = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", f"{__file__}::test_umask_077"]
    done = subprocess.run(
        ["unshare", "--net", "sh", "-c", f'{network} && exec "$@"', "sh", *test, f"--basetemp={tmp_path / 'inner'}"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=480,
        check=False,
    )
    assert "1 passed" in done.stdout, done.stdout + done.stderr


def test_two_users_of_one_account(simulator: Simulator, tmp_path: Path) -> None:
    simulator.seed_ssh_key("laptop")
    users = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        users.append(Modules(simulator, module_environment(tmp_path / name)))
    task = {"name": "a", **INSTANCE, "wait_interval": 0.1}
    # One after the other, the second finds what the first has launched.
    changed = [user.run("lambda_instance", **task).changed for user in users]
    assert changed == [True, False]
