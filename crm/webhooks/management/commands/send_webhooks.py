"""The process that delivers webhooks: `manage.py send_webhooks`."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from crm.webhooks.sender import run_sender


class Command(BaseCommand):
    help = "Deliver webhooks of all companies until the process is told to stop."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--grace", type=float, default=12.0, help="seconds that calls may go on at the end"
        )

        parser.add_argument(
            "--alive", type=Path, help="a file touched after each look, for a health check"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write("sender: ready.")
        self.stdout.flush()
        run_sender(grace=options["grace"], alive=options["alive"])
