# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""HTTP transport to the API: session, time-outs, rate limit and retries.

Retries are not left to urllib3's Retry inside the session, because each must wait for its slot under the account's rate
limit, keep to the task's deadline, and obey a `retry_after` in the body. Retry only computes the backoff.
"""

from __future__ import annotations

import contextlib
import ssl
import time
import typing as t
from dataclasses import dataclass
from urllib.parse import urlsplit

from ansible_collections.lambdal.cloud.plugins.module_utils._client.loopback import is_loopback
from ansible_collections.lambdal.cloud.plugins.module_utils._client.rate_limiter import RateLimiter
from ansible_collections.lambdal.cloud.plugins.module_utils._client.rate_record import REQUEST
from ansible_collections.lambdal.cloud.plugins.module_utils._client.responses import Response, parse_response
from ansible_collections.lambdal.cloud.plugins.module_utils._client.sending import noticing_adapter
from ansible_collections.lambdal.cloud.plugins.module_utils._errors import (
    InvalidInput,
    LambdaCloudError,
    RateLimited,
    TransportError,
)
from ansible_collections.lambdal.cloud.plugins.module_utils._interrupts import nothing_sent, sleep
from ansible_collections.lambdal.cloud.plugins.module_utils._timing import Deadline
from ansible_collections.lambdal.cloud.plugins.module_utils._version import VERSION

# Whoever opens a client has asked library_problem() before.
with contextlib.suppress(ImportError):
    import requests
    from urllib3 import exceptions as urllib3_errors
    from urllib3.util import Retry

USER_AGENT = f"lambdal.cloud/{VERSION} (Ansible collection)"

_MAX_RESPONSE_BYTES = 64 * 1024 * 1024
_CONNECT_TIMEOUT_SECONDS = 10.0
_LEAST_TURN_SECONDS = 120.0
# What keeps requests from asking the environment for one
_NO_PROXY: dict[str, t.Any] = {"http": None, "https": None, "all": None}


@dataclass(frozen=True)
class Connection:
    """Address of the API and how to connect to it.

    Args:
        api_key: the account's key. It goes into the Authorization header and nowhere else.
        api_url: base URL, `https://HOST/api/v1`.
        read_timeout: seconds without data after which a response counts as lost.
        retry_timeout: seconds for which a request that is safe to retry is retried.
        validate_certs: whether to validate the server's certificate.
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
            raise InvalidInput(
                "No API key: set api_key, or LAMBDA_API_KEY in the environment, or the variable lambda_api_key."
            )
        if not self.api_key.isascii() or not self.api_key.isprintable() or " " in self.api_key:
            raise InvalidInput(
                "The API key contains spaces or characters that no key has: check api_key, lambda_api_key or LAMBDA_API_KEY."
            )
        try:
            parts = urlsplit(self.api_url)
            usable = parts.scheme in ("http", "https") and parts.hostname and not parts.username and not parts.query
        except ValueError:
            usable = False
        if not usable:
            raise InvalidInput(
                "api_url (lambda_api_url, LAMBDA_API_URL) must look like https://cloud.lambda.ai/api/v1."
            )

    @property
    def is_local(self) -> bool:
        """Return whether the API is on this system."""
        return is_loopback(urlsplit(self.api_url).hostname or "")

    @property
    def is_exposed(self) -> bool:
        """Return whether the key is sent unencrypted to another host."""
        return urlsplit(self.api_url).scheme == "http" and not self.is_local


@dataclass(frozen=True)
class Call:
    """A request to send.

    Args:
        action: what it is to do, as it reads after "Could not".
        expect: the type of the response's `data`, or None if there is no body.
        safe: whether it may be sent again although it may have taken effect.
        bucket: the rate limiter's bucket to take a slot from.
        full_body: whether to return the whole body instead of its `data`.
    """

    method: str
    path: str
    action: str
    expect: type | None
    safe: bool = False
    bucket: str = REQUEST
    body: t.Mapping[str, t.Any] | None = None
    query: t.Mapping[str, str] | None = None
    full_body: bool = False


class Transport:
    """A session that sends calls over one kept-alive connection."""

    def __init__(
        self,
        connection: Connection,
        limiter: RateLimiter,
        *,
        log: t.Callable[[str], None] = lambda text: None,
        tell: t.Callable[[str], None] = lambda text: None,
        clock: t.Callable[[], float] = time.monotonic,
        sleep: t.Callable[[float], None] = sleep,
    ) -> None:
        self._connection = connection
        self._limiter = limiter
        self._log = log
        self._tell = tell
        self._is_told = False
        self._clock = clock
        self._sleep = sleep
        self._session = requests.Session()
        self._session.headers.update({"User-Agent": USER_AGENT, "Accept": "application/json"})
        # A callable, because a .netrc entry for the host would override a plain header.
        self._session.auth = self._authorize
        self._bucket = REQUEST
        for scheme in ("http://", "https://"):
            self._session.mount(scheme, noticing_adapter(lambda: self._limiter.sent(self._bucket)))

    def _authorize(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Bearer {self._connection.api_key}"
        return request

    def send(self, call: Call, deadline: Deadline | None = None) -> t.Any:
        """Send a call and return the `data` of its response.

        A safe call is retried after temporary failures until `retry_timeout` or the deadline. Any call is retried after it
        was rate-limited, until the deadline or, if there is none, `retry_timeout`. It waits for the rate limiter until the
        deadline or, if there is none, for `retry_timeout`, but two minutes at least: many tasks at once are no failure.

        Raises:
            LambdaCloudError: the last failure; `may_have_executed` says whether a write may have taken effect.
            DeadlineExceeded: the rate limiter's next slot is too far away.
        """
        budget = Deadline(self._connection.retry_timeout, self._clock)
        turn = Deadline(max(self._connection.retry_timeout, _LEAST_TURN_SECONDS), self._clock)
        backoff = Retry(total=None, backoff_factor=0.5, backoff_max=20, backoff_jitter=0.5)
        refusals = 0
        while True:
            with nothing_sent():
                self._limiter.wait(call.bucket, deadline or turn, again=refusals > 0)
            try:
                answer = self._exchange(call, deadline)
                self._is_told = False
                return answer
            except RateLimited as error:
                # It was not executed, so it is retried until the task's deadline.
                pause = self._limiter.pause(call.bucket, error.retry_after, refusals)
                refusals += 1
                if not (deadline or budget).allows(pause):
                    raise
                self._log(f"{error} Retrying in {pause:.1f} s.")
                self._limiter.back_off(call.bucket, pause)
            except LambdaCloudError as error:
                if not (call.safe and error.temporary):
                    raise
                refusals = 0
                backoff = backoff.increment(method=call.method, url=call.path, error=urllib3_errors.HTTPError())
                pause = max(error.retry_after or 0.0, backoff.get_backoff_time())
                if not all(limit.allows(pause) for limit in (budget, deadline) if limit):
                    raise
                self._report_trouble(error, pause, min(limit.remaining() for limit in (budget, deadline) if limit))
            # Neither a read nor what was rate-limited changed anything.
            with nothing_sent():
                self._sleep(pause)

    def _report_trouble(self, error: LambdaCloudError, pause: float, remaining: float) -> None:
        """Tell the user at once that a request failed, and is sent again; each further failure in a row is a detail."""
        if self._is_told:
            self._log(f"{error} Retrying in {pause:.1f} s.")
        else:
            self._tell(f"{error} Retrying for up to {remaining:.0f} s.")
        self._is_told = True

    def _exchange(self, call: Call, deadline: Deadline | None) -> t.Any:
        connection = self._connection
        timeout = connection.read_timeout
        if call.safe and deadline:
            timeout = max(1.0, min(timeout, deadline.remaining()))
        self._bucket = call.bucket
        verify: bool | str = (connection.ca_path or True) if connection.validate_certs else False
        try:
            with self._session.request(
                call.method,
                connection.api_url.rstrip("/") + call.path,
                json=call.body,
                params=call.query,
                timeout=(_CONNECT_TIMEOUT_SECONDS, timeout),
                # Following a redirect can turn a POST into a GET and drop the key.
                allow_redirects=False,
                stream=True,
                verify=verify,
                # A proxy would look for the address on its own system, and would be sent the key.
                proxies=_NO_PROXY if connection.is_local else None,
            ) as received:
                self._limiter.answered(call.bucket, accepted=received.status_code != 429)
                response = Response(
                    status=received.status_code,
                    text=self._read_body(received, call, timeout),
                    retry_after=_header_retry_after(received.headers.get("Retry-After")),
                    location=received.headers.get("Location"),
                )
        except (requests.RequestException, urllib3_errors.HTTPError) as error:
            raise self._network_error(call, error) from None
        except OSError as error:
            # requests finds so that ca_path does not exist, before it sends anything.
            if error.errno is None:
                raise InvalidInput(f"Could not {call.action}: {error}") from None
            raise _unexpected(call, error) from error
        except LambdaCloudError:
            raise
        except Exception as error:
            raise _unexpected(call, error) from error
        return parse_response(response, action=call.action, expect=call.expect, full_body=call.full_body)

    def _read_body(self, response: requests.Response, call: Call, timeout: float) -> str:
        chunks: list[bytes] = []
        size = 0
        until = Deadline(timeout, self._clock)
        for chunk in response.iter_content(65536):
            size += len(chunk)
            if size > _MAX_RESPONSE_BYTES or until.remaining() == 0:
                problem = "too slow" if until.remaining() == 0 else f"larger than {_MAX_RESPONSE_BYTES >> 20} MiB"
                raise TransportError(f"Could not {call.action}: the response is {problem}.", may_have_executed=True)
            chunks.append(chunk)
        return b"".join(chunks).decode("utf-8", errors="replace")

    def _network_error(self, call: Call, error: Exception) -> TransportError:
        """Return the error for a failed exchange, without the request's headers in its text."""
        server = urlsplit(self._connection.api_url).netloc
        temporary, may_have_executed = True, False
        if isinstance(error, requests.exceptions.ProxyError):
            reason = f"the proxy to {server} does not work; check HTTPS_PROXY and NO_PROXY"
        elif isinstance(error, requests.exceptions.SSLError):
            # Only the check of the certificate is certain to come before anything is sent; TLS can fail later as well.
            temporary = False
            may_have_executed = not any(isinstance(cause, ssl.SSLCertVerificationError) for cause in _causes(error))
            reason = (
                f"no trusted TLS connection to {server}: {_root_cause(error)}; "
                "set ca_path or REQUESTS_CA_BUNDLE for a private certificate authority"
            )
        elif isinstance(error, ValueError):
            # requests raises a ValueError for what it refuses to send, too.
            temporary = False
            reason = f"no request can be sent to {server}; check api_url"
        elif isinstance(error, requests.exceptions.ConnectTimeout):
            reason = f"{server} did not accept a connection within {_CONNECT_TIMEOUT_SECONDS:g} s"
        elif isinstance(error, requests.exceptions.ReadTimeout):
            may_have_executed = True
            reason = f"{server} did not respond in time"
        elif _never_connected(error):
            reason = f"no connection to {server}: {_root_cause(error)}; check api_url and the network"
        else:
            may_have_executed = True
            reason = f"the connection to {server} broke before the response arrived"
        return TransportError(
            f"Could not {call.action}: {reason}.", temporary=temporary, may_have_executed=may_have_executed
        )


def _unexpected(call: Call, error: Exception) -> TransportError:
    """Return the error for what nobody foresaw between sending and reading: the request may have been executed."""
    return TransportError(
        f"Could not {call.action}: unexpected {type(error).__name__} while waiting for the response: {error}.",
        temporary=False,
        may_have_executed=True,
    )


def _never_connected(error: BaseException) -> bool:
    """Return whether the request cannot have been sent: the name did not resolve, or the port refused the connection."""
    return any(isinstance(cause, urllib3_errors.NewConnectionError) for cause in _causes(error))


def _root_cause(error: BaseException) -> str:
    """Return the operating system's text for an error, without the object addresses that urllib3 adds."""
    for cause in reversed(list(_causes(error))):
        if isinstance(cause, OSError) and cause.strerror:
            return cause.strerror
    text = str(list(_causes(error))[-1])
    return text.rsplit(": ", 1)[-1]


def _causes(error: BaseException) -> t.Iterator[BaseException]:
    """Yield an exception and those that it wraps, in any of the ways that requests and urllib3 wrap them."""
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
    """Return the seconds of a Retry-After header, which holds a number or a date, or None."""
    if not value:
        return None
    try:
        return float(Retry().parse_retry_after(value))
    except (urllib3_errors.InvalidHeader, ValueError):
        return None
