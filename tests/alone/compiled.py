# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An expression that is compiled once has the same values, errors and warnings as one that Ansible compiles each time."""

from __future__ import annotations

import copy
import json
import re
import typing as t
from pathlib import Path

import pytest
from ansible.errors import AnsibleError
from ansible.inventory.manager import InventoryManager
from ansible.parsing.dataloader import DataLoader
from ansible.plugins.loader import init_plugin_loader
from ansible.template import Templar, is_trusted_as_template, trust_as_template
from ansible.utils.display import Display
from lambda_cloud_simulator.testing import Simulator, running_simulator
from support.runner import BUILD, UNPACED

# Only once in a process, and before collections are imported: see test_alone.py.
init_plugin_loader([str(BUILD)])

from ansible_collections.lambdal.cloud.plugins.inventory import lambda_cloud  # noqa: E402
from ansible_collections.lambdal.cloud.plugins.plugin_utils import _compiled  # noqa: E402
from ansible_collections.lambdal.cloud.plugins.plugin_utils._compiled import compiling_once  # noqa: E402

LINES = (Path(__file__).parent / "corpus.txt").read_text().splitlines()
CORPUS = list(dict.fromkeys(line for line in LINES if line and not line.startswith("# ") and line != "#"))
# What gives another value each time, whoever evaluates it
CHANGING = {"lambda_tags | random"}

HOSTILE = "lookup('pipe', 'touch executed')"
EXTRA: dict[str, t.Any] = {
    "extra_text": "text",
    "extra_template": trust_as_template("{{ lambda_name | lower }}"),
    "extra_nested": {"name": trust_as_template("{{ lambda_id }}"), "list": [trust_as_template("{{ lambda_status }}")]},
    "extra_undefined": trust_as_template("{{ lambda_nothing }}"),
    "extra_cycle": trust_as_template("{{ extra_cycle }}"),
    "extra_untrusted": "{{ " + HOSTILE + " }}",
    "extra_expression": HOSTILE,
}


def host(name: str | None, gpus: int = 1, **fields: t.Any) -> dict[str, t.Any]:
    """Return variables of a host, of which what is not plain is untrusted, as the inventory plugin leaves it."""
    row: dict[str, t.Any] = {
        "id": "0123456789abcdef0123456789abcdef",
        "name": name,
        "status": "active",
        "ip": "198.18.0.1",
        "private_ip": None,
        "hostname": None,
        "is_reserved": False,
        "region": {"name": "us-east-1", "description": "Virginia, USA"},
        "instance_type": {
            "name": f"gpu_{gpus}x_a10",
            "description": f"{gpus}x A10 (24 GB PCIe)",
            "gpu_description": "A10 (24 GB PCIe)",
            "price_cents_per_hour": 75 * gpus,
            "specs": {"vcpus": 30, "memory_gib": 200, "storage_gib": 1400, "gpus": gpus},
        },
        "ssh_key_names": ["laptop"],
        "file_system_names": [],
        "tags": [],
        "actions": {"restart": {"available": True}, "migrate": {"available": False, "reason_code": "vm-is-too-old"}},
        **fields,
    }
    variables = {f"lambda_{field}": lambda_cloud._plain(value) for field, value in row.items()}
    return {**variables, "ansible_host": row["ip"]}


def tags(**values: str) -> list[dict[str, str]]:
    return [{"key": key, "value": value} for key, value in values.items()]


HOSTS = [
    host("train-1", tags=tags(role="head", stage="production"), file_system_names=["datasets", "models"]),
    host("Eval.2-x", 8, region={"name": "us-west-1", "description": "California, USA"}, private_ip="10.0.0.2"),
    host(None, 4, is_reserved=True, hostname="one.example", ssh_key_names=[], tags=tags(role="")),
    host("{{ " + HOSTILE + " }}", tags=tags(role=HOSTILE, note="{% x %}"), status="unhealthy"),
    host(HOSTILE, 2, tags=tags(role="b", zone="a"), ip="2001:db8::1", file_system_names=["{{ 7 * 7 }}"]),
]


def described(value: t.Any) -> t.Any:
    """Return all that there is to know of a value: its type, its content, and what of it is trusted."""
    if isinstance(value, dict):
        content: t.Any = [(described(key), described(each)) for key, each in value.items()]
    elif isinstance(value, (list, tuple)):
        content = [described(each) for each in value]
    else:
        # The address of a function or a generator says nothing.
        content = re.sub(r"0x[0-9a-f]+", "0x", repr(value))
    return type(value).__name__, content, is_trusted_as_template(value)


def outcome(evaluate: t.Callable[[t.Any], t.Any], expression: str) -> t.Any:
    try:
        return described(evaluate(expression))
    except Exception as error:
        causes = []
        cause: BaseException | None = error
        while cause is not None:
            # Neither does an address, nor where exactly too deep a recursion ends.
            text = re.sub(r"0x[0-9a-f]+|(?<=recursion depth exceeded)[a-z ]+", "", str(cause))
            causes.append((type(cause).__name__, text))
            cause = cause.__cause__
        return causes, str(getattr(error, "obj", None))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> t.Iterator[Path]:
    """Work in an empty folder, and fail if anything was executed in it."""
    folder = tmp_path_factory.mktemp("compiled")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setenv("HOME", str(folder))
        patch.setenv("LAMBDA_CORPUS", "{{ " + HOSTILE + " }}")
        patch.setattr(Display, "warning", lambda *arguments, **options: None)
        yield folder
    assert not (folder / "executed").exists()


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(
    ("kind", "hosts"), [("evaluate_expression", HOSTS), ("evaluate_conditional", [HOSTS[0], HOSTS[3]])]
)
def test_each_expression_has_the_same_value_or_error(kind: str, hosts: list[dict[str, t.Any]]) -> None:
    assert len(CORPUS) >= 300
    core, compiled = Templar(loader=DataLoader()), compiling_once(Templar(loader=DataLoader()))
    counted = count_compilations(compiled)
    known = [{**variables, **EXTRA} for variables in hosts]
    before = described(known)
    different = 0
    for expression in (trust_as_template(each) for each in CORPUS if each not in CHANGING):
        values: list[list[t.Any]] = []
        for templar in (core, compiled, compiled):
            values.append([])
            for variables in known:
                templar.available_variables = variables
                values[-1].append(outcome(getattr(templar, kind), expression))
        assert values[1] == values[2] == values[0], expression
        different += len({str(value) for value in values[0]}) > 1
    # Nor does an evaluation leave anything behind.
    assert described(known) == before
    assert different > 50
    assert max(counted.values()) == 1


def count_compilations(templar: Templar) -> dict[str, int]:
    """Count how often each expression is compiled that can be compiled."""
    counted: dict[str, int] = {}
    environment = templar._engine.environment
    compile_expression = environment.compile_expression

    def count(source: str, *arguments: t.Any, **options: t.Any) -> t.Any:
        compiled = compile_expression(source, *arguments, **options)
        counted[str(source)] = counted.get(str(source), 0) + 1
        return compiled

    environment.compile_expression = count
    return counted


@pytest.mark.usefixtures("folder")
def test_an_expression_that_was_compiled_is_trusted_no_more_than_before() -> None:
    compiled = compiling_once(Templar(loader=DataLoader(), variables={"value": HOSTILE}))
    for evaluate in (compiled.evaluate_expression, compiled.evaluate_conditional):
        for text in ("value", "true", HOSTILE):
            with pytest.raises(AnsibleError, match="trust"):
                evaluate(text)
    assert compiled.evaluate_expression(trust_as_template("value")) == HOSTILE
    assert compiled.evaluate_conditional(trust_as_template("true")) is True
    assert compiled.template(trust_as_template("{{ value }}")) == HOSTILE
    for text in ("value", "true"):
        with pytest.raises(AnsibleError, match="trust"):
            compiled.evaluate_conditional(text)
        with pytest.raises(AnsibleError, match="trust"):
            compiled.evaluate_expression(text)
    assert compiled.template("{{ value }}") == "{{ value }}"


def test_the_same_text_is_compiled_apart_for_expressions_conditions_and_templates() -> None:
    compiled = compiling_once(Templar(loader=DataLoader(), variables={"a": "x1"}))
    text = trust_as_template(r"a is match('\w\d')")
    for _again in range(2):
        assert compiled.evaluate_conditional(trust_as_template(r"a | regex_replace('\d', '\t') == 'x\t'")) is True
        assert compiled.evaluate_expression(trust_as_template(r"a | regex_replace('\d', '\t') == 'x\t'")) is True
        assert compiled.evaluate_conditional(text) is True
        assert compiled.template(text) == text


def test_no_more_is_kept_than_a_configuration_has(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_compiled, "_MOST_KEPT", 10)
    compiled = compiling_once(Templar(loader=DataLoader(), variables={}))
    for number in range(25):
        assert compiled.evaluate_expression(trust_as_template(f"{number} + 1")) == number + 1
        assert compiled.template(trust_as_template(f"{{{{ {number} }}}}")) == number
        assert len(compiled._engine.kept) <= 10
    assert not copy.deepcopy(compiled._engine.kept)
    assert not compiled._engine.copy().kept


@pytest.mark.parametrize(
    "change",
    [
        lambda engine: delattr(engine, "_compile_expression"),
        lambda engine: setattr(engine, "_compile_expression", lambda self, text, settings: None),
        lambda engine: setattr(engine, "evaluate_expression", lambda self, text, **options: 1),
        lambda engine: setattr(engine, "__init__", lambda self: None),
    ],
)
def test_another_core_evaluates_by_itself(change: t.Callable[[t.Any], None], monkeypatch: pytest.MonkeyPatch) -> None:
    templar = Templar(loader=DataLoader(), variables={})
    engine = type(templar._engine)

    class Other(engine):  # type: ignore[misc, valid-type]
        _compile_expression = engine._compile_expression

    templar._engine.__class__ = Other
    monkeypatch.setattr(Templar, "copy_with_new_env", lambda self: self)
    assert compiling_once(templar) is templar
    templar._engine.__class__ = Other
    change(Other) if "_compile_expression" in vars(Other) else None
    assert compiling_once(templar) is templar


class Source:
    """Reads configurations of one account, as Ansible does."""

    def __init__(self, simulator: Simulator, folder: Path, patch: pytest.MonkeyPatch) -> None:
        self._folder = folder
        self.told: list[str] = []
        for name, value in {**simulator.environment(), **UNPACED}.items():
            patch.setenv(name, value)
        for name in ("warning", "error_as_warning"):
            patch.setattr(Display, name, lambda _display, *texts, **named: self.told.append(f"{texts} {named}"))

    def read(self, **options: t.Any) -> t.Any:
        """Return all hosts and groups that a configuration makes, and what is told of it."""
        self.told.clear()
        config = self._folder / "lambda.yml"
        config.write_text(json.dumps({"plugin": "lambdal.cloud.lambda_cloud", **options}))
        try:
            inventory = InventoryManager(DataLoader(), sources=[str(config)])
        except AnsibleError:
            return None, list(self.told)
        hosts = {
            name: (
                sorted((key, described(value)) for key, value in each.vars.items()),
                sorted(map(str, each.get_groups())),
            )
            for name, each in inventory.hosts.items()
        }
        return hosts, list(self.told)


@pytest.mark.parametrize("strict", [False, True])
def test_an_inventory_is_the_same(folder: Path, strict: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each expression in every place of a configuration where one may stand, with the same groups, variables and warnings."""
    with running_simulator("--boot-time", "0", folder=folder) as simulator:
        for number, name in enumerate(("train-1", "Eval.2-x", HOSTILE, "{{ " + HOSTILE + " }}")):
            simulator.seed_instance(name, ip=f"198.18.0.{number + 1}", tags={"role": name})
        source = Source(simulator, folder, monkeypatch)
        expressions = [each for each in CORPUS if each not in CHANGING]
        # Each error ends a strict run.
        configurations = [[each] for each in expressions[::50]] if strict else [expressions[::7]]
        for chosen in configurations:
            options = {
                "strict": strict,
                "compose": {f"value_{number}": each for number, each in enumerate(chosen)},
                "groups": {f"group_{number}": each for number, each in enumerate(chosen)},
                "keyed_groups": [
                    {"key": each, "prefix": "k", "parent_group": "{{ lambda_region.name }}"}
                    for each in chosen
                    if names_groups(each)
                ],
                "hostnames": [*chosen, "name"],
                "filters": [{"include": each, "default": True} for each in chosen[:1]],
            }
            results = []
            for templar in (compiling_once, lambda given: given):
                monkeypatch.setattr(lambda_cloud, "compiling_once", templar)
                results.append(source.read(**options))
            assert results[0] == results[1]
            assert strict or len(results[0][0] or ()) == 4, results[0][1]


def names_groups(expression: str) -> bool:
    """Return whether the value can name groups for each host for which there is one; others are errors, strict or not."""
    templar = Templar(loader=DataLoader())
    for variables in HOSTS:
        templar.available_variables = variables
        try:
            value = templar.evaluate_expression(trust_as_template(expression))
        except AnsibleError:
            continue
        if not isinstance(value, (str, list, dict, type(None))):
            return False
    return True
