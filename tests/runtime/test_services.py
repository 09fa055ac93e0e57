"""A Postgres of somebody's own: the product's logins are made by its administrator."""

import os
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest
from psycopg import sql

from config.runtime import roles
from config.runtime.services import Services
from config.runtime.supervisor import Supervisor

NAME = f"own_{os.getpid()}"


@pytest.fixture
def admin_url(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    url = os.environ["KRAM_TEST_ADMIN_URL"]
    for name in ("DATABASE_OWNER_URL", "DATABASE_SYSTEM_URL"):
        monkeypatch.delenv(name)
    yield url
    with roles.connect(url) as admin:
        admin.execute(sql.SQL("DROP DATABASE IF EXISTS {}").format(sql.Identifier(NAME)))


def make_services(folder: Path) -> Services:
    """Roles belong to the whole server, which other tests share: keep their passwords."""
    services = Services(folder)
    for name in ("DATABASE_URL", "DATABASE_OWNER_URL", "DATABASE_SYSTEM_URL"):
        parts = urlsplit(ORIGINAL[name])
        services.state.values["passwords"][parts.username] = parts.password
    services.state.save()
    return services


ORIGINAL = dict(os.environ)


def test_three_logins_are_made_from_an_administrators(
    tmp_path: Path, admin_url: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("DATABASE_URL", admin_url.replace("/postgres", f"/{NAME}"))
    services = make_services(tmp_path)
    env = services.start(Supervisor(mark=str(tmp_path), logs=tmp_path / "logs"))
    assert env["REDIS_URL"] == os.environ["REDIS_URL"]
    for variable, login in (
        ("DATABASE_URL", "crm_app"),
        ("DATABASE_OWNER_URL", "crm_owner"),
        ("DATABASE_SYSTEM_URL", "crm_system"),
    ):
        with psycopg.connect(env[variable]) as db:
            row = db.execute("SELECT current_user, current_database()").fetchone()
            assert row == (login, NAME)
    with psycopg.connect(env["DATABASE_OWNER_URL"]) as owner:
        owner.execute("CREATE TABLE probe (id int)")
    with psycopg.connect(env["DATABASE_URL"]) as app:
        app.execute("INSERT INTO probe VALUES (1)")
        app.rollback()
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            app.execute("TRUNCATE probe")
        app.rollback()
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            app.execute("CREATE TABLE mine (id int)")
    # Once more on what is there already: nothing is lost, nothing fails.
    services.state.values.pop("prepared")
    again = services.start(Supervisor(mark=str(tmp_path), logs=tmp_path / "logs"))
    assert again["DATABASE_URL"] == env["DATABASE_URL"]
    with psycopg.connect(env["DATABASE_OWNER_URL"]) as owner:
        assert owner.execute("SELECT count(*) FROM probe").fetchone() == (0,)


def test_three_given_databases_are_used_as_they_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    names = ("DATABASE_URL", "DATABASE_OWNER_URL", "DATABASE_SYSTEM_URL")
    given = {name: _shared_database(os.environ[name]) for name in names}
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    env = Services(tmp_path).start(Supervisor(mark=str(tmp_path), logs=tmp_path / "logs"))
    assert {name: env[name] for name in given} == given


def _shared_database(url: str) -> str:
    return urlunsplit(urlsplit(url)._replace(path="/postgres"))
