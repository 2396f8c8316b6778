# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The operator's page, as it is sent and as Chromium shows it."""

from __future__ import annotations

import os
import re
import shutil
import typing as t
from pathlib import Path

import pytest
import requests
from simulator_support import Api, serving, until

OTHER_SITE = "elsewhere.example"
EVIL = "<script>document.title = 'owned'</script>{{ 7 * 7 }}"


@pytest.fixture
def api(tmp_path: Path) -> t.Iterator[Api]:
    with serving(
        tmp_path, "--boot-time", "0", "--rate-limit", "--time-scale", "1000", api_key="secret-key-5b1f"
    ) as one:
        yield one


def page(api: Api, path: str = "/") -> str:
    answer = requests.get(f"{api.url}{path}", timeout=30)
    assert answer.status_code == 200
    return answer.text


def test_what_there_is_is_on_it(api: Api) -> None:
    api.control("POST", "/ssh-keys", {"name": "laptop"})
    api.control("POST", "/instances", {"name": "train-01", "instance_type": "gpu_8x_a100", "region": "us-west-1"})
    api.control("POST", "/instances", {"name": None})
    api.add_fault("status", "launch", status=503, times=2)
    api.add_fate("gpu-broken", name="train-*")
    api.ask("GET", "/instances")
    text = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page(api, "/_simulator/page")))
    for told in (
        "train-01 active gpu_8x_a100 us-west-1",
        "unnamed active gpu_1x_a10",
        "$11.07 per hour now",
        "laptop ssh-ed25519",
        "datasets us-east-1 2.0 GiB no",
        "status 503, instead of executing the next launch, 2 times",
        "gpu-broken for the next 1 instance named train-*",
        "gpu_1x_a100 1x A100 (40 GB PCIe) 1.29 us-south-1 2",
        "gpu_8x_h100_sxm5 8x H100 (80 GB SXM5) 23.92 nowhere",
        "200 list_instances GET /api/v1/instances",
        "Refused with 429 0",
    ):
        assert told in text, told


def test_nothing_on_it_is_a_secret(api: Api) -> None:
    private = api.post("/ssh-keys", name="made")["private_key"]
    api.control("POST", "/instances", {"name": "a"})
    text = page(api)
    tokens = [row["jupyter_token"] for row in api.get("/instances")]
    assert all(tokens)
    assert not [secret for secret in ("secret-key-5b1f", private.splitlines()[1], *tokens) if secret in text]


def test_names_are_text(api: Api) -> None:
    api.control("POST", "/instances", {"name": EVIL})
    for path in ("/", "/_simulator/page"):
        text = page(api, path)
        assert EVIL not in text
        assert "&lt;script&gt;document.title" in text
        assert "{{ 7 * 7 }}" in text


def test_only_its_own_script_may_run(api: Api) -> None:
    first, second = (requests.get(api.url, timeout=30) for _each in range(2))
    policy = first.headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; style-src 'nonce-")
    assert "unsafe" not in policy
    assert policy != second.headers["Content-Security-Policy"]
    nonces = set(re.findall(r'nonce="([^"]+)"', first.text))
    assert len(nonces) == 1
    assert f"'nonce-{nonces.pop()}'" in policy
    # No address but its own.
    assert not re.findall(r'(?:src|href)="', first.text)


def test_other_sites_read_nothing(api: Api) -> None:
    answer = requests.get(f"{api.url}/_simulator/page", headers={"Origin": "https://elsewhere.example"}, timeout=30)
    assert answer.status_code == 403
    # Nor through a name that was made to lead here.
    rebound = {"Host": "elsewhere.example", "Sec-Fetch-Site": "same-origin"}
    assert requests.get(f"{api.url}/_simulator/page", headers=rebound, timeout=30).status_code == 403
    # Nor without what only newer browsers tell.
    assert (
        requests.get(f"{api.url}/_simulator/page", headers={"Host": "elsewhere.example"}, timeout=30).status_code == 403
    )
    assert "Access-Control-Allow-Origin" not in requests.get(api.url, timeout=30).headers


def test_it_is_not_among_the_requests_of_the_api(api: Api) -> None:
    page(api)
    assert api.requests() == []


@pytest.fixture
def browser(chromium: t.Any) -> t.Any:
    """Return a browser that has left the page of the test before, whose simulator is gone, and knows nothing of it."""
    chromium.get("about:blank")
    chromium.get_log("browser")
    return chromium


@pytest.fixture(scope="module")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> t.Iterator[t.Any]:
    webdriver = pytest.importorskip("selenium.webdriver", reason="the extra `test` brings selenium, for the page")
    programs = shutil.which("chromium"), shutil.which("chromedriver")
    if not all(programs):
        pytest.skip("chromium and chromedriver (Debian: chromium-driver) show the page, and are not installed")
    options = webdriver.ChromeOptions()
    options.binary_location = programs[0]
    # It writes into its home as well, whatever folder it is given for its data.
    home = tmp_path_factory.mktemp("chromium")
    for argument in (
        "headless",
        "no-sandbox",
        "disable-gpu",
        "disable-quic",
        "disable-dev-shm-usage",
        "no-first-run",
        "disable-background-networking",
        "disable-component-update",
        "disable-sync",
        "window-size=1280,1000",
        f"user-data-dir={home / 'data'}",
        # A name of another site that it makes lead here
        f"host-resolver-rules=MAP {OTHER_SITE} 127.0.0.1",
    ):
        options.add_argument(f"--{argument}")
    service = webdriver.ChromeService(programs[1], env={**os.environ, "HOME": str(home)})
    driver = webdriver.Chrome(options=options, service=service)
    yield driver
    driver.quit()


def shown(browser: t.Any) -> str:
    return str(browser.execute_script("return document.body.innerText"))


@pytest.mark.tools
def test_it_updates_by_itself(api: Api, browser: t.Any) -> None:
    browser.get(api.url)
    assert "None. A launch through the API makes one appear here." in shown(browser)
    instance_id = api.control("POST", "/instances", {"name": "train-01"})["id"]
    until(lambda: "train-01" in shown(browser), 15)
    api.control("POST", f"/instances/{instance_id}/fate", {"fate": "unhealthy"})
    until(lambda: "unhealthy" in shown(browser), 15)
    assert browser.title == "Lambda Cloud, simulated"


@pytest.mark.tools
def test_a_name_runs_no_script(api: Api, browser: t.Any) -> None:
    api.control("POST", "/instances", {"name": EVIL})
    browser.get(api.url)
    # Once as it was sent and once as it was fetched anew.
    until(lambda: EVIL in shown(browser), 15)
    api.control("POST", "/instances", {"name": "later"})
    until(lambda: "later" in shown(browser), 15)
    assert EVIL in shown(browser)
    assert browser.title == "Lambda Cloud, simulated"
    assert not [entry for entry in browser.get_log("browser") if "favicon" not in entry["message"]]


# Sends a request as a page may, and returns the status and text of the response, or why the page got none.
FETCH = """
const [url, method, mode, done] = arguments;
fetch(url, {method: method, mode: mode, credentials: 'include'})
  .then(async (answer) => done([answer.type, answer.status, await answer.text()]), (error) => done([String(error)]));
"""


@pytest.mark.tools
def test_a_name_that_is_made_to_lead_here_gets_nothing(api: Api, browser: t.Any) -> None:
    api.control("POST", "/instances", {"name": "mine"})
    browser.get(api.url.replace("127.0.0.1", OTHER_SITE))
    assert f"Requests for the host '{OTHER_SITE}" in shown(browser)
    for method, path in (
        ("GET", "/"),
        ("GET", "/_simulator/state"),
        ("GET", "/api/v1/instances"),
        ("POST", "/_simulator/reset"),
    ):
        kind, status, text = browser.execute_async_script(FETCH, path, method, "cors")
        # It is of the same site to the browser, which alone would let it read everything.
        assert (kind, status) == ("basic", 403), path
        assert "mine" not in text
    assert [row["name"] for row in api.state()["instances"]] == ["mine"]


@pytest.mark.tools
def test_a_page_of_another_site_reads_and_changes_nothing(api: Api, browser: t.Any) -> None:
    api.control("POST", "/instances", {"name": "mine"})
    browser.get(api.url.replace("127.0.0.1", OTHER_SITE))
    for method, path in (("GET", "/_simulator/state"), ("POST", "/_simulator/reset")):
        # Without reading the response, a page may send to anywhere.
        assert browser.execute_async_script(FETCH, f"{api.url}{path}", method, "no-cors") == ["opaque", 0, ""]
        assert len(browser.execute_async_script(FETCH, f"{api.url}{path}", method, "cors")) == 1
    assert [row["name"] for row in api.state()["instances"]] == ["mine"]


@pytest.mark.tools
@pytest.mark.parametrize("width", [1280, 500])
def test_sixty_instances_fit_any_window(api: Api, browser: t.Any, width: int) -> None:
    for number in range(60):
        api.control("POST", "/instances", {"name": f"train-{number:02}"})
    browser.set_window_size(width, 900)
    browser.get(api.url)
    until(lambda: "train-59" in shown(browser), 15)
    assert browser.execute_script("return document.documentElement.scrollWidth <= window.innerWidth")


@pytest.mark.tools
def test_a_stopped_simulator_is_told(browser: t.Any, tmp_path: Path) -> None:
    with serving(tmp_path, "--boot-time", "0") as one:
        one.control("POST", "/instances", {"name": "last"})
        browser.get(one.url)
        until(lambda: "last" in shown(browser), 15)
    until(lambda: "The simulator has stopped" in shown(browser), 15)
    assert "last" in shown(browser)
