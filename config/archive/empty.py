"""An empty company: what it may have already, and what is taken away for the archive."""

from django.db import IntegrityError, connection

from config.archive.errors import ArchiveRefused
from config.archive.tables import CARRIED, MEMBERS, Table
from crm.tenancy.models import TenantModel
from integrations.imports.models import Import
from integrations.models import Connection

# Left out of archives, but a company that has them was worked in.
_WORKED_IN: tuple[type[TenantModel], ...] = (Connection, Import)


def require_empty() -> None:
    """Raise where the company in scope has rows that are more than settings and its history."""
    work: list[type[TenantModel]] = [table.model for table in CARRIED if _is_work(table)]
    full = [
        f"{model._meta.verbose_name_plural}: {count}"
        for model in (*work, *_WORKED_IN)
        if (count := model.objects.count())
    ]
    if full:
        raise ArchiveRefused("not_empty", what=", ".join(full[:5]))


def clear_settings(tenant_id: int) -> None:
    """Delete what the company was set up with: the archive's takes its place."""
    with connection.cursor() as cursor:
        for table in reversed(CARRIED):
            if not table.settled:
                continue
            try:
                cursor.execute(
                    f'DELETE FROM "{table.name}" WHERE tenant_id = %s AND ({table.where})',  # noqa: S608
                    [tenant_id],
                )
            except IntegrityError as error:  # something that is not carried refers to it
                name = str(table.model._meta.verbose_name_plural)
                raise ArchiveRefused("not_empty", what=name) from error


def _is_work(table: Table) -> bool:
    return not (table.settled or table.new_ids or table.name == MEMBERS)
