"""`manage.py restore FILE`: an archive of `backup` into an empty database."""

import time
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from crm.ops.backup.errors import BackupProblem
from crm.ops.backup.read import restore_backup


class Command(BaseCommand):
    help = "Fill an empty database from an archive: all of it or nothing."
    requires_migrations_checks = False

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--force", action="store_true", help="replace the data that are here")
        parser.add_argument(
            "--without-keys", action="store_true", help="though its secrets can't be read here"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        begun = time.monotonic()
        try:
            manifest = restore_backup(
                options["file"],
                force=options["force"],
                without_keys=options["without_keys"],
                say=lambda text: self.stdout.write(f"… {text}"),
            )
        except BackupProblem as problem:
            raise CommandError(str(problem)) from problem
        self.stdout.write(
            f"Restored what was saved at {manifest.made_at}: {manifest.rows} rows of"
            f" {len(manifest.tables)} tables, {len(manifest.media)} files,"
            f" {time.monotonic() - begun:.1f} s"
        )
