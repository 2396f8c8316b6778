# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""HTTP to the API: the session, time-outs, pacing, and which failure of which request is repeated.

Repeats are not left to urllib3's Retry inside the session, because each must take its turn under the account's rate
limit, keep to the task's deadline, and obey a `retry_after` in the body. Retry decides how long to pause.
"""

from __future__ import annotations

import ssl
import time
import traceback
import typing as t
from dataclasses import dataclass
from urllib.parse import urlsplit

from ansible_collections.lambdal.cloud.plugins.module_utils._answers import Answer, read_answer
from ansible_collections.lambdal.cloud.plugins.module_utils._deadline import Deadline
from ansible_collections.lambdal.cloud.plugins.module_utils._errors import (
    InvalidInput,
    LambdaCloudError,
    RateLimited,
    TransportError,
)
from ansible_collections.lambdal.cloud.plugins.module_utils._pacer import REQUEST, Pacer
from ansible_collections.lambdal.cloud.plugins.module_utils._version import VERSION

try:
    import requests
    from urllib3 import exceptions as urllib3_errors
    from urllib3.util import Retry
except ImportError:
    REQUESTS_IMPORT_ERROR: str | None = traceback.format_exc()
else:
    REQUESTS_IMPORT_ERROR = None

USER_AGENT = f"lambdal.cloud/{VERSION} (Ansible collection)"

_LARGEST_ANSWER_BYTES = 64 * 1024 * 1024
_CONNECT_TIMEOUT_SECONDS = 10.0


@dataclass(frozen=True)
class Connection:
    """Where the API is and how to reach it.

    Args:
        api_key: the account's key. It goes into the Authorization header and nowhere else.
        api_url: base address, `https://HOST/api/v1`.
        read_timeout: seconds without a byte after which an answer counts as lost.
        retry_timeout: seconds for which a request that may be repeated is repeated.
        validate_certs: whether the server's certificate must be valid.
        ca_path: a bundle or folder of certificate authorities to trust instead of the default ones.
    """

    api_key: str
    api_url: str
    read_timeout: float = 60.0
    retry_timeout: float = 60.0
    validate_certs: bool = True
    ca_path: str | None = None

    def __post_init__(self) -> None:
        if not self.api_key:
            raise InvalidInput("No API key: set api_key, or LAMBDA_API_KEY in the environment.")
        if not self.api_key.isascii() or not self.api_key.isprintable() or " " in self.api_key:
            raise InvalidInput(
                "The API key holds blanks or characters that no key has: check api_key or LAMBDA_API_KEY."
            )
        try:
            parts = urlsplit(self.api_url)
            usable = parts.scheme in ("http", "https") and parts.hostname and not parts.username and not parts.query
        except ValueError:
            usable = False
        if not usable:
            raise InvalidInput("api_url (LAMBDA_API_URL) must look like https://cloud.lambda.ai/api/v1.")

    @property
    def is_exposed(self) -> bool:
        """Whether the key leaves this machine unencrypted."""
        parts = urlsplit(self.api_url)
        host = parts.hostname or ""
        return parts.scheme == "http" and host not in ("localhost", "::1") and not host.startswith("127.")


@dataclass(frozen=True)
class Call:
    """One request to make.

    Args:
        what: what it is to do, as it stands behind "Could not".
        expect: the type of the answer's `data`, or None.
        safe: whether it may be sent again when nobody knows if it took effect.
        lane: whose turn it takes under the rate limit.
        whole: whether what stands beside the answer's `data` is wanted as well.
    """

    method: str
    path: str
    what: str
    expect: type | None
    safe: bool = False
    lane: str = REQUEST
    body: t.Mapping[str, t.Any] | None = None
    query: t.Mapping[str, str] | None = None
    whole: bool = False


class Transport:
    """Sends calls over one kept-alive connection."""

    def __init__(
        self,
        connection: Connection,
        pacer: Pacer,
        *,
        log: t.Callable[[str], None] = lambda text: None,
        clock: t.Callable[[], float] = time.monotonic,
        sleep: t.Callable[[float], None] = time.sleep,
    ) -> None:
        self._connection = connection
        self._pacer = pacer
        self._log = log
        self._clock = clock
        self._sleep = sleep
        self._session = requests.Session()
        self._session.headers.update({"User-Agent": USER_AGENT, "Accept": "application/json"})
        # A callable, because a .netrc entry for the host would displace a plain header.
        self._session.auth = self._authorize

    def _authorize(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Bearer {self._connection.api_key}"
        return request

    def send(self, call: Call, deadline: Deadline | None = None) -> t.Any:
        """The `data` of the API's answer.

        Repeats a safe call after temporary failures, and any call that the rate limit refused, until `retry_timeout`
        or the deadline.

        Raises:
            LambdaCloudError: the last failure; `may_have_executed` says whether a write may have taken effect.
            DeadlineExceeded: the rate limit's next turn lies beyond the deadline.
        """
        budget = Deadline(self._connection.retry_timeout, self._clock)
        backoff = Retry(total=None, backoff_factor=0.5, backoff_max=20, backoff_jitter=0.5)
        while True:
            self._pacer.wait(call.lane, deadline)
            try:
                return self._exchange(call, deadline)
            except LambdaCloudError as error:
                limited = isinstance(error, RateLimited)
                if not limited and not (call.safe and error.temporary):
                    raise
                backoff = backoff.increment(method=call.method, url=call.path, error=urllib3_errors.HTTPError())
                pause = max(error.retry_after or 0.0, backoff.get_backoff_time())
                # Being refused for haste is no fault that time makes worse: only the task's own deadline ends it.
                limits = [deadline] if limited and deadline else [budget, deadline]
                if not all(limit.allows(pause) for limit in limits if limit):
                    raise
                self._log(f"{error} Trying again in {pause:.1f} s.")
                if limited:
                    self._pacer.hold(call.lane, pause)
                self._sleep(pause)

    def _exchange(self, call: Call, deadline: Deadline | None) -> t.Any:
        connection = self._connection
        timeout = connection.read_timeout
        if call.safe and deadline:
            timeout = max(1.0, min(timeout, deadline.remaining()))
        verify: bool | str = (connection.ca_path or True) if connection.validate_certs else False
        try:
            with self._session.request(
                call.method,
                connection.api_url.rstrip("/") + call.path,
                json=call.body,
                params=call.query,
                timeout=(_CONNECT_TIMEOUT_SECONDS, timeout),
                # A followed redirect can turn a POST into a GET and drop the key.
                allow_redirects=False,
                stream=True,
                verify=verify,
            ) as response:
                answer = Answer(
                    status=response.status_code,
                    text=self._read_body(response, call, timeout),
                    retry_after=_header_retry_after(response.headers.get("Retry-After")),
                    location=response.headers.get("Location"),
                )
        except (requests.RequestException, urllib3_errors.HTTPError) as error:
            raise self._network_error(call, error) from None
        except OSError as error:
            raise InvalidInput(f"Could not {call.what}: {error}") from None
        return read_answer(answer, what=call.what, expect=call.expect, whole=call.whole)

    def _read_body(self, response: requests.Response, call: Call, timeout: float) -> str:
        chunks: list[bytes] = []
        size = 0
        until = Deadline(timeout, self._clock)
        for chunk in response.iter_content(65536):
            size += len(chunk)
            if size > _LARGEST_ANSWER_BYTES or until.remaining() == 0:
                trouble = "too slow" if until.remaining() == 0 else f"larger than {_LARGEST_ANSWER_BYTES >> 20} MiB"
                raise TransportError(f"Could not {call.what}: the answer is {trouble}.", may_have_executed=True)
            chunks.append(chunk)
        return b"".join(chunks).decode("utf-8", errors="replace")

    def _network_error(self, call: Call, error: Exception) -> TransportError:
        """What a failed exchange means, without the request's headers in it."""
        server = urlsplit(self._connection.api_url).netloc
        temporary, may_have_executed = True, False
        if isinstance(error, requests.exceptions.ProxyError):
            reason = f"the proxy on the way to {server} does not work; see HTTPS_PROXY and NO_PROXY"
        elif isinstance(error, requests.exceptions.SSLError):
            # Only a certificate is checked for certain before anything is sent; TLS can break later as well.
            temporary = False
            may_have_executed = not any(isinstance(cause, ssl.SSLCertVerificationError) for cause in _causes(error))
            reason = (
                f"no trusted TLS connection to {server}: {_root_cause(error)}; "
                "ca_path or REQUESTS_CA_BUNDLE names a private authority"
            )
        elif isinstance(error, ValueError):
            # What requests refuses to send at all is a ValueError as well.
            temporary = False
            reason = f"no request can be made to {server}; check api_url"
        elif isinstance(error, requests.exceptions.ConnectTimeout):
            reason = f"{server} did not accept a connection within {_CONNECT_TIMEOUT_SECONDS:g} s"
        elif isinstance(error, requests.exceptions.ReadTimeout):
            may_have_executed = True
            reason = f"{server} did not answer in time"
        elif _never_connected(error):
            reason = f"no connection to {server}: {_root_cause(error)}; check api_url and the network"
        else:
            may_have_executed = True
            reason = f"the connection to {server} broke before the answer came"
        return TransportError(
            f"Could not {call.what}: {reason}.", temporary=temporary, may_have_executed=may_have_executed
        )


def _never_connected(error: BaseException) -> bool:
    """Whether the request cannot have been sent: the name did not resolve, or nobody listened."""
    return any(isinstance(cause, urllib3_errors.NewConnectionError) for cause in _causes(error))


def _root_cause(error: BaseException) -> str:
    """The operating system's words for it, without the object addresses that urllib3 puts before them."""
    for cause in reversed(list(_causes(error))):
        if isinstance(cause, OSError) and cause.strerror:
            return cause.strerror
    text = str(list(_causes(error))[-1])
    return text.rsplit(": ", 1)[-1]


def _causes(error: BaseException) -> t.Iterator[BaseException]:
    """An exception and those that it wraps, by either of the ways that requests and urllib3 wrap them."""
    seen: set[int] = set()
    current: t.Any = error
    while isinstance(current, BaseException) and id(current) not in seen:
        seen.add(id(current))
        yield current
        inner = getattr(current, "reason", None)
        if not isinstance(inner, BaseException):
            inner = next((arg for arg in current.args if isinstance(arg, BaseException)), None)
        current = inner or current.__cause__ or current.__context__


def _header_retry_after(value: str | None) -> float | None:
    """Seconds from a Retry-After header, which holds a number or a date."""
    if not value:
        return None
    try:
        return float(Retry().parse_retry_after(value))
    except (urllib3_errors.InvalidHeader, ValueError):
        return None
