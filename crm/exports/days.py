"""Days that an export is asked for, where the list itself has no filter of them."""

from datetime import date, datetime, time, timedelta
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone

from crm.exports.registry import Selection


def in_days(rows: QuerySet[Any], field: str, selection: Selection) -> QuerySet[Any]:
    """Leave the rows of the days asked for, both ends included, in the company's time."""
    since, till = _day(selection.get("since")), _day(selection.get("till"))
    if since is not None:
        rows = rows.filter(**{f"{field}__gte": _midnight(since)})
    if till is not None:
        rows = rows.filter(**{f"{field}__lt": _midnight(till + timedelta(days=1))})
    return rows


def _day(text: Any) -> date | None:
    return date.fromisoformat(text) if text else None


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time()))
