"""`manage.py export_company SLUG FILE.zip`: everything of a company in one file."""

import time
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone, translation

from config.archive.errors import ArchiveRefused
from config.archive.make import make_archive
from config.archive.words import say_figures
from crm.audit.actor import Actor
from crm.tenancy.context import tenant_scope
from crm.tenancy.models import Tenant


class Command(BaseCommand):
    """Write a company's archive (docs/archive.md); the company goes on working meanwhile."""

    help = __doc__ or ""

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("company", help="its address, as in the URL")
        parser.add_argument("file", type=Path)
        parser.add_argument("--force", action="store_true", help="replace a file that is there")

    def handle(self, *args: Any, company: str, file: Path, force: bool, **options: Any) -> None:
        tenant = Tenant.objects.filter(slug=company).first()
        if tenant is None:
            raise CommandError(f"There is no company at /{company}/.")
        if file.exists() and not force:
            raise CommandError(f"{file} is there already; --force replaces it.")
        begun = time.monotonic()
        try:
            with tenant_scope(tenant.pk), translation.override("en"):
                manifest = make_archive(
                    file,
                    tenant=tenant,
                    actor=Actor.system("command line"),
                    now=timezone.now(),
                )
        except (ArchiveRefused, OSError) as error:
            raise CommandError(str(error)) from error
        for table in manifest.tables:
            if table.rows:
                self.stdout.write(f"  {table.name}: {table.rows}")
        self.stdout.write("Counts and sums:")
        for line in say_figures(manifest.figures):
            self.stdout.write(line)
        self.stdout.write(f"Left out: {len(manifest.left_out)} tables, with reasons in the file.")
        size = file.stat().st_size / 1e6
        self.stdout.write(
            f"{file}: {manifest.rows} rows of {len(manifest.tables)} tables,"
            f" {size:.1f} MB, {time.monotonic() - begun:.1f} s; read back whole."
        )
