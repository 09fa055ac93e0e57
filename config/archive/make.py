"""An archive as a file: whole or not there, checked, and written down in the company's logs."""

import os
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from django.db import transaction

from config.archive.manifest import Manifest, TableFacts
from config.archive.read import open_archive
from config.archive.write import write_archive
from crm.audit.actor import Actor
from crm.audit.reads import Via, record_reads_of_all
from crm.audit.record import record
from crm.tenancy.models import Tenant
from customers.models import Customer

Tell = Callable[[TableFacts, int, int], None]


def make_archive(
    path: Path, *, tenant: Tenant, actor: Actor, now: datetime, tell: Tell = lambda *_: None
) -> Manifest:
    """Make the archive of the company in scope; it appears under its name when all is done.

    Readable by the file's owner alone: it holds people's data. Needs no open transaction.
    """
    unfinished = path.with_name(path.name + ".unfinished")
    handle = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        with os.fdopen(handle, "wb") as file:
            manifest = write_archive(file, tenant=tenant, now=now, tell=tell)
            file.flush()
            os.fsync(file.fileno())
        with open_archive(unfinished):  # what was written can be read
            pass
        note_archived(tenant, manifest, actor=actor, now=now)
        os.replace(unfinished, path)
    except BaseException:
        unfinished.unlink(missing_ok=True)
        raise
    return manifest


@transaction.atomic
def note_archived(tenant: Tenant, manifest: Manifest, *, actor: Actor, now: datetime) -> None:
    """Write who took the company's data away: in the audit, and of each customer in the reads."""
    record_reads_of_all(Customer, reader=actor, via=Via.EXPORT, now=now)
    record("company.archived", tenant, actor=actor, now=now, details={"rows": manifest.rows})
