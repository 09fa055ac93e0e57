"""`manage.py import_company FILE.zip --into SLUG`: an archive into an empty company."""

import time
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils import timezone, translation

from config.archive.compare import Report
from config.archive.errors import ArchiveRefused
from config.archive.fill import fill_company
from config.archive.manifest import Manifest
from config.archive.read import Archive, open_archive
from config.archive.words import say_report
from crm.accounts.actions.companies import CompanyInput, draw_tenant_id, found_company
from crm.accounts.errors import SlugRefused, SlugTaken
from crm.accounts.models import User
from crm.audit.actor import Actor
from crm.tenancy.context import tenant_scope
from crm.tenancy.models import Tenant


class Command(BaseCommand):
    """Fill an empty company from an archive and print both sides (docs/archive.md).

    Exit code 1 where the file is refused or the sides differ: then nothing was changed.
    """

    help = __doc__ or ""

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        target = parser.add_mutually_exclusive_group(required=True)
        target.add_argument("--into", metavar="SLUG", help="an empty company that there is")
        target.add_argument("--create", metavar="SLUG", help="a company to be made")
        parser.add_argument("--owner", metavar="EMAIL", help="whose the made company is")

    def handle(
        self,
        *args: Any,
        file: Path,
        into: str | None,
        create: str | None,
        owner: str | None,
        **options: Any,
    ) -> None:
        begun = time.monotonic()
        try:
            with translation.override("en"), open_archive(file) as archive:
                self.stdout.write(self._say_source(archive.manifest))
                if create:
                    slug, report = create, self._create(archive, create, owner)
                else:
                    slug, report = str(into), self._fill(archive, str(into))
                self._say(report)
        except ArchiveRefused as refusal:
            if refusal.report is not None:
                self._say(refusal.report)
            with translation.override("en"):
                raise CommandError(str(refusal)) from refusal
        self.stdout.write(f"/{slug}/ is filled, {time.monotonic() - begun:.1f} s.")

    def _fill(self, archive: Archive, slug: str) -> Report:
        tenant = Tenant.objects.filter(slug=slug).first()
        if tenant is None:
            raise CommandError(f"There is no company at /{slug}/.")
        with tenant_scope(tenant.pk):
            return fill_company(archive, actor=_ACTOR, now=timezone.now())

    def _create(self, archive: Archive, slug: str, owner: str | None) -> Report:
        """Make the company and fill it: both or none."""
        user = User.objects.filter(email=(owner or "").strip().lower(), is_active=True).first()
        if user is None:
            raise CommandError("--create needs --owner with the e-mail of somebody who signs in.")
        was = archive.manifest.company
        company = CompanyInput(
            name=was["name"],
            slug=slug,
            currency=was["currency"],
            language=was["language"],
            time_zone=was["time_zone"],
        )
        tenant_id = draw_tenant_id()
        now = timezone.now()
        try:
            with tenant_scope(tenant_id), transaction.atomic():
                found_company(tenant_id=tenant_id, owner=user, company=company, now=now)
                return fill_company(archive, actor=_ACTOR, now=now)
        except (SlugRefused, SlugTaken) as error:
            raise CommandError(f"/{slug}/ can't be had: {error.code}.") from error

    def _say_source(self, manifest: Manifest) -> str:
        company = manifest.company
        return (
            f"The archive of {company['name']} (/{company['slug']}/), made {manifest.made_at}"
            f" by {manifest.made_by}: {manifest.rows} rows."
        )

    def _say(self, report: Report) -> None:
        for line in say_report(report):
            self.stdout.write(line)


_ACTOR = Actor.system("command line")
