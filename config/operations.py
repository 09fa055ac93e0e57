"""What the apps tell the operator of the service: what waits, and proofs after a restore."""

from typing import Any

from django.db import connection
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from crm.ops.backlogs import BacklogKind, register_backlog
from crm.ops.proofs import register_proof
from crm.ops.usage import OrdersSource, register_orders
from crm.shell.notices import Notice, register_notification
from crm.tenancy.context import current_tenant_id
from inventory.selectors.books import check_books

# What was paid before an order came here (a past order, an example's) is no row of the ledger: only
# an order whose history begins here is the sum of its payments.
_WRONG_SUMS = """
SELECT count(*), coalesce(sum(o.total_base), 0), count(*) FILTER (WHERE
    o.total <> o.lines_total - o.discount + o.delivery_price + o.tax
    OR o.lines_total <> coalesce(l.total, 0)
    OR (b.order_id IS NOT NULL
        AND (o.paid <> coalesce(p.paid, 0) OR o.refunded <> coalesce(p.refunded, 0))))
FROM orders_order o
LEFT JOIN (SELECT order_id, sum(total) AS total FROM orders_orderline
           WHERE tenant_id = %(t)s GROUP BY order_id) l ON l.order_id = o.id
LEFT JOIN (SELECT order_id, sum(amount) FILTER (WHERE kind = 'payment') AS paid,
                  sum(amount) FILTER (WHERE kind = 'refund') AS refunded
           FROM orders_payment WHERE tenant_id = %(t)s GROUP BY order_id) p ON p.order_id = o.id
LEFT JOIN (SELECT order_id FROM orders_ordertransition
           WHERE tenant_id = %(t)s AND from_stage IS NULL GROUP BY order_id) b ON b.order_id = o.id
WHERE o.tenant_id = %(t)s
"""


BACKLOGS = (
    BacklogKind(
        key="outbox",
        label=_("Events for our own parts"),
        table="outbox_outboxevent",
        waiting="NOT r.failed AND r.next_at <= now()",
        since="r.next_at",
        failed="r.failed",
    ),
    BacklogKind(
        key="inbound",
        label=_("Deliveries from outside systems"),
        table="integrations_inbounddelivery",
        waiting="r.state = 'waiting'",
        since="r.received_at",
        failed="r.state = 'failed'",
    ),
    BacklogKind(
        key="webhooks",
        label=_("Webhooks to other programs"),
        table="webhooks_delivery",
        waiting="r.state = 'waiting' AND r.next_at <= now()",
        since="r.next_at",
        failed="r.state = 'failed'",
    ),
    BacklogKind(
        key="messages",
        label=_("Messages to customers"),
        table="messaging_outgoingmessage",
        waiting="r.state IN ('waiting', 'sending') AND r.next_at <= now()",
        since="r.next_at",
        failed="r.state = 'failed'",
    ),
    BacklogKind(
        key="jobs",
        label=_("Background work"),
        table="jobs_job",
        waiting="r.state IN ('queued', 'running')",
        since="r.created_at",
        failed="r.state = 'failed'",
    ),
)


def connect() -> None:
    register_orders(OrdersSource(table="orders_order", moment="placed_at"))
    register_notification("company.support", _support_looks)
    register_notification("company.reopened", _is_open_again)
    register_notification("reads.many", _reads_many)
    for kind in BACKLOGS:
        register_backlog(kind)
    register_proof("stock", _prove_stock)
    register_proof("money", _prove_money)


def _support_looks(params: dict[str, Any]) -> Notice:
    text = gettext("%(name)s of the service may look into the company for an hour: %(reason)s")
    return Notice(text % params, "life-buoy", "orange")


def _is_open_again(params: dict[str, Any]) -> Notice:
    return Notice(gettext("The company is open again"), "circle-play", "green")


def _reads_many(params: dict[str, Any]) -> Notice:
    text = ngettext(
        "%(name)s opened or took away the data of %(count)s customer or order within an hour",
        "%(name)s opened or took away the data of %(count)s customers and orders within an hour",
        params["count"],
    )
    return Notice(text % params, "eye", "orange")


def _prove_stock() -> tuple[bool, str]:
    books = check_books()
    text = f"{books.items} items, {books.on_hand} on hand, {books.movements} movements"
    return books.balance, text if books.balance else f"{len(books.faults)} faults in {text}"


def _prove_money() -> tuple[bool, str]:
    """Every order is the sum of its lines, and what was paid for it the sum of its payments."""
    with connection.cursor() as cursor:
        cursor.execute(_WRONG_SUMS, {"t": current_tenant_id()})
        orders, total, wrong = cursor.fetchone()
    text = f"{orders} orders of {total}"
    return not wrong, text if not wrong else f"{wrong} orders do not add up in {text}"
