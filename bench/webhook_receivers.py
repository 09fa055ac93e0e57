"""Receivers for bench.webhooks: good ones, ones that hang and ones that answer 500.

`python -m bench.webhook_receivers GOOD HANGING BROKEN OUT` prints their ports as JSON, serves until
SIGTERM, and writes what the good ones got to OUT: one line [port, id, seconds since the event].
"""

import asyncio
import json
import os
import signal
import sys
import time
from datetime import datetime
from pathlib import Path

GOOD = b"HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n"
BROKEN = b"HTTP/1.1 500 Oops\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
_got: list[str] = []


async def _read(reader: asyncio.StreamReader) -> bytes:
    head = await reader.readuntil(b"\r\n\r\n")
    sizes = [line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
    return await reader.readexactly(int(sizes[0].split(b":")[1]))


def _handler(kind: str):  # type: ignore[no-untyped-def]
    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            body = json.loads(await _read(reader))
            if kind == "hanging":
                await asyncio.sleep(3600)
            if kind == "good":
                wait = time.time() - datetime.fromisoformat(body["created_at"]).timestamp()
                port = writer.get_extra_info("sockname")[1]
                _got.append(json.dumps([port, body["id"], round(wait, 4)]))
            writer.write(GOOD if kind == "good" else BROKEN)
            await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    return handle


async def main() -> None:
    *numbers, out = sys.argv[1:]
    ports: dict[str, list[int]] = {}
    for kind, number in zip(("good", "hanging", "broken"), map(int, numbers), strict=True):
        ports[kind] = []
        for _place in range(number):
            server = await asyncio.start_server(_handler(kind), "127.0.0.1", 0)
            ports[kind].append(server.sockets[0].getsockname()[1])
    print(json.dumps(ports), flush=True)
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    await stop.wait()
    Path(out).write_text("\n".join(_got))
    os._exit(0)  # the hanging ones hang


if __name__ == "__main__":
    asyncio.run(main())
