"""Files as answers: sent in pieces, whichever server runs us, so that a big one is never held."""

from collections.abc import AsyncIterator, Iterator
from typing import IO

from asgiref.sync import sync_to_async
from django.core.handlers.asgi import ASGIRequest
from django.http import HttpRequest, StreamingHttpResponse
from django.utils.http import content_disposition_header

from crm.tables.formats import content_type

_PIECE = 256 * 1024


def send_file(request: HttpRequest, file: IO[bytes], name: str) -> StreamingHttpResponse:
    """Answer with an open file as a download; it is closed when it has been sent."""
    # Under ASGI a plain iterator would be read up whole before the first byte is sent.
    pieces = _read_async(file) if isinstance(request, ASGIRequest) else _read(file)
    response = StreamingHttpResponse(pieces, content_type=content_type(name))
    response["Content-Disposition"] = content_disposition_header(True, name) or "attachment"
    response["Content-Length"] = str(file.seek(0, 2))
    file.seek(0)
    response._resource_closers.append(file.close)  # type: ignore[attr-defined]  # HEAD sends none
    response["X-Content-Type-Options"] = "nosniff"
    return response


def _read(file: IO[bytes]) -> Iterator[bytes]:
    with file:
        while piece := file.read(_PIECE):
            yield piece


async def _read_async(file: IO[bytes]) -> AsyncIterator[bytes]:
    with file:
        while piece := await sync_to_async(file.read)(_PIECE):
            yield piece
