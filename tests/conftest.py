"""Databases, isolation and safety of every test. The cast lives in tests/fixtures/."""

import os
import socket
import sys
from pathlib import Path
from typing import Any

import pytest

from tests import databases

pytest_plugins = [
    f"tests.fixtures.{path.stem}"
    for path in sorted((Path(__file__).parent / "fixtures").glob("*.py"))
    if not path.stem.startswith("_")
]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the slow ones: at the end one worker would wait for the other's."""
    items.sort(key=lambda item: item.get_closest_marker("slow") is None)


# --- The network is out of reach -----------------------------------------------------------------

_LOOKUPS = {"socket.getaddrinfo", "socket.gethostbyname"}
_LOOPBACK = {"127.0.0.1", "::1", "localhost", "0.0.0.0", "::", "", None, socket.gethostname()}


def _is_loopback(host: Any) -> bool:
    host = host.decode() if isinstance(host, bytes) else host
    return host in _LOOPBACK or (isinstance(host, str) and host.startswith("127."))


def _refuse_network(event: str, arguments: tuple[Any, ...]) -> None:
    if event == "socket.connect":
        address = arguments[1]
        if isinstance(address, tuple) and not _is_loopback(address[0]):
            raise PermissionError(f"Tests may not reach the network: {address}")
    elif event in _LOOKUPS and not _is_loopback(arguments[0]):
        raise PermissionError(f"Tests may not reach the network: {arguments[0]}")


sys.addaudithook(_refuse_network)


# --- Databases -----------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def django_db_setup(django_test_environment: None, django_db_blocker: Any) -> Any:
    """Make this process's database as production makes it, out of a migrated template."""
    with databases.RunDatabase.make(os.environ, django_db_blocker) as database:
        database.patch_flush()
        yield database


@pytest.fixture(autouse=True)
def _clean_cache() -> None:
    """Begin every test with an empty broker and cache."""
    databases.flush_valkey()


@pytest.fixture(autouse=True)
def _fast_passwords(settings: Any) -> None:
    """Hash passwords quickly; a test of the real hasher sets PASSWORD_HASHERS itself."""
    settings.PASSWORD_HASHERS = [
        "django.contrib.auth.hashers.MD5PasswordHasher",
        "django.contrib.auth.hashers.Argon2PasswordHasher",
    ]


@pytest.fixture(autouse=True)
def _static_files_when_asked(settings: Any) -> None:
    """Look for a static file when one is asked for: a list of all would be made by each client."""
    settings.WHITENOISE_AUTOREFRESH = True
