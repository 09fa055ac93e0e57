"""Reads of letters; each says its query count."""

from collections.abc import Sequence

from django.db.models import Count, QuerySet

from messaging.models import MessageState, NoticeKind, OutgoingMessage


def list_messages(*, state: str = "", kind: str = "") -> QuerySet[OutgoingMessage]:
    """Return the company's letters that fit, with order and customer, without order of rows."""
    rows = OutgoingMessage.objects.select_related("order", "customer")
    if state in MessageState.values:
        rows = rows.filter(state=state)
    if kind in NoticeKind.values:
        rows = rows.filter(kind=kind)
    return rows


def list_order_messages(order_id: int, limit: int = 20) -> Sequence[OutgoingMessage]:
    """Return the letters about an order, newest first. One query."""
    return list(OutgoingMessage.objects.filter(order_id=order_id).order_by("-id")[:limit])


def count_by_state() -> dict[str, int]:
    """Return how many letters are in each state. One query over an index."""
    rows = OutgoingMessage.objects.values_list("state").annotate(n=Count("id")).order_by()
    return dict(rows)
