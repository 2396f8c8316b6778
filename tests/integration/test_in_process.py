# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whatever a task carries, its module does the same in the controller's process as in one of its own.

Each play runs in both modes against the same account, and is compared result by result, field by field, with what was
printed and with the requests that were made.
"""

from __future__ import annotations

import os
import re
import shutil
import stat
import subprocess
import sys
import typing as t
from pathlib import Path

import pytest
from lambda_cloud_simulator.testing import API_KEY, Simulator
from support.modes import Ran, run_play
from support.parity import differences, plain
from support.runner import MODES, ROOT
from support.samples import INSTANCE, PUBLIC_KEY_LINE

TEMPLATE = "{{ 6 * 7 }}"

Task = dict[str, t.Any]

OPTIONS: Task = {**INSTANCE, "wait_interval": 0.1}


# One key under many names.
SAME: Task = {"public_key": PUBLIC_KEY_LINE, "allow_duplicate_material": True}


def key(name: str, **rest: t.Any) -> Task:
    return {"lambdal.cloud.lambda_ssh_key": {"name": name, **SAME}, **rest}


def instance(name: str, **rest: t.Any) -> Task:
    return {"lambdal.cloud.lambda_instance": {"name": name, **OPTIONS}, **rest}


def play(*tasks: Task, **rest: t.Any) -> Task:
    return {"hosts": "localhost", "gather_facts": False, "tasks": list(tasks), **rest}


WRONG = {"LAMBDA_API_KEY": "wrong-key"}
RIGHT = {"LAMBDA_API_KEY": API_KEY}
KEYS: Task = {"lambdal.cloud.lambda_ssh_key_info": {}}
INSTANCES: Task = {"lambdal.cloud.lambda_instance_info": {}}

# Each with the number of requests that it makes, so that two ways of doing nothing are no success.
PLAYS: dict[str, tuple[Task, int]] = {
    "environment of the play": (play(KEYS, environment=RIGHT), 1),
    "environment of a block over that of the play": (
        play({"block": [KEYS], "environment": RIGHT}, environment=WRONG),
        1,
    ),
    "environment of the task over that of the block": (
        play({"block": [{**KEYS, "environment": RIGHT}], "environment": WRONG}),
        1,
    ),
    "environment from a template": (
        play({**KEYS, "environment": "{{ chosen }}"}, vars={"chosen": {"LAMBDA_API_KEY": "{{ k }}"}, "k": API_KEY}),
        1,
    ),
    "environment with values of other types": (
        play({**KEYS, "environment": {"LAMBDA_REQUEST_INTERVAL": 0.01, "NUMBER": 1, "YES": True, "NOTHING": None}}),
        1,
    ),
    "environment is gone after its task": (
        play({**KEYS, "environment": WRONG, "ignore_errors": True}, {**KEYS, "loop": [1, 2]}),
        3,
    ),
    "defaults of the module": (
        play(
            {"lambdal.cloud.lambda_ssh_key": {"name": "a"}},
            module_defaults={"lambdal.cloud.lambda_ssh_key": SAME},
        ),
        2,
    ),
    "defaults of the group": (
        play(
            KEYS,
            INSTANCES,
            module_defaults={"group/lambdal.cloud.lambda_cloud": {"api_key": API_KEY}},
            environment=WRONG,
        ),
        2,
    ),
    "the collections keyword": (
        play({"lambda_ssh_key": {"name": "a", **SAME}}, collections=["lambdal.cloud"]),
        2,
    ),
    "the old forms of a task": (
        play(
            {"local_action": {"module": "lambdal.cloud.lambda_ssh_key_info"}},
            {"action": "lambdal.cloud.lambda_ssh_key name=a state=absent"},
            {"lambdal.cloud.lambda_ssh_key_info": None},
        ),
        3,
    ),
    "check mode of a task": (play(instance("a", check_mode=True), instance("a"), instance("a", check_mode=True)), 7),
    "diff mode of a task": (play(instance("a", diff=True), instance("a", diff=False)), 4),
    "no_log": (play(key("hidden-name", no_log=True), key("hidden-name", no_log=True, loop=[1, 2])), 4),
    "no_log of a failure": (
        play({"lambdal.cloud.lambda_ssh_key": {"name": "a"}, "no_log": True, "ignore_errors": True}),
        1,
    ),
    "secrets in options": (
        play(
            {
                "lambdal.cloud.lambda_instance": {
                    "name": API_KEY,
                    **OPTIONS,
                    "user_data": "#!/bin/sh\n",
                    "api_key": API_KEY,
                },
                "register": "made",
            },
            {"ansible.builtin.debug": {"var": "made"}},
        ),
        3,
    ),
    "register and a condition on it": (
        play(
            {**KEYS, "register": "found"},
            key("a", when="found.ssh_keys | length == 1"),
            key("b", when="found.ssh_keys | length == 7"),
            {"ansible.builtin.debug": {"var": "found"}},
        ),
        3,
    ),
    "loop": (play(key("{{ item }}", loop=["a", "b", "a"], loop_control={"label": "key {{ item }}"})), 5),
    "a loop that fails in the middle": (
        play(key("{{ item }}", loop=["a", "x" * 65, "b"], ignore_errors=True, register="all")),
        4,
    ),
    "until": (
        play({**KEYS, "register": "found", "until": "found.attempts == 3", "retries": 5, "delay": 0}),
        3,
    ),
    "until it is given up": (
        play({**KEYS, "register": "found", "until": False, "retries": 2, "delay": 0, "ignore_errors": True}),
        3,
    ),
    "changed_when and failed_when": (
        play(
            {**KEYS, "changed_when": True},
            {**KEYS, "register": "found", "failed_when": "found.ssh_keys | length", "ignore_errors": True},
            key("x" * 65, failed_when=False),
        ),
        2,
    ),
    "throttle, run_once and delegate_to": (
        play(
            {**KEYS, "throttle": 1},
            {**KEYS, "run_once": True},
            {**KEYS, "delegate_to": "localhost"},
            hosts="one,two",
        ),
        # The strategy free knows no order of hosts, and no run_once.
        5,
    ),
    "rescue and always": (
        play({"block": [key("x" * 65)], "rescue": [key("a")], "always": [KEYS]}),
        3,
    ),
    "argument errors": (
        play(
            *(
                {"lambdal.cloud.lambda_ssh_key": options, "ignore_errors": True}
                for options in (
                    {},
                    {"name": "a", "nonsense": 1, "more": 2},
                    {"name": "a", "state": "perhaps"},
                    {"name": "a", "request_timeout": "long"},
                    {"name": "a", "validate_certs": "perhaps"},
                    {"name": "a", "public_key": PUBLIC_KEY_LINE, "private_key_path": "x"},
                    {"name": {"a": 1}, "outcome_timeout": [1]},
                    {"name": ["a"]},
                    {"name": 7, "state": "absent"},
                )
            )
        ),
        2,
    ),
    "errors of the API": (
        play(
            {**KEYS, "environment": WRONG, "ignore_errors": True},
            {"lambdal.cloud.lambda_instance": {"name": "a", **OPTIONS, "region": "mars-1"}, "ignore_errors": True},
            {"lambdal.cloud.lambda_instance": {"id": "1" * 32, "state": "absent"}, "ignore_errors": True},
        ),
        -1,
    ),
    "warnings": (
        play(
            {
                "lambdal.cloud.lambda_ssh_key_info": {"api_url": "http://nowhere.invalid/api/v1", "retry_timeout": 0},
                "ignore_errors": True,
                "loop": [1, 2],
            },
            {**KEYS, "environment": {"XDG_CACHE_HOME": "/dev/null", "LAMBDA_REQUEST_INTERVAL": "0.01"}},
        ),
        1,
    ),
    "paths from the user": (
        play(
            {
                "lambdal.cloud.lambda_ssh_key": {
                    "name": "a",
                    "public_key_file": "{{ playbook_dir }}/../beside.pub",
                    "allow_duplicate_material": True,
                }
            },
            {
                "lambdal.cloud.lambda_ssh_key": {
                    "name": "b",
                    "public_key_file": "../beside.pub",
                    "allow_duplicate_material": True,
                }
            },
            {
                "lambdal.cloud.lambda_ssh_key": {
                    "name": "c",
                    "public_key_file": "~/mine.pub",
                    "allow_duplicate_material": True,
                }
            },
            {
                "lambdal.cloud.lambda_ssh_key": {
                    "name": "d",
                    "public_key_file": "$ELSEWHERE/mine.pub",
                    "allow_duplicate_material": True,
                },
                "environment": {"ELSEWHERE": "~"},
            },
            {"lambdal.cloud.lambda_ssh_key": {"name": "e", "private_key_path": "generated"}},
            {"lambdal.cloud.lambda_ssh_key": {"name": "f", "private_key_path": "generated"}, "ignore_errors": True},
        ),
        11,
    ),
    "text that looks like a template": (
        play(
            {**INSTANCES, "register": "found"},
            {"ansible.builtin.debug": {"msg": "{{ found.instances[0].name }} is not 42"}},
            {"ansible.builtin.debug": {"msg": "{{ found.instances | map(attribute='name') | join }}"}},
            {"ansible.builtin.set_fact": {"kept": "{{ found }}"}},
            {"ansible.builtin.debug": {"var": "kept.instances[0].name"}},
            {
                "lambdal.cloud.lambda_instance_info": {"name": ["{{ found.instances[0].name }}"]},
                "register": "again",
            },
            {"ansible.builtin.assert": {"that": ["again.instances | length == 1"]}},
        ),
        2,
    ),
    "words of every kind": (
        play(
            key("Grüße, 世界 🚀"),
            key("back\\slash 'quote' \"double\" $HOME `id` #"),
            {
                "lambdal.cloud.lambda_ssh_key": {"name": "line\nbreak", "public_key": PUBLIC_KEY_LINE},
                "ignore_errors": True,
            },
        ),
        -1,
    ),
}
LOCAL = ["-e", f"ansible_connection=local ansible_python_interpreter={sys.executable}"]


@pytest.fixture
def mode() -> str:
    """Return the mode of the environment; each test here chooses its modes by itself."""
    return "direct"


@pytest.fixture
def account(simulator: Simulator, home: Path, tmp_path: Path) -> t.Callable[[], Simulator]:
    """Return a function that makes the same account each time."""
    (home / "mine.pub").write_text(PUBLIC_KEY_LINE)
    (tmp_path / "beside.pub").write_text(PUBLIC_KEY_LINE)

    def fresh() -> Simulator:
        simulator.reset()
        simulator.seed_ssh_key("laptop", PUBLIC_KEY_LINE)
        simulator.seed_instance(TEMPLATE)
        return simulator

    return fresh


def observable(ran: Ran) -> dict[str, t.Any]:
    """Return all that somebody can see of a run, without what differs between any two runs."""
    requests = [{name: value for name, value in each.items() if name != "time"} for each in ran.requests]
    # Progress begins with how long the task has waited.
    lines = [re.sub(r"^ +\d+ s  ", "    0 s  ", line) for line in ran.output.splitlines()]
    return t.cast("dict[str, t.Any]", plain({"results": ran.results, "output": lines, "requests": requests}))


@pytest.mark.parametrize("name", PLAYS)
def test_both_ways_do_the_same(
    account: t.Callable[[], Simulator], environment: dict[str, str], tmp_path: Path, name: str
) -> None:
    tasks, requests = PLAYS[name]
    # Sets are told, and hosts run, in the same order then.
    environment |= {"PYTHONHASHSEED": "0", "ANSIBLE_FORKS": "1"}
    runs = {
        mode: run_play(mode, [tasks], account(), environment, tmp_path / "run", ["-i", "localhost,one,two", *LOCAL])
        for mode in ("direct", "process")
    }
    found = differences(observable(runs["direct"]), observable(runs["process"]))
    assert not found, "\n".join(found)
    assert requests in (-1, len(runs["direct"].requests))


def test_what_the_api_returned_is_never_a_template(
    account: t.Callable[[], Simulator], environment: dict[str, str], tmp_path: Path
) -> None:
    tasks, _requests = PLAYS["text that looks like a template"]
    ran = run_play("direct", [tasks], account(), environment, tmp_path / "run")
    assert ran.output.count(f"{TEMPLATE} is not 42") == 1
    assert "42 is not 42" not in ran.output


HERE = "runs in this process"


def where(ran: Ran) -> list[str]:
    """Return where each module ran, in its action's own words."""
    return re.findall(r"> lambdal\.cloud\.\w+ (runs in .*)\.$", ran.output, re.MULTILINE)


OWN = "runs in a process of its own: "


@pytest.mark.parametrize(
    ("task", "rest", "said"),
    [
        (KEYS, {}, HERE),
        ({**KEYS, "delegate_to": "localhost"}, {"hosts": "elsewhere"}, HERE),
        ({**KEYS, "delegate_to": "here"}, {"hosts": "elsewhere"}, HERE),
        ({**KEYS, "connection": "local"}, {}, HERE),
        ({**KEYS, "async": 30, "poll": 1}, {}, OWN + "async"),
        ({**KEYS, "become": True, "become_method": "su"}, {}, OWN + "become"),
        ({**KEYS, "environment": {"TZ": "UTC"}}, {}, OWN + "TZ in its environment"),
        ({**KEYS, "environment": {"PYTHONUTF8": "1"}}, {}, OWN + "PYTHONUTF8 in its environment"),
        ({**KEYS, "environment": {"LAMBDA_CLOUD_DIRECT": False}}, {}, OWN + "lambda_cloud_direct is false"),
        (KEYS, {"vars": {"lambda_cloud_direct": "{{ not yes }}", "yes": True}}, OWN + "lambda_cloud_direct is false"),
        ({**KEYS, "vars": {"lambda_cloud_direct": "no"}}, {}, OWN + "lambda_cloud_direct is false"),
        (
            {**KEYS, "vars": {"lambda_cloud_direct": True}, "environment": {"LAMBDA_CLOUD_DIRECT": "false"}},
            {},
            HERE,
        ),
    ],
)
def test_where_a_module_runs(
    simulator: Simulator, environment: dict[str, str], tmp_path: Path, task: Task, rest: Task, said: str
) -> None:
    if task.get("become") and os.getuid() != 0:
        pytest.skip("only root becomes somebody without a password")
    # Ansible expands a tilde by the account in one place and by HOME in another.
    environment["ANSIBLE_ASYNC_DIR"] = str(tmp_path / "async")
    hosts = tmp_path / "hosts"
    hosts.write_text("elsewhere ansible_host=192.0.2.1\nhere ansible_connection=local\n")
    ran = run_play("direct", [play(task, **rest)], simulator, environment, tmp_path / "run", ["-vvv", "-i", str(hosts)])
    assert where(ran) == [said]
    assert [request["operation"] for request in ran.requests] == ["list_ssh_keys"]


def test_a_module_that_is_delegated_elsewhere_is_taken_there(
    simulator: Simulator, environment: dict[str, str], tmp_path: Path
) -> None:
    environment["ANSIBLE_SSH_ARGS"] = "-o ConnectTimeout=1"
    hosts = ["-i", "127.0.0.1,", "-e", "ansible_port=1"]
    ran = run_play(
        "direct", [play(KEYS, hosts="all")], simulator, environment, tmp_path / "run", ["-vvv", *hosts], False
    )
    assert where(ran) == [OWN + "the connection is ansible.builtin.ssh"]
    assert ran.requests == []
    assert "UNREACHABLE" in ran.output


def test_the_environment_of_ansible_turns_it_off(
    simulator: Simulator, environment: dict[str, str], tmp_path: Path
) -> None:
    ran = run_play("process", [play(KEYS)], simulator, environment, tmp_path / "run", ["-vvv"])
    assert where(ran) == [OWN + "lambda_cloud_direct is false"]


def test_a_core_that_is_not_as_known_is_told_in_a_line(
    simulator: Simulator, environment: dict[str, str], tmp_path: Path
) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (other / "sitecustomize.py").write_text(
        "from ansible.plugins.action import ActionBase\n"
        "known = ActionBase._is_pipelining_enabled\n"
        "ActionBase._is_pipelining_enabled = lambda self, *words, **rest: known(self, *words, **rest)\n"
    )
    environment["PYTHONPATH"] = f"{other}:{environment['PYTHONPATH']}"
    ran = run_play("direct", [play(KEYS)], simulator, environment, tmp_path / "run", ["-v", *LOCAL])
    line = r"ansible-core \S+ differs in ActionBase\._is_pipelining_enabled, so that modules run in processes of their own\."
    assert len(re.findall(line, ran.output)) == 1
    assert len(ran.requests) == 1


def test_neither_true_nor_false_is_refused(simulator: Simulator, environment: dict[str, str], tmp_path: Path) -> None:
    tasks = play({**KEYS, "vars": {"lambda_cloud_direct": "perhaps"}})
    ran = run_play("direct", [tasks], simulator, environment, tmp_path / "run", succeed=False)
    assert "lambda_cloud_direct (LAMBDA_CLOUD_DIRECT) must be true or false, not 'perhaps'" in ran.output
    assert ran.requests == []


@pytest.mark.parametrize("mode", MODES)
def test_a_private_key_is_private_whatever_the_umask(
    simulator: Simulator, environment: dict[str, str], tmp_path: Path, mode: str
) -> None:
    made = {"lambdal.cloud.lambda_ssh_key": {"name": "a", "private_key_path": "generated"}}
    before = os.umask(0)
    try:
        run_play(mode, [play(made)], simulator, environment, tmp_path / "run")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "run" / "generated").stat().st_mode) == 0o600


@pytest.fixture
def bare_python(tmp_path: Path) -> Path:
    """Return an interpreter without requests."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", tmp_path / "bare"], check=True)
    return tmp_path / "bare" / "bin" / "python"


def test_localhost_may_lack_requests(
    simulator: Simulator, environment: dict[str, str], tmp_path: Path, bare_python: Path
) -> None:
    arguments = ["-i", "localhost,", "-e", f"ansible_connection=local ansible_python_interpreter={bare_python}"]
    ran = run_play("direct", [play(KEYS)], simulator, environment, tmp_path / "run", arguments)
    assert len(ran.requests) == 1
    ran = run_play("process", [play(KEYS)], simulator, environment, tmp_path / "run", arguments, succeed=False)
    message = "lambdal.cloud needs requests 2.32 or later and urllib3 2.0 or later, and "
    assert f"{message}{bare_python} has no requests and no urllib3." in ran.output
    assert ran.requests == []


@pytest.mark.parametrize(
    ("library", "content"),
    [("requests", "raise ImportError('there is none')"), ("urllib3", "__version__ = '1.26.12'")],
    ids=["missing", "too old"],
)
def test_the_controller_may_lack_a_library(
    simulator: Simulator, environment: dict[str, str], tmp_path: Path, library: str, content: str
) -> None:
    lacking = tmp_path / "lacking"
    lacking.mkdir()
    (lacking / f"{library}.py").write_text(content)
    other = tmp_path / "python"
    other.write_text(f'#!/bin/sh\nunset PYTHONPATH\nexec {sys.executable} "$@"\n')
    other.chmod(0o755)
    arguments = ["-vvv", "-i", "localhost,", "-e", f"ansible_connection=local ansible_python_interpreter={other}"]
    environment["PYTHONPATH"] = f"{lacking}:{environment['PYTHONPATH']}"
    ran = run_play("direct", [play(KEYS)], simulator, environment, tmp_path / "run", arguments)
    assert where(ran) == [OWN + "the controller's Python lacks requests or urllib3, or has older ones than needed"]
    assert len(ran.requests) == 1


@pytest.mark.parametrize("mode", MODES)
def test_a_timeout_ends_the_task_alone(
    simulator: Simulator, environment: dict[str, str], tmp_path: Path, mode: str
) -> None:
    simulator.seed_ssh_key("laptop", PUBLIC_KEY_LINE)
    simulator.add_fate("never-boots", name="a")
    ran = run_play(
        mode,
        [play({**instance("a", timeout=3, ignore_errors=True), "name": "wait"}, {**KEYS, "name": "after"})],
        simulator,
        environment,
        tmp_path / "run",
    )
    assert "Timed out after 3 second(s)" in ran.result("wait")["msg"]
    assert "ssh_keys" in ran.result("after")
    if mode == "direct":
        assert simulator.live()["a"]["id"] == ran.result("wait")["launched"][0]["id"]
        assert f"(id {simulator.live()['a']['id']})" in ran.result("wait")["msg"]


CRASHES = {
    "in the domain": ("def read_spec(options: ", "raise RuntimeError('it broke')", "Unexpected RuntimeError"),
    "before anything": ("def main()", "raise RecursionError('it broke')", "Module failed: it broke"),
    "at exit": ("def main()", "import sys; sys.exit(3)", "Module result deserialization failed"),
}


@pytest.mark.parametrize("name", CRASHES)
def test_a_crash_fails_its_task_alone(
    simulator: Simulator, environment: dict[str, str], tmp_path: Path, name: str
) -> None:
    place, statement, message = CRASHES[name]
    tree = tmp_path / "tree" / "ansible_collections" / "lambdal" / "cloud"
    for part in ("plugins", "meta"):
        shutil.copytree(ROOT / part, tree / part)
    shutil.copy(ROOT / "galaxy.yml", tree)
    broken = tree / "plugins" / "modules" / "lambda_ssh_key.py"
    text, count = re.subn(rf"(?m)^({re.escape(place)}.*)$", rf"\1\n    {statement}", broken.read_text())
    assert count == 1
    broken.write_text(text)
    environment |= {
        "ANSIBLE_COLLECTIONS_PATH": str(tmp_path / "tree"),
        "PYTHONPATH": "",
        "ANSIBLE_DISPLAY_TRACEBACK": "error",
    }
    results = {}
    for mode in MODES:
        ran = run_play(
            mode,
            [play({**key("a", ignore_errors=True, loop=[1, 2]), "name": "crash"}, {**KEYS, "name": "after"})],
            simulator,
            environment,
            tmp_path / "run",
            ["-vvv"],
        )
        assert "ssh_keys" in ran.result("after")
        assert "Traceback" in ran.output
        assert message in ran.output
        results[mode] = [each["result"] for each in ran.results if each["kind"] == "item failed"]
        assert len(results[mode]) == 2
        for result in results[mode]:
            # Where files lay differs.
            del result["exception"]
    assert results["direct"] == results["process"]
