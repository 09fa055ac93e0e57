"""Gathers the static files under hashed names, once for each state of their sources."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

from config.runtime import paths

_STAMP = "gathered"


def root_of(data: Path) -> Path:
    """Where `bin/serve` keeps them."""
    return data / "static"


def _describe() -> Iterator[str]:
    """What the result is made of. Packages are told by their locks, our files by size and time."""
    for lock in ("package-lock.json", "requirements/base.txt", "crm/shell/staticfiles.py"):
        yield hashlib.sha256((paths.ROOT / lock).read_bytes()).hexdigest()
    for path in sorted((paths.ROOT / "static").rglob("*")):
        if path.is_file():
            stat = path.stat()
            yield f"{path.relative_to(paths.ROOT)} {stat.st_size} {stat.st_mtime_ns}"


def state() -> str:
    return hashlib.sha256("\n".join(_describe()).encode()).hexdigest()


def is_stale(data: Path) -> bool:
    try:
        return (root_of(data) / _STAMP).read_text() != state()
    except OSError:
        return True


def mark_gathered(data: Path) -> None:
    """Written last: gathering that was cut off is done anew."""
    (root_of(data) / _STAMP).write_text(state())
