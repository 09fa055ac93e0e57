"""`manage.py clear_two_step EMAIL --reason TEXT`: for who lost phone and recovery codes."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils import timezone

from crm.accounts.actions.sessions import end_other_sessions
from crm.accounts.actions.two_step import disable_two_step
from crm.accounts.models import User
from crm.accounts.tasks import send_after_commit, send_security_notice
from crm.ops.models import PlatformEntry


class Command(BaseCommand):
    help = (
        "Turn the second step off for a person who proved who they are (docs/security.md):"
        " their sessions end, a letter tells them, and the platform's log keeps the reason."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("email")
        parser.add_argument("--reason", required=True, help="how it was made sure who asks")

    @transaction.atomic
    def handle(self, *args: Any, **options: Any) -> None:
        user = User.objects.filter(email=options["email"].strip().lower()).first()
        if user is None:
            raise CommandError(f"Nobody signs in as {options['email']}.")
        if not options["reason"].strip():
            raise CommandError("Say how you made sure who asks.")
        if not disable_two_step(user_id=user.pk):
            raise CommandError(f"{user.email} has no second step.")
        end_other_sessions(user_id=user.pk, session_key=None)
        PlatformEntry.objects.create(
            at=timezone.now(),
            action="two_step.cleared",
            details={"user": user.pk},
            reason=options["reason"].strip()[:300],
        )
        send_after_commit(send_security_notice, user.pk, "two_step_off")
        self.stdout.write(f"{user.email} signs in by the password alone.")
