"""`manage.py create_api_key`: a key for a company, printed once."""

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from crm.api.actions import create_key
from crm.api.models import Scope
from crm.audit.actor import Actor
from crm.tenancy.context import tenant_scope
from crm.tenancy.models import Tenant


class Command(BaseCommand):
    help = "Make an API key of a company and print it; it is not kept anywhere."

    def add_arguments(self, parser) -> None:
        parser.add_argument("--company", required=True, help="its address, as in the URL")
        parser.add_argument("--name", default="Command line")
        parser.add_argument(
            "--scope", action="append", choices=Scope.values, help="may be repeated; all if absent"
        )

    def handle(self, *args, **options) -> None:
        tenant = Tenant.objects.filter(slug=options["company"]).first()
        if tenant is None:
            raise CommandError(f"There is no company at /{options['company']}/.")
        with tenant_scope(tenant.pk):
            _key, text = create_key(
                name=options["name"],
                scopes=options["scope"] or Scope.values,
                actor=Actor.system("command line"),
                now=timezone.now(),
            )
        self.stdout.write(text)
