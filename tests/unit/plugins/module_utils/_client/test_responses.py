# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import json

import pytest
from ansible_collections.lambdal.cloud.plugins.module_utils._client.responses import Response, parse_response
from ansible_collections.lambdal.cloud.plugins.module_utils._errors import ApiError, RateLimited, TransportError
from hypothesis import example, given
from hypothesis import strategies as st


def read(status: int, text: str, expect: type | None = list, **rest: object) -> object:
    return parse_response(Response(status, text, **rest), action="list the instances", expect=expect)  # type: ignore[arg-type]


def refusal(code: str, **rest: object) -> str:
    return json.dumps({"error": {"code": code, "message": "Something is wrong", **rest}})


def test_data_is_unwrapped() -> None:
    assert read(200, '{"data": [1]}') == [1]
    assert read(200, "", expect=None) is None


def test_code_message_suggestion_and_fields_reach_the_user() -> None:
    body = json.loads(refusal("global/invalid-parameters", suggestion="Mend it"))
    body["field_errors"] = {"name": {"code": "global/invalid-parameters", "message": "too long"}}
    with pytest.raises(ApiError) as caught:
        read(400, json.dumps(body))
    assert str(caught.value) == (
        "Could not list the instances: Something is wrong. name: too long. Mend it. (global/invalid-parameters, HTTP 400)"
    )
    assert caught.value.failure() == {
        "code": "global/invalid-parameters",
        "message": "Something is wrong",
        "suggestion": "Mend it",
        "status": 400,
        "field_errors": body["field_errors"],
    }


def test_an_instance_named_like_the_edges_page_is_an_instance() -> None:
    row = {"id": "1", "name": "error code: 1015"}
    assert read(200, json.dumps({"data": [row]})) == [row]


@pytest.mark.parametrize(
    ("text", "header", "seconds"),
    [
        ('{"error": {"code": "global/too-many", "message": "m", "retry_after": 7}}', None, 7.0),
        ('{"retry_after": 3.5}', None, 3.5),
        ("<html>Too many</html>", 2.0, 2.0),
        ("<html>Too many</html>", None, None),
    ],
)
def test_every_form_of_a_rate_limit(text: str, header: float | None, seconds: float | None) -> None:
    with pytest.raises(RateLimited) as caught:
        read(429, text, retry_after=header)
    assert caught.value.retry_after == seconds
    assert not caught.value.may_have_executed


@pytest.mark.parametrize("page", ["error code: 1015", "<p>The owner has banned you temporarily</p>"])
def test_a_ban_page_is_a_rate_limit_whatever_its_status(page: str) -> None:
    with pytest.raises(RateLimited):
        read(403, page)


def test_the_edge_is_not_a_wrong_key() -> None:
    with pytest.raises(TransportError, match="not about the API key"):
        read(403, "error code: 1010")


def test_a_redirect_is_told_and_not_followed() -> None:
    with pytest.raises(TransportError, match="redirects to https://elsewhere/") as caught:
        read(301, "", location="https://elsewhere/")
    assert not caught.value.may_have_executed


@pytest.mark.parametrize(
    ("text", "temporary"), [('{"data": [', True), ("<html>Log in</html>", False), ('{"rows": []}', False)]
)
def test_a_success_that_cannot_be_read_may_have_executed(text: str, temporary: bool) -> None:
    with pytest.raises(TransportError) as caught:
        read(200, text)
    assert caught.value.may_have_executed
    assert caught.value.temporary is temporary


# A page of an edge that says that the server behind it failed is no refusal, whatever else it says.
@example(500, "error code: 1015", None)
@given(st.integers(200, 599), st.text(max_size=300), st.sampled_from([list, dict, None]))
def test_whatever_comes_is_data_or_an_error_of_ours(status: int, text: str, expect: type | None) -> None:
    try:
        data = read(status, text, expect)
    except (ApiError, RateLimited, TransportError) as error:
        # Only a refusal is certain to have changed nothing.
        assert error.may_have_executed == (status < 300 or status >= 500)
        assert "\n" not in str(error)
    else:
        assert status < 300
        assert expect is None or isinstance(data, expect)
