"""The schema keeps the rules of docs/tenancy.md, whatever migration comes."""

import os
import re
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from django.db import connections

OWN = Path(__file__).with_name("schema_rules.sql")
ROOT = Path(__file__).resolve().parents[2]
_BEGINS = re.compile(r"^\\echo (.+)$", re.MULTILINE)


def read_rules(path: Path) -> tuple[str, list[tuple[str, str]]]:
    """Return what a file of rules makes ready, and each rule's name and query."""
    text = re.sub(r"^\\set .*$", "", path.read_text(), flags=re.MULTILINE)
    prelude, *rest = _BEGINS.split(text)
    return prelude, list(zip(rest[::2], rest[1::2], strict=True))


def shared_rules() -> Path | None:
    """The checks that lie beside a checkout; a lone clone has none."""
    folder = os.environ.get("KRAM_CHECKS_DIR") or ROOT.parent / "shared" / "checks"
    path = Path(folder) / "tenancy.sql"
    return path if path.exists() else None


@pytest.fixture
def owner(db: None) -> Iterator[psycopg.Connection]:
    """The owner's connection to this run's database; what it makes is undone."""
    settings = connections["default"].settings_dict
    url = os.environ["DATABASE_OWNER_URL"]
    with psycopg.connect(url, dbname=settings["NAME"]) as connection:
        yield connection
        connection.rollback()


def offenders(owner: psycopg.Connection, path: Path) -> dict[str, list[tuple]]:
    prelude, rules = read_rules(path)
    owner.execute(prelude)
    found = {name: owner.execute(query).fetchall() for name, query in rules}
    assert len(found) == len(rules) >= 17
    return {name: rows for name, rows in found.items() if rows}


def test_the_schema_breaks_no_rule(owner):
    assert offenders(owner, OWN) == {}
    assert len(owner.execute("SELECT FROM tt").fetchall()) > 40


def test_the_schema_passes_the_shared_checklist(owner):
    path = shared_rules()
    if path is None:
        pytest.skip("No shared checklist beside this checkout (KRAM_CHECKS_DIR).")
    assert offenders(owner, path) == {}


@pytest.mark.parametrize(
    ("harm", "rule"),
    [
        ("ALTER TABLE customers_customer NO FORCE ROW LEVEL SECURITY", "forced"),
        ("ALTER TABLE customers_customer DISABLE ROW LEVEL SECURITY", "forced"),
        ("CREATE POLICY open ON customers_customer USING (true)", "one policy"),
        ("CREATE INDEX ON customers_customer (name)", "begins with the tenant"),
        ("CREATE TABLE loose (id bigint PRIMARY KEY)", "few known"),
        ("CREATE TABLE loose (id bigint PRIMARY KEY, tenant_id bigint)", "primary key"),
        ("CREATE VIEW loose AS SELECT * FROM customers_customer", "reader's rights"),
        ("GRANT TRUNCATE ON customers_customer TO crm_app", "truncate"),
        ("GRANT SELECT ON customers_customer TO PUBLIC", "granted to everybody"),
        ("DROP INDEX IF EXISTS {covering}", "covers it"),
        (
            "CREATE FUNCTION loose() RETURNS int LANGUAGE sql SECURITY DEFINER AS 'SELECT 1'",
            "known search",
        ),
    ],
)
def test_a_rule_that_is_broken_is_seen(owner, harm, rule):
    if "{covering}" in harm:
        row = owner.execute(
            "SELECT indexname FROM pg_indexes WHERE tablename = 'orders_returnline'"
            " AND indexdef LIKE '%(tenant_id, line_id)'"
        ).fetchone()
        harm = harm.format(covering=row[0])
    owner.execute(harm)
    found = offenders(owner, OWN)
    assert any(rule in name for name in found), found
