# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What guides and READMEs have their readers do with secrets, and what SECURITY.md says that a test holds."""

from __future__ import annotations

import re
import sys
import typing as t
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
# Where ansible-test runs this, it has no other tests' folder.
sys.path.insert(0, str(ROOT / "tests"))

from support.documents import COMMANDS, blocks  # noqa: E402

_ELSEWHERE = {".venv", ".build", ".git", "node_modules"}
DOCUMENTS = sorted(
    path.relative_to(ROOT)
    for pattern in ("*.md", "*.rst")
    for path in ROOT.rglob(pattern)
    if not _ELSEWHERE & set(path.relative_to(ROOT).parts)
)

_SECRET = r"\w*(?:API_KEY|SIMULATOR_KEY|TOKEN|PASSWORD|PASSPHRASE|SECRET)"
# What a shell expands is not in its history; what is called simulator is the key that everybody knows.
_VALUE = r"(?![\"\']?\$|simulator\b|\s|$)"
_ON_THE_COMMAND_LINE = [
    re.compile(rf"\b{_SECRET}={_VALUE}", re.IGNORECASE),
    re.compile(rf"--(?:api-key|token|password|passphrase)[= ]{_VALUE}"),
    # ssh-keygen's own; an empty one is none.
    re.compile(r"\s-N (?![\"\']{2})"),
    re.compile(r"\bsecret_\w+"),
]
_FILE = re.compile(r">>? *(\S*(?:api_key|password|token|secret|group_vars)\S*)", re.IGNORECASE)
_WRITES_TEXT = re.compile(r"\b(?:echo|printf) (.*?) *>")


def commands(path: Path) -> t.Iterator[str]:
    """Yield the lines of a document's commands."""
    for block in blocks(ROOT / path):
        if block.language in (*COMMANDS, "bash", "console"):
            yield from block.text.replace("\\\n", " ").splitlines()


def problems(lines: t.Iterable[str]) -> list[str]:
    """Return the lines that leave a secret in the shell's history, in the list of processes, or in a file for all."""
    found, private, masked = [], set(), False
    for line in lines:
        masked = masked or "umask 077" in line
        private |= set(re.findall(r"install -m 0?600 /dev/null (\S+)", line))
        files = _FILE.findall(line)
        words = _WRITES_TEXT.search(line)
        if (
            any(each.search(line) for each in _ON_THE_COMMAND_LINE)
            or (files and words and "$" not in words[1])
            or (not masked and set(files) - private)
        ):
            found.append(line)
    return found


@pytest.mark.parametrize("path", DOCUMENTS, ids=str)
def test_no_reader_leaves_a_secret_where_others_find_it(path: Path) -> None:
    assert problems(commands(path)) == []


@pytest.mark.parametrize(
    "line",
    [
        "export LAMBDA_API_KEY=secret_my-key_0123456789abcdef",
        "export CONTROLLER_USERNAME=admin CONTROLLER_PASSWORD=hunter2",
        "echo anything > ~/.lambda_api_key",
        "printf '%s' \"$KEY\" > ~/.lambda_api_key",
        "lambda-cloud-simulator serve --api-key mine",
        "ansible-playbook play.yml -e lambda_api_key=mine",
        "ssh-keygen -N hunter2 -f key",
    ],
)
def test_it_is_found_where_it_is(line: str) -> None:
    assert problems([line]) == [line]


@pytest.mark.parametrize(
    "lines",
    [
        ["install -m 600 /dev/null ~/.lambda_api_key", "printf '%s' \"$KEY\" > ~/.lambda_api_key"],
        ["umask 077", "python3 -c 'import secrets; print(secrets.token_urlsafe())' > vault-password"],
        ["read -rs LAMBDA_API_KEY && export LAMBDA_API_KEY", 'export LAMBDA_API_KEY="$(cat ~/.lambda_api_key)"'],
        ["export LAMBDA_API_URL=http://127.0.0.1:8420/api/v1 LAMBDA_API_KEY=simulator", "ssh-keygen -N '' -f key"],
    ],
)
def test_what_is_right_is_let_through(lines: list[str]) -> None:
    assert problems(lines) == []


def test_every_line_of_what_is_not_trusted_is_held_by_a_test() -> None:
    table = [line.split("|")[3:5] for line in (ROOT / "SECURITY.md").read_text().splitlines() if line.startswith("| ")]
    rows = [(claim.strip(), re.findall(r"`([^`]+)`", tests)) for claim, tests in table[2:]]
    assert len(rows) > 20
    for claim, tests in rows:
        assert claim
        assert tests, claim
        for test in tests:
            path, _colons, name = test.partition("::")
            if path.startswith("simulator/") and not (ROOT / "simulator").exists():
                # The collection alone, as ansible-test has it
                continue
            assert (ROOT / path).exists(), test
            assert not name or re.search(rf"^(?:async )?def {name}\(", (ROOT / path).read_text(), re.MULTILINE), test
