"""A file holds people's data: it is not kept longer than somebody may need to look into it."""

from datetime import datetime, timedelta

from django.db import transaction

from crm.audit.actor import Actor
from crm.audit.record import record
from integrations.imports.models import Chunk, FilePart, Import, ImportState

KEEP_FOR = timedelta(days=30)
UNUSED = (ImportState.MAPPING, ImportState.READY, ImportState.FAILED)
OVER = (ImportState.DONE, ImportState.UNDONE)


@transaction.atomic
def forget_old_files(*, now: datetime, limit: int = 50) -> int:
    """Delete files that came in long ago; return how many. Call again while it returns `limit`.

    Of an import that is over stays what it did (counts and traces, so it can still be taken back);
    one of which nothing was brought in goes whole. One that is at work is left alone.
    """
    old = list(
        Import.objects.select_for_update(no_key=True, skip_locked=True)
        .filter(
            created_at__lt=now - KEEP_FOR,
            state__in=(*UNUSED, *OVER),
            parts__isnull=False,
            parts__position=0,
        )
        .order_by("id")[:limit]
    )
    for run in old:
        FilePart.objects.filter(run=run).delete()
        if run.state in UNUSED:
            Chunk.objects.filter(run=run).delete()
            record(
                "import.discarded",
                run,
                actor=Actor.system("imports"),
                now=now,
                details={"file": run.file_name},
            )
            run.delete()
        else:
            Chunk.objects.filter(run=run).update(data=b"", verdicts=[])
            run.samples = []
            run.save(update_fields=["samples"])
    return len(old)
