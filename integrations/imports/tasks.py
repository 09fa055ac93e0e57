"""Tasks of imports: forget the files that came in long ago."""

from celery import shared_task
from django.utils import timezone

from crm.tenancy.context import tenant_scope
from crm.tenancy.system import tenants_with_rows
from integrations.imports.actions.forgetting import KEEP_FOR, OVER, UNUSED, forget_old_files

BATCH = 50


@shared_task(name="imports.forget_files")
def forget_files() -> None:
    """Company by company, some files in a transaction."""
    states = ", ".join(f"'{state}'" for state in (*UNUSED, *OVER))
    condition = (
        "EXISTS (SELECT FROM imports_import i WHERE i.tenant_id = r.tenant_id AND i.id = r.run_id"
        f" AND i.state IN ({states}) AND i.created_at < now() - interval '{KEEP_FOR.days} days')"
    )
    for tenant_id in tenants_with_rows(table="imports_filepart", condition=condition):
        with tenant_scope(tenant_id):
            while forget_old_files(now=timezone.now(), limit=BATCH) == BATCH:
                pass
