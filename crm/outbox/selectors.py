"""Reads of effects that failed: what waits for another try, and what was given up."""

from crm.outbox.models import OutboxEvent

PAGE = 50


def list_failures(*, before: int | None = None) -> tuple[list[OutboxEvent], int | None]:
    """Return a page of failed effects, the latest first, and where the next begins. One query."""
    rows = OutboxEvent.objects.filter(attempts__gt=0)
    if before is not None:
        rows = rows.filter(id__lt=before)
    found = list(rows.order_by("-id")[: PAGE + 1])
    return found[:PAGE], found[PAGE - 1].pk if len(found) > PAGE else None


def count_given_up() -> int:
    """Return how many effects nobody tries any more. One query."""
    return OutboxEvent.objects.filter(attempts__gt=0, failed=True).count()
