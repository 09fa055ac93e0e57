"""Tags of orders: their colours, and one made of two."""

from datetime import datetime

from django.db import connection, transaction

from crm.audit.actor import Actor
from crm.audit.changes import Changes
from crm.audit.record import record
from crm.tenancy.context import current_tenant_id
from orders.errors import InvalidOrder
from orders.models import OrderSettings, OrderTag, Tag

# An order that has both loses the old one; the rest is called otherwise.
_DROP = """
DELETE FROM orders_ordertag a USING orders_ordertag b
WHERE a.tenant_id = %s AND a.name = %s
  AND b.tenant_id = a.tenant_id AND b.order_id = a.order_id AND b.name = %s
"""


def _clean(name: str) -> str:
    name = " ".join(name.split())[:40]
    if not name:
        raise InvalidOrder("required", field="name")
    return name


@transaction.atomic
def change_tag(*, name: str, to: str, color: str, merge: bool, actor: Actor, now: datetime) -> int:
    """Give a tag its name and colour in one step; return how many orders call it otherwise now."""
    moved = rename_tag(name=name, to=to, merge=merge, actor=actor, now=now)
    color_tag(name=to, color=color, actor=actor, now=now)
    return moved


@transaction.atomic
def color_tag(*, name: str, color: str, actor: Actor, now: datetime) -> Tag:
    """Give a tag a colour."""
    name = _clean(name)
    if color == "gray" and not Tag.objects.filter(name=name).exists():
        return Tag(name=name)  # as it looks anyway
    tag, _made = Tag.objects.get_or_create(name=name)
    if tag.color != color:
        changes: Changes = {"color": [tag.color, color]}
        tag.color = color
        tag.save(update_fields=["color"])
        record("tag.edited", tag, actor=actor, now=now, changes=changes)
    return tag


@transaction.atomic
def rename_tag(*, name: str, to: str, merge: bool, actor: Actor, now: datetime) -> int:
    """Call a tag otherwise on all orders; return on how many. Into a tag that is there already
    only where `merge` says that it is meant: the two can't be told apart afterwards."""
    name, to = _clean(name), _clean(to)
    if name == to:
        return 0
    # One at a time: two that rename crosswise would find each other half done.
    OrderSettings.objects.select_for_update(no_key=True).get()
    carried = OrderTag.objects.filter(name=name)
    there = OrderTag.objects.filter(name=to).exists() or Tag.objects.filter(name=to).exists()
    if there and not merge:
        raise InvalidOrder("tag_there", field="to")
    count = carried.count()
    row = Tag.objects.filter(name=name).first()
    if not count and row is None:
        raise InvalidOrder("unknown_tag", field="name")
    with connection.cursor() as cursor:
        cursor.execute(_DROP, [current_tenant_id(), name, to])
    carried.update(name=to)
    target = Tag.objects.filter(name=to).first()
    if target is None:
        target = row or Tag(name=to)
        target.name = to
        target.save()
    elif row is not None:
        row.delete()
    action = "tag.merged" if there else "tag.renamed"
    changes: Changes = {"name": [name, to]}
    record(action, target, actor=actor, now=now, changes=changes, details={"orders": count})
    return count
