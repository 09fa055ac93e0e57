"""The DDL that migrations make: composite keys and walls, through the life of a table."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connections, transaction
from django.db import models as m
from django.db.migrations import operations as op
from django.db.migrations.loader import MigrationLoader

from crm.tenancy.fields import TenantField, TenantForeignKey
from tests.tenancy.test_schema import OWN, offenders

pytestmark = pytest.mark.django_db(databases=["default", "owner"])
COMPOSITE = "FOREIGN KEY (tenant_id, second_id) REFERENCES customers_shelf(tenant_id, id)"


class _Undo(Exception):
    pass


class Migrator:
    """Applies operations as a migration of the app `customers` would, on the owner's connection."""

    def __init__(self, connection: Any) -> None:
        self.connection = connection
        self.state = MigrationLoader(connection).project_state()
        self.done: list[tuple[Any, Any, Any]] = []

    def apply(self, *operations: Any) -> None:
        for operation in operations:
            before = self.state.clone()
            operation.state_forwards("customers", self.state)
            self._run(operation.database_forwards, before, self.state.clone())
            self.done.append((operation, before, self.state.clone()))

    def undo_all(self) -> None:
        while self.done:
            operation, before, after = self.done.pop()
            self._run(operation.database_backwards, after, before)

    def _run(self, work: Any, before: Any, after: Any) -> None:
        with self.connection.schema_editor(atomic=False) as editor:
            work("customers", editor, before, after)

    def keys(self, table: str) -> list[str]:
        """The definitions of a table's keys."""
        return self._ask(
            "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid = %s::regclass"
            " AND contype IN ('p', 'f', 'u') ORDER BY 1",
            table,
        )

    def exists(self, table: str) -> bool:
        return self._ask("SELECT to_regclass(%s)", table) != [None]

    def broken(self) -> dict[str, Any]:
        """The rules of the schema that its tables break now."""
        found = offenders(self.connection.connection, OWN)
        self._ask("DROP VIEW tt")
        return found

    def _ask(self, sql: str, *params: str) -> list[Any]:
        with self.connection.cursor() as cursor:
            cursor.execute(sql, params)
            return [row[0] for row in cursor.fetchall()] if cursor.description else []


@pytest.fixture
def migrator() -> Iterator[Migrator]:
    """All that the test does is undone with its transaction."""
    try:
        with transaction.atomic(using="owner"):
            yield Migrator(connections["owner"])
            raise _Undo
    except _Undo:
        pass


def create(name: str, *fields: tuple[str, m.Field], **options: Any) -> op.CreateModel:
    return op.CreateModel(
        name, [("id", m.BigAutoField(primary_key=True)), *fields], options=options
    )


def reference(**kwargs: Any) -> TenantForeignKey:
    return TenantForeignKey("customers.Shelf", m.CASCADE, related_name="+", **kwargs)


def test_a_table_is_made_changed_undone_within_the_rules(migrator):
    unique = m.UniqueConstraint(fields=["tenant", "name"], name="shelf_name")
    migrator.apply(
        create("Shelf", ("name", m.CharField(max_length=9)), ("tenant", TenantField())),
        create("Box", ("tenant", TenantField()), ("shelf", reference())),
        op.AddConstraint("Shelf", unique),
    )
    tenant = "FOREIGN KEY (tenant_id) REFERENCES tenancy_tenant(id) DEFERRABLE INITIALLY DEFERRED"
    assert migrator.keys("customers_box") == [
        tenant,
        "FOREIGN KEY (tenant_id, shelf_id) REFERENCES customers_shelf(tenant_id, id)",
        "PRIMARY KEY (tenant_id, id)",
    ]
    assert migrator.keys("customers_shelf") == [
        tenant, "PRIMARY KEY (tenant_id, id)", "UNIQUE (tenant_id, name)",
    ]  # fmt: skip
    assert migrator.broken() == {}

    migrator.apply(op.AddField("Box", "second", reference(null=True)))
    assert COMPOSITE in migrator.keys("customers_box")
    assert migrator.broken() == {}

    migrator.apply(op.AlterField("Box", "second", reference()))
    assert migrator.keys("customers_box").count(COMPOSITE) == 1
    assert migrator.broken() == {}

    migrator.apply(op.RenameField("Box", "second", "spare"), op.RenameModel("Box", "Crate"))
    assert COMPOSITE.replace("second", "spare") in migrator.keys("customers_crate")
    assert migrator.broken() == {}

    migrator.apply(op.RemoveField("Crate", "spare"))
    assert not any("spare" in key for key in migrator.keys("customers_crate"))
    assert migrator.broken() == {}

    migrator.undo_all()
    assert not migrator.exists("customers_shelf")
    assert not migrator.exists("customers_box")


def test_a_tenant_column_that_comes_later_brings_the_wall(migrator):
    """makemigrations splits a model so that lies in the tenants' own app."""
    migrator.apply(create("Late", ("name", m.CharField(max_length=9))))
    assert migrator.keys("customers_late") == ["PRIMARY KEY (id)"]
    assert "a table without a tenant is one of the few known" in migrator.broken()
    migrator.apply(op.AddField("Late", "tenant", TenantField()))
    assert "PRIMARY KEY (tenant_id, id)" in migrator.keys("customers_late")
    assert migrator.broken() == {}
