"""Takes an archive into an empty company: all of it or nothing.

Rows keep their ids, which are unique inside a company only (docs/adr/0005): so whatever names a
row by its id, in a column or inside JSON, goes on naming it.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import psycopg
from django.db import DataError, IntegrityError, connection, transaction

from config.archive.compare import Report, compare_figures, compare_table, fingerprint
from config.archive.empty import clear_settings, require_empty
from config.archive.errors import ArchiveRefused
from config.archive.figures import add_up
from config.archive.manifest import TableFacts
from config.archive.people import bring_members
from config.archive.read import Archive
from config.archive.sequences import pass_ids
from config.archive.tables import CARRIED, MEMBERS, Table
from crm.audit.actor import Actor
from crm.audit.record import record
from crm.ops.proofs import prove_company
from crm.tenancy.context import current_tenant_id
from crm.tenancy.middleware import forget_tenants
from crm.tenancy.models import Tenant
from customers.models import Customer
from customers.search import index_customers
from integrations.onboarding.models import Example
from inventory.actions.search import index_variants
from inventory.models import Variant
from messaging.models import LIVE, MessageState, OutgoingMessage
from orders.models import Order
from orders.search import index_orders

Tell = Callable[[TableFacts, int, int], None]
_INDEXED = 2000  # rows whose search texts are written at once
# Of the company itself: what sums and days mean. Its name and address are its own.
_TAKEN = ("currency", "time_zone", "language")


@dataclass(frozen=True, slots=True)
class _Came:
    """Which rows of a table are the archive's, where the company has others."""

    also: str = "true"


@transaction.atomic
def fill_company(
    archive: Archive, *, actor: Actor, now: datetime, tell: Tell = lambda *_: None
) -> Report:
    """Fill the company in scope and compare the sides; raise ArchiveRefused where they differ.

    Until it commits nobody else writes into the company: they wait.
    """
    tenant_id = current_tenant_id()
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL TIME ZONE 'UTC'")
        # References to the company are else checked at the commit, millions at a time.
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    # Every new row of the company refers to this one, so none can be added beside us.
    tenant = Tenant.objects.select_for_update().get(pk=tenant_id)
    require_empty()
    clear_settings(tenant_id)
    facts_of = {facts.name: facts for facts in archive.manifest.tables}
    came: dict[str, _Came] = {}
    for number, table in enumerate(CARRIED, start=1):
        facts = facts_of.get(table.name)
        if facts is None:  # the archive is older than the table
            continue
        with _damage(facts.file):
            came[table.name] = _bring(archive, table, facts, tenant_id)
        tell(facts, number, len(CARRIED))
    OutgoingMessage.objects.filter(state__in=LIVE).update(
        state=MessageState.SKIPPED, error="moved", settled_at=now
    )
    changes = _take_settings(tenant, archive.manifest.company)
    tenant.has_example = Example.objects.exists()
    tenant.save(update_fields=["has_example"])
    with _plans_for_many():
        _make_search_texts()
        report = _compare(archive, tenant_id, came)
    if not report.is_equal:
        raise ArchiveRefused("unequal", report=report)
    record(
        "company.imported",
        tenant,
        actor=actor,
        now=now,
        changes=changes,
        details={
            "from": archive.manifest.company["slug"],
            "made_at": archive.manifest.made_at,
            "rows": archive.manifest.rows,
        },
    )
    transaction.on_commit(forget_tenants)
    return report


def _bring(archive: Archive, table: Table, facts: TableFacts, tenant_id: int) -> _Came:
    if table.name == MEMBERS:
        ids = bring_members(archive.batches(facts), tenant_id=tenant_id)
        pass_ids(table)
        listed = ", ".join(str(int(pk)) for pk in ids) or "NULL"
        return _Came(f"id IN ({listed})")
    if table.new_ids:
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT nextval('{table.name}_id_seq')")
            floor = cursor.fetchone()[0]
        _insert(archive, table, facts, tenant_id)
        return _Came(f"id > {int(floor)}")
    _insert(archive, table, facts, tenant_id)
    pass_ids(table)
    return _Came()


def _insert(archive: Archive, table: Table, facts: TableFacts, tenant_id: int) -> None:
    """Insert a table's rows. The names of columns are the model's, never the file's."""
    known = [column for column in table.own_columns if column in set(facts.columns)]
    if table.new_ids:
        known.remove("id")
    # A reference to a row that comes later would be refused: set when all are there.
    later = [column for column in table.to_itself if column in known]
    names = ", ".join(f'"{column}"' for column in known)
    values = ", ".join("NULL" if column in later else f'"{column}"' for column in known)
    rows = f'json_populate_recordset(NULL::"{table.name}", %s::json)'
    insert = (
        f'INSERT INTO "{table.name}" (tenant_id, {names})'  # noqa: S608 - names of our models
        f" SELECT %s, {values} FROM {rows}"
    )
    for column in later:
        _run(f"CREATE TEMP TABLE later_{column} (id bigint, ref bigint)")
    for batch in archive.batches(facts):
        _run(insert, [tenant_id, batch])
        for column in later:
            _run(
                f'INSERT INTO later_{column} SELECT id, "{column}" FROM {rows}'  # noqa: S608
                f' WHERE "{column}" IS NOT NULL',
                [batch],
            )
    for column in later:
        _run(
            f'UPDATE "{table.name}" o SET "{column}" = l.ref FROM later_{column} l'  # noqa: S608
            " WHERE o.tenant_id = %s AND o.id = l.id",
            [tenant_id],
        )
        _run(f"DROP TABLE later_{column}")


def _run(statement: str, params: Sequence[Any] = ()) -> None:
    """Run one statement with its rows as a parameter, and keep nothing of it: the driver counts
    the last hundred statements, with all that was written into them, to see which to prepare."""
    with connection.wrap_database_errors, psycopg.Cursor(connection.connection) as cursor:
        cursor.execute(statement, params, prepare=False)


class _damage:
    """Says of a row that the database refuses that the file is damaged."""

    def __init__(self, what: str) -> None:
        self.what = what

    def __enter__(self) -> None:
        return None

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        if isinstance(error, (IntegrityError, DataError)):
            raise ArchiveRefused("damaged", what=self.what) from error


@contextmanager
def _plans_for_many() -> Iterator[None]:
    """Have rows joined as many are. There are no statistics of the new ones yet: the planner
    would take the company for empty and join its orders and lines one by one."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_nestloop = off")
    yield
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_nestloop = on")


def _make_search_texts() -> None:
    """Write the texts by which rows are found: they are not in the file."""
    for model, index in (
        (Customer, index_customers),
        (Variant, lambda ids: index_variants(variant_ids=ids)),
        (Order, index_orders),
    ):
        for ids in _ids(model):
            index(ids)


def _ids(model: type) -> Iterator[list[int]]:
    last = 0
    while True:
        rows = model.objects.filter(pk__gt=last).order_by("pk")  # type: ignore[attr-defined]
        ids = list(rows.values_list("pk", flat=True)[:_INDEXED])
        if not ids:
            return
        yield ids
        last = ids[-1]


def _take_settings(tenant: Tenant, company: dict[str, str]) -> dict[str, list[str]]:
    """Give the company the archive's currency, time zone and language; return what changed."""
    changes = {}
    for name in _TAKEN:
        before, value = getattr(tenant, name), company[name]
        if value != before:
            setattr(tenant, name, value)
            changes[name] = [before, value]
    if changes:
        tenant.save(update_fields=list(changes))
    return changes


def _compare(archive: Archive, tenant_id: int, came: dict[str, _Came]) -> Report:
    report = Report(figures=compare_figures(archive.manifest.figures, add_up(tenant_id)))
    tables = {table.name: table for table in CARRIED}
    for facts in archive.manifest.tables:
        here = fingerprint(tables[facts.name], tenant_id, facts.columns, also=came[facts.name].also)
        report.tables += compare_table(facts, here)
    report.proofs = [(one.name, one.good, one.text) for one in prove_company()]
    return report
