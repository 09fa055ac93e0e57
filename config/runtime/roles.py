"""Sets up logins and databases: the one place for it, on embedded, real and test servers alike.

`python -m config.runtime.roles` does it for a server of your own: DATABASE_ADMIN_URL names its
administrator, the three DATABASE_…URLs the logins, passwords and database that shall exist.
"""

import os
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import unquote, urlsplit, urlunsplit

import psycopg
from psycopg import sql

from config.runtime.problems import Problem, run_main

_HERE = Path(__file__).parent
_LOCALE = "C.UTF-8"
_LOCK = 7_213_004


def connect(url: str, database: str | None = None) -> psycopg.Connection:
    """Log in with autocommit; a refusal is told without the password."""
    if database:
        url = urlunsplit(urlsplit(url)._replace(path=f"/{database}"))
    try:
        return psycopg.connect(url, autocommit=True, connect_timeout=10)
    except psycopg.OperationalError as error:
        parts = urlsplit(url)
        raise Problem(
            f"Can't log in to Postgres at {parts.hostname}:{parts.port or 5432} as"
            f" {parts.username}: {str(error).strip()}"
        ) from error


def prepare_server(admin: psycopg.Connection, passwords: Mapping[str, str]) -> None:
    """Make the four roles and set the logins' passwords."""
    with admin.transaction():
        # Two runs at once would trip over each other's catalogue rows.
        admin.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
        try:
            admin.execute((_HERE / "roles.sql").read_text())
            for role, password in passwords.items():
                admin.execute(
                    sql.SQL("ALTER ROLE {} PASSWORD {}").format(
                        sql.Identifier(role), sql.Literal(password)
                    )
                )
        except psycopg.errors.InsufficientPrivilege as error:
            raise Problem(
                "The login of DATABASE_URL may not make roles with BYPASSRLS. Give an"
                " administrator's login, or make the roles of config/runtime/roles.sql yourself"
                " and set DATABASE_URL, DATABASE_OWNER_URL and DATABASE_SYSTEM_URL."
                f" ({str(error).splitlines()[0]})"
            ) from error


def database_exists(admin: psycopg.Connection, name: str) -> bool:
    return bool(admin.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone())


def create_database(admin: psycopg.Connection, name: str, *, template: str = "template0") -> None:
    """Create a database of crm_owner in which Cyrillic trigrams work."""
    statement = (
        "CREATE DATABASE {} OWNER crm_owner TEMPLATE {} ENCODING 'UTF8' LC_COLLATE {} LC_CTYPE {}"
    )
    if admin.info.server_version >= 150000:
        statement += " LOCALE_PROVIDER libc"
    admin.execute(
        sql.SQL(statement).format(
            sql.Identifier(name),
            sql.Identifier(template),
            sql.Literal(_LOCALE),
            sql.Literal(_LOCALE),
        )
    )
    restrict_database(admin, name)


def drop_database(admin: psycopg.Connection, name: str) -> None:
    admin.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


def restrict_database(admin: psycopg.Connection, name: str) -> None:
    """Let the product's logins in, and nobody else. A copied database does not inherit this."""
    database = sql.Identifier(name)
    admin.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(database))
    admin.execute(
        sql.SQL("GRANT CONNECT, TEMPORARY ON DATABASE {} TO crm_app, crm_system").format(database)
    )


def prepare_database(admin_url: str, name: str) -> None:
    """Run database.sql inside it, and make sure that search will work there."""
    with connect(admin_url, name) as admin:
        admin.execute((_HERE / "database.sql").read_text())
        trigrams = admin.execute("SELECT cardinality(show_trgm('Шевченко'))").fetchone()
        if not trigrams or not trigrams[0]:
            raise Problem(
                f"The database {name} has a locale in which Cyrillic search finds nothing."
                f" Create it with LC_CTYPE '{_LOCALE}' and the libc provider."
            )


def prepare(admin_url: str, name: str, passwords: Mapping[str, str]) -> None:
    """Make roles and database whole, from whatever state. May be run again."""
    with connect(admin_url) as admin:
        prepare_server(admin, passwords)
        if not database_exists(admin, name):
            create_database(admin, name)
        else:
            restrict_database(admin, name)
    prepare_database(admin_url, name)


def main() -> int:
    admin_url = os.environ.get("DATABASE_ADMIN_URL")
    if not admin_url:
        raise Problem("Set DATABASE_ADMIN_URL to the login of the server's administrator.")
    passwords = {}
    names = set()
    for variable in ("DATABASE_URL", "DATABASE_OWNER_URL", "DATABASE_SYSTEM_URL"):
        parts = urlsplit(os.environ.get(variable) or "")
        if not (parts.username and parts.password and parts.path.strip("/")):
            raise Problem(f"{variable} must name a login, its password and the database.")
        passwords[unquote(parts.username)] = unquote(parts.password)
        names.add(parts.path.strip("/"))
    if set(passwords) != {"crm_app", "crm_owner", "crm_system"} or len(names) != 1:
        raise Problem(
            "DATABASE_URL, DATABASE_OWNER_URL and DATABASE_SYSTEM_URL must name crm_app, crm_owner"
            " and crm_system, and one database."
        )
    prepare(admin_url, names.pop(), passwords)
    return 0


if __name__ == "__main__":
    run_main(main)
