"""A subscriber whose effects can be counted; workers of the kill test import it too."""

import os
import signal
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from pathlib import Path

from django.db import transaction

from crm.audit.models import AuditEntry
from crm.outbox.registry import Event, subscribe
from crm.tenancy.context import tenant_scope

TOPIC = "test.counted"
APART = "test.apart"
# A worker told so stands still before its event of this number, until it is killed.
HOLD_AT = "KRAM_TEST_HOLD_AT"
HOLD_IN = "KRAM_TEST_HOLD_IN"  # the folder where it says that it stands

_begun = count()


def _hold() -> None:
    """Stand in the middle of a batch: a moment that no busy machine can miss."""
    at = os.environ.get(HOLD_AT)
    if at and next(_begun) == int(at):
        Path(os.environ[HOLD_IN], str(os.getpid())).touch()
        while True:
            signal.pause()


@subscribe(TOPIC)
def leave_a_mark(event: Event) -> None:
    """Write one row for the event: a repeat would be a second one."""
    _hold()
    _write(event)


def _write(event: Event) -> None:
    AuditEntry.objects.create(
        at=event.created_at,
        actor_kind="system",
        actor_label="test",
        action="test.effect",
        object_type="event",
        object_id=event.object_id,
    )


_another_connection = ThreadPoolExecutor(1)


@subscribe(APART)
def leave_a_mark_apart(event: Event) -> None:
    """The control: the same, stored at once in a transaction that is not the drain's."""

    def work() -> None:
        with tenant_scope(event.tenant_id), transaction.atomic():
            _write(event)

    _hold()
    _another_connection.submit(work).result()
