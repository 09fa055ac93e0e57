"""The order's pages as a browser meets them."""

import json
from html import unescape
from re import findall

from django.utils import timezone

from orders.actions.edit import edit_order
from orders.actions.transition import agree_order, start_picking
from orders.edits import OrderEdit
from orders.selectors.snapshot import read_snapshot
from orders.web.blocks import FORMS
from tests.orders.conftest import SYSTEM

DELIVERY = {
    "delivery_method": "np_branch",
    "delivery_city": "Львів",
    "delivery_branch": "Відділення №12",
    "delivery_street": "",
    "recipient_name": "Олена Коваленко",
    "recipient_phone": "067 123 45 67",
    "ship_date": "2026-12-01",
    "ship_from": "10:00",
    "ship_till": "14:00",
    "payment_method": "cod",
}


def url(order, path=""):
    return f"/shop/orders/{order.number}/{path}"


def base_of(order, block):
    order.refresh_from_db()
    names = list(FORMS[block].base_fields)
    return {"base": json.dumps(read_snapshot(order, names)), "version": str(order.version)}


def save(client, order, block, seen, **typed):
    return client.post(
        url(order, f"blocks/{block}/"), {**seen, **typed}, headers={"HX-Request": "true"}
    )


def text(response):
    return response.content.decode()


def hidden(html):
    """The hidden inputs of the page's forms, as a browser would send them."""
    pairs = findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', html)
    return {name: unescape(value) for name, value in pairs if name != "csrfmiddlewaretoken"}


def picking(order):
    edit = OrderEdit(
        {
            "delivery_method": "pickup",
            "payment_method": "cod",
            "ship_date": timezone.localdate(),
        }
    )
    now = timezone.now()
    edit_order(order_id=order.pk, edit=edit, actor=SYSTEM, now=now)
    agree_order(order_id=order.pk, actor=SYSTEM, now=now)
    start_picking(order_id=order.pk, actor=SYSTEM, now=now)
    order.refresh_from_db()
