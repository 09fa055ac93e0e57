"""Filling a company with an example of a shop, and taking all of it away again.

Nothing of it is told to anybody: no letters, no webhooks, no clocks. The audit says that it was
filled and removed, and by whom; open pages look again.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from crm.accounts.models import Membership
from crm.audit.actor import Actor
from crm.audit.record import build_record
from crm.shell.live import publish_after_commit
from crm.tenancy.middleware import forget_tenants
from crm.tenancy.models import Tenant
from customers.actions.example import make_example_customers, remove_example_customers
from customers.models import Customer
from integrations.onboarding.example_rows import Maker
from integrations.onboarding.models import Example, ExampleRow
from integrations.onboarding.selectors import forget_progress
from inventory.actions.example import make_example_goods, remove_example_goods
from inventory.models import Product
from orders.actions.example import place_example_orders, remove_example_orders
from orders.models import Order

_KINDS = ("order", "customer", "product", "variant")
_TOPICS = ("orders", "customers", "products", "stock")


@dataclass(frozen=True, slots=True)
class Stayed:
    """Something of the example on which the company has built: what it is and why it stays."""

    kind: str
    object_id: int
    label: str
    why: str
    # Of an order: what its page is found by.
    number: int = 0


@transaction.atomic
def fill_example(*, company: Tenant, member: Membership, actor: Actor, now: datetime) -> Example:
    """Fill the company with the example. A company that has it already keeps the one it has.

    Names are in the active language: call it under the company's.
    """
    example, is_new = Example.objects.get_or_create(
        defaults={"filled_by": member, "filled_at": now}
    )
    if not is_new:
        return example
    maker = Maker(currency=company.currency, member=member, tag=_("example"), now=now)
    goods = make_example_goods(
        products=maker.products(), category=_("Example"), currency=company.currency
    )
    customers = make_example_customers(people=maker.customers(), tag=maker.tag)
    orders = place_example_orders(
        orders=maker.orders(goods, customers),
        prefix=pgettext("before the number of an example order", "EX")[:8],
        now=now,
    )
    ids = {
        "order": [order.pk for order in orders],
        "customer": [customer.pk for customer in customers],
        "product": sorted({variant.product_id for variant in goods.values()}),
        "variant": [variant.pk for variant in goods.values()],
    }
    ExampleRow.objects.bulk_create(
        [ExampleRow(kind=kind, object_id=pk) for kind, some in ids.items() for pk in some]
    )
    _finish(
        company, "company.example_filled", True, actor, now, {k: len(v) for k, v in ids.items()}
    )
    return example


@transaction.atomic
def remove_example(*, company: Tenant, actor: Actor, now: datetime) -> list[Stayed]:
    """Take away every row of the example but those on which something of the company's own was
    built; these are the company's from now on, and returned. Repeating it changes nothing."""
    if Example.objects.select_for_update().first() is None:
        return []
    ids: dict[str, list[int]] = {kind: [] for kind in _KINDS}
    for kind, pk in ExampleRow.objects.order_by("object_id").values_list("kind", "object_id"):
        ids[kind].append(pk)
    kept = {
        "order": remove_example_orders(
            order_ids=ids["order"], customer_ids=ids["customer"], variant_ids=ids["variant"]
        ),
        "customer": remove_example_customers(customer_ids=ids["customer"]),
        "product": remove_example_goods(product_ids=ids["product"], variant_ids=ids["variant"]),
    }
    stayed = _name(kept)
    ExampleRow.objects.all().delete()
    Example.objects.all().delete()
    details: dict[str, Any] = {k: len(ids[k]) - len(some) for k, some in kept.items()}
    details["stayed"] = [f"{one.label}: {one.why}" for one in stayed[:50]]
    _finish(company, "company.example_removed", False, actor, now, details)
    return stayed


def _name(kept: Mapping[str, Mapping[int, str]]) -> list[Stayed]:
    """Say what stays by the words people know it by."""
    orders = {order.pk: order for order in Order.objects.filter(pk__in=kept["order"])}
    names = {
        "order": {pk: str(order) for pk, order in orders.items()},
        "customer": {c.pk: str(c) for c in Customer.objects.filter(pk__in=kept["customer"])},
        "product": {p.pk: p.name for p in Product.objects.filter(pk__in=kept["product"])},
    }
    return [
        Stayed(
            kind,
            pk,
            names[kind].get(pk, ""),
            why,
            orders[pk].number if kind == "order" else 0,
        )
        for kind, some in kept.items()
        for pk, why in sorted(some.items())
    ]


def _finish(
    company: Tenant,
    action: str,
    has_example: bool,
    actor: Actor,
    now: datetime,
    details: dict[str, Any],
) -> None:
    """Write it into the audit, mark the company, and have open pages look again."""
    entry, _event = build_record(action, company, actor=actor, now=now, details=details)
    entry.save()
    Tenant.objects.filter(pk=company.pk).update(has_example=has_example)
    transaction.on_commit(forget_tenants)
    transaction.on_commit(lambda: forget_progress(company))
    for topic in _TOPICS:
        publish_after_commit(tenant_id=company.pk, topic=topic)
