"""Reading of the environment: small, typed, and loud when something needed is missing."""

import os
from hashlib import sha256
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured
from redis.connection import parse_url


def env_str(name: str, default: str | None = None) -> str:
    value = os.environ.get(name, default)
    if value is None:
        raise ImproperlyConfigured(f"Set {name} in the environment (see .env.example).")
    return value


def env_bool(name: str, *, default: bool = False) -> bool:
    return os.environ.get(name, str(default)).strip().lower() in {"1", "true", "yes", "on"}


def env_int(name: str, default: int) -> int:
    return int(os.environ.get(name, default))


def env_list(name: str, default: str = "") -> list[str]:
    return [part.strip() for part in os.environ.get(name, default).split(",") if part.strip()]


def redis_prefix(url: str, *, secret: str) -> str:
    """What all names of one install in Valkey begin with.

    Its processes share the secret, and no other install has it. The number of the database
    belongs to it because channels know no databases.
    """
    try:
        number = parse_url(url).get("db") or 0
    except ValueError as error:
        raise ImproperlyConfigured(f"REDIS_URL: {error}") from error
    return f"kram:{sha256(f'{secret}/{number}'.encode()).hexdigest()[:8]}:"


def database(url: str, *, engine: str, pool: bool) -> dict[str, Any]:
    """One entry of DATABASES from `postgresql://user:password@host:port/name?option=value`."""
    parts = urlsplit(url)
    if parts.scheme not in {"postgres", "postgresql"}:
        raise ImproperlyConfigured(
            f"A database URL must begin with postgresql://, not {parts.scheme}://"
        )
    options: dict[str, Any] = dict(parse_qsl(parts.query))
    if env_bool("DATABASE_PREPARE", default=True):
        # Only cursors that ask for it prepare (crm.tenancy.sql). A pooler that can't keep
        # prepared statements apart needs DATABASE_PREPARE=0.
        options["prepare_threshold"] = 1
    entry: dict[str, Any] = {
        "ENGINE": engine,
        "NAME": unquote(parts.path.lstrip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": unquote(options.pop("host", parts.hostname or "")),
        "PORT": str(parts.port or ""),
        "OPTIONS": options,
        # A pooler in transaction mode has none, and the engine begins transactions by itself.
        "DISABLE_SERVER_SIDE_CURSORS": True,
    }
    if pool:
        entry["OPTIONS"]["pool"] = {
            "min_size": 1,
            "max_size": env_int("DATABASE_POOL_SIZE", 10),
            "timeout": 10,
        }
    else:
        entry["CONN_MAX_AGE"] = env_int("DATABASE_CONN_MAX_AGE", 60)
        entry["CONN_HEALTH_CHECKS"] = env_bool("DATABASE_HEALTH_CHECKS", default=True)
    return entry
