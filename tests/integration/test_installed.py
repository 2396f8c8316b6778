# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The collection as users install it: from a checkout into an empty home, with nothing else of the repository."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest
from lambda_cloud_simulator.testing import Simulator
from support.runner import MODULE_NAMES, ROOT, ansible
from support.samples import PUBLIC_KEY_LINE


@pytest.fixture(params=["folder", "tarball"])
def installed(environment: dict[str, str], tmp_path: Path, request: pytest.FixtureRequest) -> dict[str, str]:
    """Return an environment that has the collection in its home, from a checkout or as it is released, and the checkout nowhere."""
    for name in ("ANSIBLE_CONFIG", "PYTHONPATH"):
        del environment[name]
    readme = (ROOT / "README.md").read_text()
    command = re.search(r"^\(cd \.\. && (ansible-galaxy collection install \./)lambdal\.cloud\)$", readme, re.MULTILINE)
    assert command
    # As git would bring it: without what tests and demos have made.
    checkout = tmp_path / "lambdal.cloud"
    shutil.copytree(ROOT, checkout, ignore=shutil.ignore_patterns(".*", "simulator", "__pycache__"))
    source = f"./{checkout.name}"
    if request.param == "tarball":
        ansible(["ansible-galaxy", "collection", "build", source], environment, cwd=tmp_path)
        (source,) = (str(path) for path in tmp_path.glob("*.tar.gz"))
    done = ansible([*command[1].split()[:-1], source], environment, cwd=tmp_path)
    assert "was installed successfully" in done.stdout
    shutil.rmtree(checkout)
    return environment


def test_the_main_job_from_an_installed_collection(
    simulator: Simulator, installed: dict[str, str], home: Path, tmp_path: Path
) -> None:
    (home / "key.pub").write_text(PUBLIC_KEY_LINE)
    fleet = {
        "fleet_machines": [{"name": "train-[01:02]", "instance_type": "gpu_1x_a10", "region": "us-east-1"}],
        "fleet_ssh_key": "laptop",
        "fleet_ssh_public_key_file": "~/key.pub",
        "fleet_wait_interval": 0.1,
    }
    extra = ["-e", json.dumps(fleet), "--limit", "localhost"]
    there = home / ".ansible" / "collections" / "ansible_collections" / "lambdal" / "cloud"
    assert {each.name for each in there.iterdir()}.isdisjoint(
        {"simulator", "tests", "demo", "tools", "Makefile", ".ci"}
    )
    launched = ansible(["ansible-playbook", "lambdal.cloud.launch", *extra], installed, cwd=tmp_path)
    assert "2 instances cost 1.50 US dollars per hour" in launched.stdout
    assert set(simulator.live()) == {"train-01", "train-02"}
    config = there / "playbooks" / "lambda.yml"
    graph = ansible(["ansible-inventory", "-i", str(config), "--graph"], installed, cwd=tmp_path).stdout
    assert "@type_gpu_1x_a10" in graph
    ansible(["ansible-playbook", "lambdal.cloud.terminate", *extra], installed, cwd=tmp_path)
    assert simulator.live() == {}


def test_everything_in_it_is_documented(installed: dict[str, str], tmp_path: Path) -> None:
    for kind, folder in (("module", "modules"), ("inventory", "inventory")):
        names = [f"lambdal.cloud.{path.stem}" for path in (ROOT / "plugins" / folder).glob("*.py")]
        shown = json.loads(ansible(["ansible-doc", "--json", "-t", kind, *names], installed, cwd=tmp_path).stdout)
        assert set(shown) == set(names)
        assert all(each["doc"]["short_description"] for each in shown.values())
    roles = sorted(path.parent.parent.name for path in (ROOT / "roles").glob("*/meta/argument_specs.yml"))
    listed = json.loads(ansible(["ansible-doc", "--json", "-t", "role", "-l"], installed, cwd=tmp_path).stdout)
    assert {f"lambdal.cloud.{role}" for role in roles} <= set(listed)


def test_every_playbook_is_found_by_its_full_name(installed: dict[str, str], tmp_path: Path) -> None:
    playbooks = {path.stem for path in (ROOT / "playbooks").glob("*.yml")} - {"lambda"}
    names = [f"lambdal.cloud.{name}" for name in sorted(playbooks)]
    # Their roles are found as well.
    shown = ansible(["ansible-playbook", "--list-tasks", *names], installed, cwd=tmp_path).stdout
    assert all(f"/playbooks/{name}.yml" in shown for name in playbooks)


def test_every_module_answers(simulator: Simulator, installed: dict[str, str], tmp_path: Path) -> None:
    absent = {"name": "nobody", "state": "absent"}
    tasks = [{f"lambdal.cloud.{name}": None if name.endswith("_info") else absent} for name in MODULE_NAMES]
    (tmp_path / "play.yml").write_text(json.dumps([{"hosts": "localhost", "gather_facts": False, "tasks": tasks}]))
    done = ansible(["ansible-playbook", "play.yml"], installed, cwd=tmp_path)
    assert re.search(rf"localhost +: ok={len(MODULE_NAMES)} +changed=0 +", done.stdout)
    # Each asked the account for something.
    assert len(simulator.operations()) >= len(MODULE_NAMES)
