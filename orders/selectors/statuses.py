"""The company's statuses and how many orders stand in them."""

from collections.abc import Collection

from django.db.models import Count

from orders.models import Order, Status


def list_statuses() -> list[Status]:
    """All statuses in the pipeline's order, archived ones last in their stage. One query."""
    return list(Status.objects.order_by("stage", "-is_active", "position", "id"))


def count_standing(status_ids: Collection[int]) -> dict[int, int]:
    """How many orders stand in these statuses. One query, along the index of the status."""
    rows = Order.objects.filter(status_id__in=status_ids).values_list("status_id")
    return dict(rows.annotate(n=Count("id")))
