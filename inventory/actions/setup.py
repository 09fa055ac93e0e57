"""What a company has before its first product: a warehouse."""

from datetime import datetime

from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext

from crm.audit.actor import Actor
from crm.audit.record import record
from crm.tenancy.context import current_tenant_id
from crm.tenancy.models import Tenant
from inventory import events
from inventory.models import Warehouse

FIRST_CODE = "main"


@transaction.atomic
def set_up_inventory(*, now: datetime, actor: Actor | None = None) -> Warehouse:
    """Give the company its first warehouse. Repeating it changes nothing."""
    first = Warehouse.objects.order_by("priority", "id").first()
    if first is not None:
        return first
    language = Tenant.objects.values_list("language", flat=True).get(pk=current_tenant_id())
    with translation.override(language):
        name = gettext("Main warehouse")
    warehouse, created = Warehouse.objects.get_or_create(
        code=FIRST_CODE, defaults={"name": name, "priority": 1}
    )
    if created:
        record(events.WAREHOUSE_CREATED, warehouse, actor=actor or Actor.system(), now=now)
    return warehouse
