"""One signed request: to the address that was judged, within its time, reading little."""

import asyncio
import ssl
import time
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import certifi
import httpcore

from crm.webhooks.guard import AddressRefused, check_url, find_address

CONNECT_SECONDS = 3.0
TOTAL_SECONDS = 10.0
MAX_ANSWER = 16 * 1024  # bytes that are read
KEPT_ANSWER = 2000  # characters that are kept
AGENT = "Kram-Webhooks/1"
# A resolver that does not answer holds a thread: there are enough of them.
_resolvers = ThreadPoolExecutor(64, thread_name_prefix="webhooks-dns")


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of a request. `status` is empty where nothing answered; `error` says why."""

    status: int | None = None
    error: str = ""
    detail: str = ""
    body: str = ""
    retry_after: str = ""
    address: str = ""
    took_ms: int = 0


class _GuardedNetwork(httpcore.AsyncNetworkBackend):
    """Connects to addresses that the guard allows. TLS still names and proves the host."""

    def __init__(self) -> None:
        self._network = httpcore.AnyIOBackend()
        self.address = ""

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        loop = asyncio.get_running_loop()
        address = await loop.run_in_executor(_resolvers, find_address, host, port)
        self.address = address
        return await self._network.connect_tcp(
            address, port, timeout, local_address, socket_options
        )

    async def connect_unix_socket(self, *args: Any, **kwargs: Any) -> Any:
        raise AddressRefused("address_not_allowed")

    async def sleep(self, seconds: float) -> None:
        await self._network.sleep(seconds)


def make_ssl_context() -> ssl.SSLContext:
    """The context of every connection: certificates are checked."""
    return ssl.create_default_context(cafile=certifi.where())


async def post(
    url: str, headers: Mapping[str, str], body: bytes, *, context: ssl.SSLContext
) -> Answer:
    """Send one request and return what came of it; never raises for what the other side does.

    A connection serves one request: the next one looks the name up and judges it anew.
    """
    begun = time.monotonic()
    network = _GuardedNetwork()
    try:
        async with asyncio.timeout(TOTAL_SECONDS):
            answer = await _request(url, headers, body, network, context)
    except TimeoutError:
        answer = Answer(error="timeout")
    except AddressRefused as refusal:
        answer = Answer(error=refusal.code)
    except (httpcore.ConnectTimeout, httpcore.PoolTimeout):
        answer = Answer(error="connect_timeout")
    except httpcore.TimeoutException:
        answer = Answer(error="timeout")
    except httpcore.ConnectError as error:
        code = "tls" if isinstance(error.__context__, ssl.SSLError) else "not_reached"
        answer = Answer(error=code, detail=_words(error))
    except ssl.SSLError as error:
        answer = Answer(error="tls", detail=_words(error))
    except (httpcore.NetworkError, httpcore.ProtocolError, OSError) as error:
        answer = Answer(error="cut_off", detail=_words(error))
    took = int((time.monotonic() - begun) * 1000)
    return Answer(
        answer.status,
        answer.error,
        answer.detail,
        answer.body,
        answer.retry_after,
        network.address,
        took,
    )


async def _request(
    url: str,
    headers: Mapping[str, str],
    body: bytes,
    network: _GuardedNetwork,
    context: ssl.SSLContext,
) -> Answer:
    check_url(url)
    sent = {
        "user-agent": AGENT,
        "content-type": "application/json",
        "accept-encoding": "identity",
        "connection": "close",
        **headers,
    }
    timeouts = {
        "connect": CONNECT_SECONDS,
        "read": TOTAL_SECONDS,
        "write": TOTAL_SECONDS,
        "pool": CONNECT_SECONDS,
    }
    async with (
        httpcore.AsyncConnectionPool(ssl_context=context, network_backend=network) as pool,
        pool.stream(
            "POST", url, headers=list(sent.items()), content=body, extensions={"timeout": timeouts}
        ) as response,
    ):
        got = b""
        async for chunk in response.aiter_stream():
            got += chunk[: MAX_ANSWER - len(got)]
            if len(got) >= MAX_ANSWER:
                break
        after = [value for name, value in response.headers if name.lower() == b"retry-after"]
        return Answer(
            status=response.status,
            body=got.decode(errors="replace").replace("\x00", "\ufffd")[:KEPT_ANSWER],
            retry_after=after[0].decode("latin-1")[:60] if after else "",
        )


def _words(error: BaseException) -> str:
    text = f"{type(error).__name__}: {error}"
    return text.replace("\x00", "")[:300]
