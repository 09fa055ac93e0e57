"""Small files that outlive a run: generated secrets and ports (0600), and locks between runs."""

import base64
import fcntl
import json
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from config.runtime.problems import Problem

ROLES = ("crm_owner", "crm_app", "crm_system")


class State:
    """A JSON file with what was generated on the first run. Written whole and at once."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.values: dict[str, Any] = {}
        if path.exists():
            try:
                self.values = json.loads(path.read_text())
            except ValueError as error:
                raise Problem(
                    f"{path} is damaged ({error}). It holds the passwords of the data beside it:"
                    " restore it, or remove the whole folder to begin anew."
                ) from error

    def save(self) -> None:
        temporary = self.path.with_name(self.path.name + ".new")
        handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "w") as file:
            json.dump(self.values, file, indent=1, sort_keys=True)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, self.path)

    def fill_secrets(self) -> None:
        """Generate what is missing. Never changes what is there."""
        passwords = self.values.setdefault("passwords", {})
        for name in ("admin", "valkey", *ROLES):
            passwords.setdefault(name, secrets.token_urlsafe(24))
        self.values.setdefault("secret_key", secrets.token_urlsafe(50))
        self.values.setdefault("field_key", base64.urlsafe_b64encode(os.urandom(32)).decode())
        self.save()


@contextmanager
def file_lock(path: Path, *, wait: bool = True) -> Iterator[bool]:
    """Hold a lock file; yield whether it was got. The kernel frees it when the holder dies."""
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        except BlockingIOError:
            yield False
            return
        yield True
    finally:
        os.close(handle)
