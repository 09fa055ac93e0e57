"""What the database itself refuses the application's login. Every tenant table, by the registry."""

from contextlib import suppress

import pytest
from django.db import Error, IntegrityError, ProgrammingError, connection, transaction
from django.db.models import ProtectedError

from crm.tenancy.context import tenant_scope
from tests.tenancy.rows import REFERENCES, TENANT_MODELS, make_row

APPEND_ONLY = {
    "audit_auditentry",
    "audit_personalread",
    "inventory_stockmovement",
    "orders_ordertransition",
    "orders_payment",
}
TABLES = sorted(model._meta.db_table for model in TENANT_MODELS)
every_reference = pytest.mark.parametrize(
    ("model", "field"),
    REFERENCES,
    ids=[f"{model._meta.label}.{field.name}" for model, field in REFERENCES],
)


def test_without_a_tenant_no_table_shows_a_row(filled, raw):
    assert raw("SELECT current_user") == [("crm_app",)]
    shown = {table: raw(f'SELECT count(*) FROM "{table}"')[0][0] for table in TABLES}
    assert shown == dict.fromkeys(TABLES, 0)
    with tenant_scope(filled.ours.pk):
        assert all(raw(f'SELECT count(*) FROM "{table}"')[0][0] for table in TABLES)


def test_a_tenant_sees_its_own_rows_and_none_of_the_neighbours(filled, raw):
    for mine in (filled.ours.pk, filled.theirs.pk):
        with tenant_scope(mine):
            seen = {table: raw(f'SELECT DISTINCT tenant_id FROM "{table}"') for table in TABLES}
        assert seen == {table: [(mine,)] for table in TABLES}


def test_a_tenant_changes_and_removes_no_row_of_the_neighbour(filled, raw):
    theirs = filled.theirs.pk
    open_tables = [table for table in TABLES if table not in APPEND_ONLY]
    with tenant_scope(filled.ours.pk):
        for table in open_tables:
            with connection.cursor() as cursor:
                cursor.execute(f'UPDATE "{table}" SET id = id WHERE tenant_id = %s', [theirs])
                assert cursor.rowcount == 0, table
                cursor.execute(f'DELETE FROM "{table}" WHERE tenant_id = %s', [theirs])
                assert cursor.rowcount == 0, table
    with tenant_scope(theirs):
        for table in open_tables:
            with connection.cursor() as cursor:
                cursor.execute(f'UPDATE "{table}" SET id = id')
                assert cursor.rowcount > 0, table


@pytest.mark.parametrize("table", TABLES)
def test_a_row_for_another_tenant_is_refused(pair, raw, table):
    insert = f'INSERT INTO "{table}" (tenant_id) VALUES (%s)'
    with tenant_scope(pair.ours.pk):
        with pytest.raises(ProgrammingError, match="row-level security"), transaction.atomic():
            raw(insert, pair.theirs.pk)
        # Its own row is refused for what it lacks, if at all, and not by the wall.
        with suppress(IntegrityError), transaction.atomic():
            raw(insert, pair.ours.pk)


def test_no_row_is_given_away(filled, raw):
    with tenant_scope(filled.ours.pk):
        for table in sorted(set(TABLES) - APPEND_ONLY):
            give = f'UPDATE "{table}" SET tenant_id = %s'
            with pytest.raises((ProgrammingError, IntegrityError)), transaction.atomic():
                raw(give, filled.theirs.pk)
            raw(give, filled.ours.pk)


@every_reference
def test_a_reference_to_the_neighbours_row_is_refused(pair, model, field):
    with tenant_scope(pair.theirs.pk):
        theirs = make_row(field.related_model)
    with tenant_scope(pair.ours.pk):
        own = make_row(field.related_model)
        with pytest.raises(IntegrityError, match="foreign key"), transaction.atomic():
            make_row(model, **{field.attname: theirs.pk})
        assert getattr(make_row(model, **{field.attname: own.pk}), field.attname) == own.pk


@pytest.mark.parametrize("table", TABLES)
def test_truncate_is_refused(pair, raw, table):
    # TRUNCATE is not subject to row-level security: it would empty the table for everybody.
    with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
        raw(f'TRUNCATE "{table}"')


def test_history_can_be_added_to_and_not_changed(filled, raw):
    with tenant_scope(filled.ours.pk):
        for table in sorted(APPEND_ONLY):
            before = raw(f'SELECT count(*) FROM "{table}"')
            assert before != [(0,)]
            for statement in (f'UPDATE "{table}" SET id = id', f'DELETE FROM "{table}"'):
                with (
                    pytest.raises(ProgrammingError, match="permission denied"),
                    transaction.atomic(),
                ):
                    raw(statement)
            assert raw(f'SELECT count(*) FROM "{table}"') == before


@pytest.mark.parametrize("role", ["crm_system", "crm_owner", "crm_search"])
def test_the_application_takes_no_other_role(pair, raw, role):
    with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
        raw(f"SET ROLE {role}")


def test_what_is_written_in_the_setting_must_be_a_number(pair, raw):
    with pytest.raises(Error), transaction.atomic():
        raw("SET LOCAL app.tenant_id = 'x'")
        raw("SELECT count(*) FROM customers_customer")
    with transaction.atomic():
        raw("SET LOCAL app.tenant_id = ''")
        assert raw("SELECT count(*) FROM customers_customer") == [(0,)]


def test_cyrillic_has_trigrams_and_folds(pair, raw):
    assert len(raw("SELECT show_trgm('Шевченко')")[0][0]) >= 8
    assert raw("SELECT 'ШЕВЧЕНКО' ILIKE '%шевч%', lower('ЇЖАК')") == [(True, "їжак")]


def test_a_tenant_with_rows_is_not_removed(filled):
    refused = pytest.raises((IntegrityError, ProtectedError))
    with tenant_scope(filled.ours.pk), refused, transaction.atomic():
        filled.ours.delete()
