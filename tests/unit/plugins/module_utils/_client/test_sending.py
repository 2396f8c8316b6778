# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import http.server
import threading
import typing as t

import pytest
import requests
from ansible_collections.lambdal.cloud.plugins.module_utils._client.sending import noticing_adapter


@pytest.fixture
def events() -> list[str]:
    return []


@pytest.fixture
def server(events: list[str]) -> t.Iterator[str]:
    """Run a server that notes connections and requests, and yield its address."""

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def setup(self) -> None:
            super().setup()
            events.append("connection")

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            events.append("request")
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: t.Any) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.mark.parametrize("proxied", [False, True])
def test_what_is_written_is_noticed_once_the_connection_is_open(events: list[str], server: str, proxied: bool) -> None:
    with requests.Session() as session:
        session.trust_env = False
        session.mount("http://", noticing_adapter(lambda: events.append("notice")))
        url = "http://elsewhere.invalid" if proxied else server
        for _each in range(2):
            session.post(url, data=b"x", proxies={"http": server} if proxied else None, timeout=10).raise_for_status()
    # One connection for both. Its thread may say so a moment later than the first notice.
    assert events.count("connection") == 1
    # Headers and body are written one after the other.
    assert [event for event in events if event != "connection"] == ["notice", "notice", "request"] * 2


def test_nothing_is_noticed_when_there_is_no_connection() -> None:
    noticed: list[str] = []
    with requests.Session() as session:
        session.trust_env = False
        session.mount("http://", noticing_adapter(lambda: noticed.append("notice")))
        with pytest.raises(requests.ConnectionError):
            # Nobody listens on the discard port.
            session.get("http://127.0.0.1:9", timeout=10)
    assert noticed == []
