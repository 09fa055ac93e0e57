"""Which servers the product uses, and the environment that tells it so.

DATABASE_URL and REDIS_URL win; without them embedded servers are run.
"""

import os
import signal
import subprocess
import sys
from hashlib import sha256
from pathlib import Path
from urllib.parse import quote, unquote, urlsplit, urlunsplit

import redis

from config.runtime import paths, roles
from config.runtime.postgres import PostgresServer
from config.runtime.problems import Problem
from config.runtime.state import ROLES, State
from config.runtime.supervisor import Service, Supervisor
from config.runtime.valkey import ValkeyServer

DATABASE = "kram"
_SHARED_NAMES = {"", "postgres", "template1"}
_URL_NAMES = ("DATABASE_URL", "DATABASE_OWNER_URL", "DATABASE_SYSTEM_URL")


class Services:
    """The database and the broker of one data folder."""

    def __init__(self, data: Path) -> None:
        self.data = data
        self.state = State(data / "state.json")
        if self.is_embedded and not self.state.path.exists() and (data / "postgres").exists():
            raise Problem(
                f"{self.state.path} is gone. It held the passwords of the data beside it: restore"
                " it, or remove the whole folder to begin anew."
            )
        self.state.fill_secrets()
        self.postgres: PostgresServer | None = None
        self.valkey: ValkeyServer | None = None
        self._admin: tuple[str, str] | None = None  # the administrator's URL, the database

    @property
    def is_embedded(self) -> bool:
        """Whether the database is ours alone, so that demo data may go into it."""
        return not any(os.environ.get(name) for name in _URL_NAMES)

    @property
    def _passwords(self) -> dict[str, str]:
        return dict(self.state.values["passwords"])

    # --- Start -------------------------------------------------------------------------------

    def start(self, supervisor: Supervisor) -> dict[str, str]:
        """Start what is embedded, make the database, return the product's environment."""
        redis_url = os.environ.get("REDIS_URL", "")
        if redis_url:
            check_broker(redis_url)
        databases = (
            self._start_postgres(supervisor) if self.is_embedded else self._use_given_database()
        )
        redis_url = redis_url or self._start_valkey(supervisor)
        return {
            **databases,
            "REDIS_URL": redis_url,
            "SECRET_KEY": os.environ.get("SECRET_KEY") or self.state.values["secret_key"],
            "KRAM_FIELD_KEYS": os.environ.get("KRAM_FIELD_KEYS") or self.state.values["field_key"],
        }

    def _remember_port(self, name: str, port: int) -> None:
        if self.state.values.get(name) != port:
            self.state.values[name] = port
            self.state.save()

    def _start_postgres(self, supervisor: Supervisor) -> dict[str, str]:
        server = PostgresServer(self.data, password=self._passwords["admin"])
        self.postgres = server
        if not server.data.exists():
            supervisor.say("making the database")
        server.clear_leftovers()
        server.prepare()
        self._remember_port(
            "postgres_port", server.choose_port(self.state.values.get("postgres_port"))
        )

        def start(log: Path) -> "subprocess.Popen[bytes]":
            server.clear_leftovers()
            return server.spawn(log)

        supervisor.add(
            Service(
                "postgres",
                start,
                is_ready=server.is_ready,
                stop_signal=signal.SIGINT,
                is_server=True,
            )
        )
        if self.state.values.get("seeding"):
            supervisor.say("the demo stores were left half filled; beginning anew")
            with roles.connect(server.admin_url) as admin:
                roles.drop_database(admin, DATABASE)
            self.state.values["prepared"] = None
        self._prepare(server.admin_url, DATABASE)
        return self._urls(server.admin_url, DATABASE)

    def _start_valkey(self, supervisor: Supervisor) -> str:
        server = ValkeyServer(self.data, password=self._passwords["valkey"])
        self.valkey = server
        server.clear_leftovers()
        self._remember_port("valkey_port", server.choose_port(self.state.values.get("valkey_port")))

        def start(log: Path) -> "subprocess.Popen[bytes]":
            server.clear_leftovers()
            return server.spawn(log)

        supervisor.add(
            Service("valkey", start, is_ready=lambda pid: server.is_ready(), is_server=True)
        )
        return server.url()

    # --- Databases ---------------------------------------------------------------------------

    def _use_given_database(self) -> dict[str, str]:
        given = {name: os.environ[name] for name in _URL_NAMES if os.environ.get(name)}
        for name, url in given.items():
            check_database_url(name, url)
        if len(given) == 3:
            for url in given.values():
                roles.connect(url).close()
            return given
        if len(given) == 2 or "DATABASE_URL" not in given:
            raise Problem(
                "Give DATABASE_URL alone (an administrator's login, from which the product's"
                " logins are made), or DATABASE_URL, DATABASE_OWNER_URL and DATABASE_SYSTEM_URL."
            )
        parts = urlsplit(given["DATABASE_URL"])
        name = unquote(parts.path.lstrip("/"))
        if name in _SHARED_NAMES:
            name = DATABASE
        admin_url = urlunsplit(parts._replace(path="/postgres"))
        self._prepare(admin_url, name)
        return self._urls(admin_url, name)

    def _prepare(self, admin_url: str, name: str) -> None:
        """Make roles and database, unless this has been done and nothing has changed since."""
        self._admin = (admin_url, name)
        wanted = sha256()
        for part in (admin_url, name, *(self._passwords[role] for role in ROLES)):
            wanted.update(part.encode())
        for file in ("roles.sql", "database.sql"):
            wanted.update((Path(roles.__file__).parent / file).read_bytes())
        mark = wanted.hexdigest()
        if self.state.values.get("prepared") != mark:
            roles.prepare(admin_url, name, {role: self._passwords[role] for role in ROLES})
            self.state.values["prepared"] = mark
            self.state.save()

    def remake_database(self) -> bool:
        """Make the database anew and empty, where its administrator's login is ours to use."""
        if self._admin is None:
            return False
        admin_url, name = self._admin
        with roles.connect(admin_url) as admin:
            roles.drop_database(admin, name)
        self.state.values["prepared"] = None
        self._prepare(admin_url, name)
        return True

    def _urls(self, admin_url: str, database: str) -> dict[str, str]:
        """Return the three logins' URLs on the administrator's server."""
        parts = urlsplit(admin_url)
        place = parts.netloc.rpartition("@")[2]

        def url(role: str) -> str:
            login = f"{role}:{quote(self._passwords[role], safe='')}@{place}"
            return urlunsplit(parts._replace(netloc=login, path=f"/{quote(database)}"))

        return {
            "DATABASE_URL": url("crm_app"),
            "DATABASE_OWNER_URL": url("crm_owner"),
            "DATABASE_SYSTEM_URL": url("crm_system"),
        }


def check_database_url(name: str, url: str) -> None:
    """Refuse what is no address of a Postgres, without showing the password in it."""
    try:
        parts = urlsplit(url)
        is_meant = parts.scheme in {"postgres", "postgresql"} and parts.port != 0
    except ValueError:
        is_meant = False
    if not is_meant:
        raise Problem(f"{name} must look like postgresql://user:password@host:5432/{DATABASE}.")


def check_broker(url: str) -> None:
    """Say at once that the given broker can't be used, not after a minute of its clients' tries."""
    parts = urlsplit(url)
    try:
        with redis.Redis.from_url(url, socket_connect_timeout=5, socket_timeout=5) as client:
            client.ping()
    except (redis.RedisError, ValueError) as error:
        place = parts.netloc.rpartition("@")[2] or parts.path
        raise Problem(f"Can't use the Valkey or Redis of REDIS_URL ({place}): {error}") from error


def demo_file(data: Path) -> Path:
    """Return where the demo data's logins are left for the READY line, each database's apart."""
    given = os.environ.get("DATABASE_URL")
    mark = f"-{sha256(given.encode()).hexdigest()[:8]}" if given else ""
    return data / f"demo{mark}.json"


def local_defaults(data: Path) -> dict[str, str]:
    """Return what the environment leaves unsaid, so that all output stays in the data folder."""
    static = data / "static"
    static.mkdir(exist_ok=True)
    # Letters hold links that let people in.
    (data / "mail").mkdir(exist_ok=True, mode=0o700)
    defaults = {
        "EMAIL_BACKEND": "django.core.mail.backends.filebased.EmailBackend",
        "EMAIL_FILE_PATH": str(data / "mail"),
        # Empty: WhiteNoise serves the files from where they lie.
        "STATIC_ROOT": str(static),
        "KRAM_DEMO_FILE": str(demo_file(data)),
        "PYTHONUNBUFFERED": "1",
        # For a person's eyes; containers write JSON.
        "LOG_FORMAT": "line",
    }
    return {name: value for name, value in defaults.items() if name not in os.environ}


def manage(*arguments: str) -> list[str]:
    """Return the command line of a management command."""
    return [sys.executable, str(paths.ROOT / "manage.py"), *arguments]
