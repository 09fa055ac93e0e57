"""`manage.py backup FILE`: the database and the uploaded files in one archive."""

import json
import os
import time
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from crm.ops.backup.errors import BackupProblem
from crm.ops.backup.log import note_backup
from crm.ops.backup.write import write_backup


class Command(BaseCommand):
    help = "Write everything into one archive, while the product goes on working."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument(
            "--keys", type=Path, metavar="FILE", help="write the keys of encrypted fields there"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        path: Path = options["file"]
        begun = time.monotonic()
        try:
            manifest = write_backup(path, now=timezone.now())
        except BackupProblem as problem:
            raise CommandError(str(problem)) from problem
        except OSError as error:
            raise CommandError(f"Can't write {path}: {error.strerror}") from error
        seconds = time.monotonic() - begun
        size = path.stat().st_size
        note_backup(manifest=manifest, size=size, seconds=seconds, now=timezone.now())
        if options["keys"]:
            _write_keys(options["keys"])
        self.stdout.write(
            f"{path}: {manifest.rows} rows of {len(manifest.tables)} tables,"
            f" {len(manifest.media)} files, {size / 2**20:.1f} MB, {seconds:.1f} s"
        )


def _write_keys(path: Path) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w") as file:
        json.dump({"KRAM_FIELD_KEYS": ",".join(settings.FIELD_ENCRYPTION_KEYS)}, file)
