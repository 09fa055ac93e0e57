"""Which migrations the code that still runs would not survive (docs/deploy.md)."""

from collections.abc import Iterator

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models
from django.db.migrations.operations.base import Operation


def find_risks(migration: migrations.Migration) -> list[str]:
    """What in a migration breaks old code or holds a big table; nothing where it says why not.

    A migration that must be so says the reason in an attribute of its class, `deploy_note`.
    """
    if getattr(migration, "deploy_note", ""):
        return []
    made = {
        one.name.lower() for one in migration.operations if isinstance(one, migrations.CreateModel)
    }
    return [risk for one in migration.operations for risk in _risks(one, made)]


def _risks(operation: Operation, made: set[str]) -> Iterator[str]:
    """`made`: tables that the same migration makes; no code knows them, no row is in them."""
    model = getattr(operation, "model_name", "").lower()
    match operation:
        case migrations.RemoveField():
            yield f"{model}.{operation.name} is removed while old code reads it"
        case migrations.RenameField():
            yield f"{model}.{operation.old_name} is renamed while old code reads it"
        case migrations.RenameModel():
            yield f"{operation.old_name} is renamed while old code reads it"
        case migrations.DeleteModel():
            yield f"{operation.name} is deleted while old code reads it"
        case _ if model in made:
            return
        case migrations.AddField():
            field = operation.field
            if not (field.null or field.has_db_default() or field.many_to_many):
                yield f"{model}.{operation.name} is required and old code gives none: db_default"
            if field.unique:
                yield f"{model}.{operation.name} is unique: an index that holds the table"
        case migrations.AlterField():
            # What it was is not said here; that it must be given is.
            field = operation.field
            if not (field.null or field.has_db_default() or field.primary_key):
                yield f"{model}.{operation.name} is altered and required: old code may give none"
        case AddIndexConcurrently():
            return
        case migrations.AddIndex():
            yield f"{model}: an index is made while nobody may write: AddIndexConcurrently"
        case migrations.AddConstraint():
            kind = type(operation.constraint)
            if issubclass(kind, models.UniqueConstraint | models.CheckConstraint):
                yield f"{model}: a constraint reads the whole table, and old code may break it"
