"""Remembers when a backup was made, for the operator's page."""

from datetime import datetime

from crm.ops.backup.archive import Manifest
from crm.ops.models import PlatformEntry

MADE = "backup.made"


def note_backup(*, manifest: Manifest, size: int, seconds: float, now: datetime) -> None:
    PlatformEntry.objects.using("owner").create(
        at=now,
        action=MADE,
        details={"rows": manifest.rows, "bytes": size, "seconds": round(seconds, 1)},
    )
