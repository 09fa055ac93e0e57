"""What the actions of the orders' settings share."""

from typing import Any

from crm.audit.changes import Changes, plain
from orders.errors import InvalidOrder


def check_name(model: Any, name: str, but: int | None = None) -> str:
    """Return a name without spare spaces, which no other row of the model has."""
    name = " ".join(name.split())
    if not name:
        raise InvalidOrder("required", field="name")
    if model.objects.filter(name=name).exclude(id=but).exists():
        raise InvalidOrder("name_taken", field="name")
    return name


def made(row: Any, *fields: str) -> Changes:
    """The changes of a row that was just made: everything came from nothing."""
    return {name: [None, plain(getattr(row, name))] for name in fields}


def put_in_order(rows: dict[int, Any], ids: Any) -> Changes:
    """Give rows the places of their ids; the names before and after, for the audit."""
    before = [row.name for row in sorted(rows.values(), key=lambda r: (r.position, r.pk))]
    moved = False
    for position, row_id in enumerate(ids):
        row = rows.get(row_id)
        if row is not None and row.position != position:
            row.position = position
            row.save(update_fields=["position"])
            moved = True
    after = [row.name for row in sorted(rows.values(), key=lambda r: (r.position, r.pk))]
    return {"position": [before, after]} if moved and before != after else {}
