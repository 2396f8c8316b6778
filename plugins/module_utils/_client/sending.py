# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An adapter for requests that tells when it writes to the network.

Opening a connection takes up to three round trips before the request itself is sent, and none where one is kept alive. The
rate limiter has to know when the request itself was sent.
"""

from __future__ import annotations

import contextlib
import typing as t

# Whoever opens a client has asked library_problem() before.
with contextlib.suppress(ImportError):
    from requests.adapters import HTTPAdapter
    from urllib3.connection import HTTPConnection, HTTPSConnection
    from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool


def noticing_adapter(notice: t.Callable[[], None]) -> HTTPAdapter:
    """Return an adapter that calls `notice` right before anything is written to an open connection.

    Through a SOCKS proxy, which has connections of its own, it does not.
    """
    pools = _noticing_pools(notice)

    class NoticingAdapter(HTTPAdapter):
        def init_poolmanager(self, *args: t.Any, **kwargs: t.Any) -> None:
            super().init_poolmanager(*args, **kwargs)
            self.poolmanager.pool_classes_by_scheme = pools

        def proxy_manager_for(self, proxy: t.Any, **proxy_kwargs: t.Any) -> t.Any:
            manager = super().proxy_manager_for(proxy, **proxy_kwargs)
            if not proxy.lower().startswith("socks"):
                manager.pool_classes_by_scheme = pools
            return manager

    return NoticingAdapter()


def _noticing_pools(notice: t.Callable[[], None]) -> dict[str, t.Any]:
    """Return urllib3's pools by scheme, with connections that call `notice`."""

    def noticing(pool: t.Any, connection: t.Any) -> t.Any:
        def send(self: t.Any, data: t.Any) -> None:
            if self.sock is None:
                self.connect()
            notice()
            connection.send(self, data)

        return type(pool.__name__, (pool,), {"ConnectionCls": type(connection.__name__, (connection,), {"send": send})})

    return {
        "http": noticing(HTTPConnectionPool, HTTPConnection),
        "https": noticing(HTTPSConnectionPool, HTTPSConnection),
    }
