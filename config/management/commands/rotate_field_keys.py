"""Encrypt every stored secret anew by the first of KRAM_FIELD_KEYS (docs/security.md)."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from crm.tenancy.context import tenant_scope
from crm.tenancy.models import Tenant, TenantModel
from crm.vault.rotation import BATCH, Rotated, UnreadableSecret, list_secret_fields, rotate_field


class Command(BaseCommand):
    """Safe to repeat, to break off and to run beside the service."""

    help = __doc__ or ""

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--batch", type=int, default=BATCH, help="rows in one transaction")

    def handle(self, *args: Any, batch: int, **options: Any) -> None:
        total = Rotated()
        for model, field in list_secret_fields():
            done = Rotated()
            try:
                if issubclass(model, TenantModel):
                    for tenant_id in Tenant.objects.order_by("pk").values_list("pk", flat=True):
                        with tenant_scope(tenant_id):
                            done.add(rotate_field(model, field, batch=batch))
                else:
                    done.add(rotate_field(model, field, batch=batch))
            except UnreadableSecret as error:
                raise CommandError(str(error)) from error
            self.stdout.write(
                f"{model._meta.label}.{field.name}: {done.changed} of {done.seen} encrypted anew"
            )
            total.add(done)
        self.stdout.write(f"All {total.seen} secrets are read by the first key.")
