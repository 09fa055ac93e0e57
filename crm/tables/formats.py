"""The kinds of files that people are handed: what they are called and what they are."""

from collections.abc import Callable
from pathlib import PurePath

# Takes a piece of a file and its place among the pieces; places are never given twice.
Put = Callable[[int, bytes], object]

CONTENT_TYPES = {
    ".csv": "text/csv; charset=utf-8",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ".zip": "application/zip",
}


def content_type(name: str) -> str:
    """Return what a file of this name is to a browser."""
    return CONTENT_TYPES.get(PurePath(name).suffix, "application/octet-stream")
