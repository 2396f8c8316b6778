# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which API keys are accepted."""

from __future__ import annotations

import pytest

from lambda_cloud_simulator.api_keys import DEFAULT_KEY, KEY_VARIABLE, api_keys


@pytest.fixture(autouse=True)
def _nothing_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(KEY_VARIABLE, raising=False)


def test_hosts_are_behind_no_known_key(capsys: pytest.CaptureFixture[str]) -> None:
    (key,), (other,) = api_keys(None, with_hosts=True), api_keys(None, with_hosts=True)
    assert len({key, other, DEFAULT_KEY}) == 3
    assert f"API key: {key}\n" in capsys.readouterr().out


@pytest.mark.parametrize("with_hosts", [True, False])
def test_what_is_given_counts(
    with_hosts: bool, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(KEY_VARIABLE, "hidden")
    assert api_keys(None, with_hosts=with_hosts) == ["hidden"]
    assert api_keys(["a", "b"], with_hosts=with_hosts) == ["a", "b", "hidden"]
    assert capsys.readouterr().out == ""


def test_without_hosts_the_key_is_known() -> None:
    assert api_keys(None, with_hosts=False) == [DEFAULT_KEY]
