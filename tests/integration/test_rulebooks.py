# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rulebooks through ansible-rulebook itself, which ends well whatever its playbooks do: what counts is the account."""

from __future__ import annotations

import contextlib
import http.server
import json
import os
import re
import shutil
import signal
import subprocess
import threading
import time
import typing as t
from pathlib import Path

import pytest
import yaml
from lambda_cloud_simulator.testing import API_KEY, Simulator
from support.documents import script
from support.runner import BUILD, ROOT, UNPACED, module_environment, simulator_with_hosts, ssh_environment
from support.samples import EXAMPLE_API_KEYS

# ansible-rulebook in a virtual environment of its own, as made from tests/requirements-eda.txt
FOLDER = Path(os.environ.get("LAMBDA_CLOUD_EDA_BIN", ROOT / ".venv-eda" / "bin"))
PROGRAM = FOLDER / "ansible-rulebook"
README = ROOT / "extensions" / "eda" / "README.md"
SSH_PORT = 2226
# Which the README has as an example
H100 = {"instance_type": "gpu_8x_h100_sxm5", "region": "us-west-1"}

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        not PROGRAM.exists(), reason="ansible-rulebook is not installed: see tests/requirements-eda.txt"
    ),
    pytest.mark.skipif(
        not shutil.which("java"), reason="ansible-rulebook needs Java 17 (Debian: default-jre-headless)"
    ),
]


@pytest.fixture
def cloud(tmp_path: Path) -> t.Iterator[Simulator]:
    with simulator_with_hosts(tmp_path, SSH_PORT, "--api-key", EXAMPLE_API_KEYS[0]) as simulator:
        yield simulator


class Rulebook:
    """A shipped rulebook that runs, as a user starts it who has the collection in ANSIBLE_COLLECTIONS_PATH."""

    def __init__(self, cloud: Simulator, home: Path) -> None:
        self.home = home
        self.cloud = cloud
        self.log = home / "rulebook.log"
        environment = module_environment(home)
        # Nothing but Ansible's own way leads to the collection.
        del environment["PYTHONPATH"]
        self.environment = {
            **environment,
            "PATH": f"{FOLDER}:{environment['PATH']}",
            "ANSIBLE_COLLECTIONS_PATH": str(BUILD),
            **ssh_environment(SSH_PORT),
            "ANSIBLE_PRIVATE_KEY_FILE": str(home / "key"),
            "LAMBDA_API_KEY": API_KEY,
            "LAMBDA_API_URL": cloud.api_url,
            **UNPACED,
        }
        command = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(home / "key")]
        subprocess.run(command, check=True)
        (home / "hosts").write_text("localhost ansible_connection=local\n")

    @contextlib.contextmanager
    def running(self, name: str, **variables: t.Any) -> t.Iterator[None]:
        """Run the rulebook; yield once its source has looked for the first time; ended afterwards."""
        (self.home / "vars.yml").write_text(yaml.safe_dump({"events_interval": 0.2, **variables}))
        command = [
            str(PROGRAM),
            "--rulebook",
            f"lambdal.cloud.{name}",
            "-i",
            "hosts",
            "-e",
            "vars.yml",
            "--print-events",
        ]
        self.cloud.forget_requests()
        with self.started(command) as process:
            self.wait(lambda: len(self.cloud.requests()) >= 2, process)
            yield
        output = self.log.read_text()
        assert "Traceback" not in output, output
        assert API_KEY not in output

    @contextlib.contextmanager
    def started(self, command: t.Sequence[str]) -> t.Iterator[subprocess.Popen[bytes]]:
        """Run a command, with all that it starts; ended afterwards."""
        with self.log.open("w") as log:
            process = subprocess.Popen(
                command, cwd=self.home, env=self.environment, stdout=log, stderr=log, start_new_session=True
            )
            try:
                yield process
            finally:
                # Whatever its playbook started, too
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGTERM)
                with contextlib.suppress(subprocess.TimeoutExpired):
                    process.wait(20)
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
                process.wait()

    def wait(self, happened: t.Callable[[], bool], process: subprocess.Popen[bytes] | None = None) -> None:
        until = time.monotonic() + 90
        while not happened():
            assert time.monotonic() < until, self.log.read_text()
            assert process is None or process.poll() is None, self.log.read_text()
            time.sleep(0.1)

    def wait_for_text(self, text: str) -> None:
        self.wait(lambda: text in self.log.read_text())

    def wait_for_polls(self, number: int) -> None:
        """Wait for so many more looks at what there is now."""
        done = len(self.cloud.requests())
        # The first may have been under way already.
        self.wait(lambda: len(self.cloud.requests()) > done + number)

    def writes(self) -> list[str]:
        """Return the operations that changed the account, in order."""
        return [each["operation"] for each in self.cloud.requests() if each["method"] != "GET"]


@pytest.fixture
def rulebook(cloud: Simulator, home: Path) -> Rulebook:
    return Rulebook(cloud, home)


def test_capacity_appears_and_the_fleet_is_launched_once(cloud: Simulator, rulebook: Rulebook) -> None:
    cloud.set_capacity(gpu_8x_h100_sxm5=dict.fromkeys(cloud.state()["capacity"].get("gpu_8x_h100_sxm5", {}), 0))
    fleet = {
        "fleet_machines": [{"name": "train-[01:02]", **H100}],
        "fleet_ssh_key": "laptop",
        "fleet_ssh_public_key_file": str(rulebook.home / "key.pub"),
        "fleet_wait_interval": 0.1,
    }
    selection = {"capacity_instance_types": ["gpu_8x_h100_sxm5"], "capacity_regions": ["us-west-1"]}
    with rulebook.running("launch_on_capacity", **fleet, **selection):
        assert cloud.live() == {}
        cloud.add_fault("status", operation="list_instance_types", status=500)
        rulebook.wait_for_text("'api_failed'")
        rulebook.wait_for_polls(2)
        assert cloud.live() == {}
        cloud.set_capacity(gpu_8x_h100_sxm5={"us-west-1": 3})
        rulebook.wait_for_text("PLAY RECAP")
        assert set(cloud.live()) == {"train-01", "train-02"}, rulebook.log.read_text()
        rulebook.wait_for_polls(2)
    assert rulebook.writes() == ["add_ssh_key", "launch", "launch"]
    output = rulebook.log.read_text()
    assert "failed=0" in output
    # The instances are waited for, whatever hosts the rulebook is for.
    assert "TASK [Wait for SSH, " in output


def test_what_becomes_unhealthy_is_replaced(cloud: Simulator, rulebook: Rulebook) -> None:
    cloud.seed_ssh_key("laptop", (rulebook.home / "key.pub").read_text())
    tags = {"project": "vision"}
    ids = {
        name: cloud.seed_instance(name, ssh_key_names=["laptop"], tags=tags)
        for name in ("train-01", "train-02", "mine")
    }
    with rulebook.running("replace_unhealthy", replace_names=["train-*"], fleet_wait_interval=0.1):
        cloud.apply_fate(ids["mine"], "unhealthy")
        cloud.apply_fate(ids["train-01"], "unhealthy")
        rulebook.wait_for_text("PLAY RECAP")
        rulebook.wait_for_polls(2)
    assert "failed=0" in rulebook.log.read_text(), rulebook.log.read_text()
    live = cloud.live()
    assert live["train-01"]["id"] != ids["train-01"]
    assert live["train-01"]["status"] == "active"
    assert {"key": "project", "value": "vision"} in live["train-01"]["tags"]
    assert [live[name]["id"] for name in ("train-02", "mine")] == [ids["train-02"], ids["mine"]]
    assert rulebook.writes() == ["terminate", "launch"]


class Inbox(t.NamedTuple):
    """A webhook, and what was posted to it."""

    url: str
    posts: list[dict[str, t.Any]]


@contextlib.contextmanager
def inbox() -> t.Iterator[Inbox]:
    posts: list[dict[str, t.Any]] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            posts.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200)
            self.end_headers()

        def log_message(self, format: str, *args: t.Any) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield Inbox(f"http://127.0.0.1:{server.server_address[1]}/", posts)
        finally:
            server.shutdown()


def test_a_cost_above_the_threshold_is_an_alert(cloud: Simulator, rulebook: Rulebook) -> None:
    cloud.seed_instance("a")
    with inbox() as box, rulebook.running("alert_on_cost", cost_threshold_cents=100, alert_url=box.url):
        posts = box.posts
        assert posts == []
        other = cloud.seed_instance("b")
        rulebook.wait(lambda: len(posts) == 1)
        cloud.apply_fate(other, "vanishes")
        rulebook.wait(lambda: len(posts) == 2)
    limit = "the limit of 1.00."
    assert [post["text"] for post in posts] == [
        f"2 instances of Lambda Cloud cost 1.50 US dollars per hour, more than {limit}",
        f"1 instance of Lambda Cloud costs 0.75 US dollars per hour, within {limit}",
    ]
    assert rulebook.writes() == []


def test_its_readme_leads_there(cloud: Simulator, rulebook: Rulebook) -> None:
    """Followed word for word, in one shell, with the rulebooks that run until they are stopped in the background."""
    pair = rulebook.home / ".ssh" / "id_ed25519"
    pair.parent.mkdir(mode=0o700)
    for suffix in ("", ".pub"):
        (rulebook.home / f"key{suffix}").rename(f"{pair}{suffix}")
    # ssh itself does not look for keys in a HOME that is not the user's own.
    rulebook.environment["ANSIBLE_PRIVATE_KEY_FILE"] = str(pair)
    # The collection is where the commands put it.
    for name in ("ANSIBLE_COLLECTIONS_PATH", "LAMBDA_API_KEY"):
        del rulebook.environment[name]
    # What they would download is this checkout.
    (rulebook.home / ".gitconfig").write_text(
        f'[url "file://{ROOT}"]\n  insteadOf = https://github.com/lambdal-cloud/lambdal.cloud\n[safe]\n  directory = *\n'
    )
    text = re.sub(r"^(ansible-rulebook .*)$", r"\1 &", script(README, EXAMPLE_API_KEYS), flags=re.MULTILINE)
    assert text.count(" &\n") == 3
    cloud.seed_ssh_key("laptop", Path(f"{pair}.pub").read_text())
    sick = cloud.seed_instance("train-09", ssh_key_names=["laptop"], status="unhealthy", **H100)
    cloud.seed_instance("dear", instance_type="gpu_8x_b200_sxm6", region="us-east-1")
    cloud.set_capacity(gpu_8x_h100_sxm5={"us-west-1": 5})
    with rulebook.started(["bash", "-c", f"{text}\nwait\n"]) as process:
        rulebook.wait(lambda: set(cloud.live()) == {"train-01", "train-02", "train-09", "dear"}, process)
        rulebook.wait(lambda: cloud.live().get("train-09", {"id": sick})["id"] != sick, process)
        rulebook.wait_for_text("US dollars per hour, more than the limit of 50.00")
        rulebook.wait(lambda: rulebook.log.read_text().count("PLAY RECAP") >= 3, process)
    output = rulebook.log.read_text()
    assert "Traceback" not in output, output
    assert EXAMPLE_API_KEYS[0] not in output
