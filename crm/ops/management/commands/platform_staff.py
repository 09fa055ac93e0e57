"""`manage.py platform_staff EMAIL`: who may see the pages of who runs the service."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils import timezone

from crm.accounts.models import User
from crm.ops.models import PlatformEntry, PlatformStaff


class Command(BaseCommand):
    help = "Let a person into /platform/, or take it away; without an e-mail, list them."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("email", nargs="?")
        parser.add_argument("--revoke", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        if not options["email"]:
            for row in PlatformStaff.objects.select_related("user").order_by("user__email"):
                self.stdout.write(f"{row.user.email} since {row.granted_at:%Y-%m-%d}")
            return
        user = User.objects.filter(email=options["email"].strip().lower()).first()
        if user is None:
            raise CommandError(f"Nobody signs in as {options['email']}.")
        # The application's login may not write this.
        with transaction.atomic(using="owner"):
            rows = PlatformStaff.objects.using("owner")
            if options["revoke"]:
                changed = rows.filter(user_id=user.pk).delete()[0] > 0
            else:
                changed = rows.get_or_create(user_id=user.pk)[1]
            if changed:
                PlatformEntry.objects.using("owner").create(
                    at=timezone.now(),
                    action="staff.revoked" if options["revoke"] else "staff.granted",
                    details={"user": user.pk},
                )
        word = "no longer has" if options["revoke"] else "has"
        self.stdout.write(f"{user.email} {word} the platform's pages.")
