"""Every page × the rights to fields: a cost or a whole phone is nowhere without its right."""

from decimal import Decimal
from http import HTTPStatus

import pytest
from django.utils import timezone

from crm.accounts.permissions import Permission
from crm.accounts.scopes import RowScope
from crm.audit.actor import Actor
from inventory.actions.stock import ReceiptLine, receive_goods
from inventory.models import Variant
from orders.models import OrderLine
from tests.matrix.test_pages import IN_COMPANY, undone
from tests.matrix.test_scopes import API, PHONE, hidden, member_with, ours_with_words

__all__ = ["hidden"]  # the order whose phone and cost are looked for
COST, MARGIN = Decimal("31337.19"), Decimal("77654.32")
# How a page, a form or an answer may spell them, spaces aside.
SPELLINGS = {
    Permission.PHONES_VIEW: (PHONE, PHONE[1:], "0509998877", "509998877"),
    Permission.COSTS_VIEW: ("31337", "77654"),
}
WHERE = {
    Permission.PHONES_VIEW: {
        "orders:list", "orders:detail", "customers:list", "customers:detail",
        "shell:palette", "api-orders", "api-order", "api-customers", "api-customer",
    },
    Permission.COSTS_VIEW: {"orders:detail", "inventory:product"},
}  # fmt: skip


def read(client, ours) -> dict[str, str]:
    """Every page that is read, the objects' own among them, without its spaces."""
    pages = {}
    for route in [*IN_COMPANY, *API]:
        if not isinstance(route.access, str) and "get" not in route.access:
            continue
        questions = ours_with_words(route) if isinstance(route.access, str) else ("",)
        for question in questions:
            with undone():
                url = route.url(ours) + question
                response = client.get(url, headers={"X-Kram-Company": "shop"})
                if not response.streaming:
                    pages[f"{route.name}{question}"] = squeeze(response.content.decode())
            if response.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
                break  # whatever it is asked
    return pages


def squeeze(text: str) -> str:
    return "".join(text.replace("&nbsp;", "").split())


def found(pages, right) -> set[str]:
    return {
        key.split("?")[0]
        for key, text in pages.items()
        if any(spelling in text for spelling in SPELLINGS[right])
    }


@pytest.fixture
def costly(ours, hidden):
    """The order of `hidden` with goods whose cost and margin are like no other figure."""
    ours.document = receive_goods(
        warehouse_id=ours.warehouse.pk,
        lines=[ReceiptLine(ours.variant.pk, 1, unit_cost=COST)],
        actor=Actor.system(),
        now=timezone.now(),
    )
    Variant.objects.update(cost=COST)
    OrderLine.objects.filter(order=hidden).update(unit_cost=COST, total=COST + MARGIN)
    return hidden


@pytest.mark.slow
def test_a_field_is_nowhere_without_its_right(ours, shop, client_of, costly):
    rights = [one for one in Permission if one != Permission.COMPANY_OWN]
    whole = member_with(shop, RowScope(), rights=rights, name="Уся")
    seen = read(client_of(whole), ours)
    for right in SPELLINGS:
        without = member_with(shop, RowScope(), rights=[one for one in rights if one != right])
        assert found(read(client_of(without), ours), right) == set(), right
        assert WHERE[right] - found(seen, right) == set(), right


def test_a_masked_phone_is_known_again_and_not_called(ours, shop, client_of, hidden):
    rights = [one for one in Permission if one != Permission.PHONES_VIEW]
    client = client_of(member_with(shop, RowScope(), rights=rights))
    page = client.get(f"/shop/orders/{hidden.number}/").content.decode()
    assert "+380 •• ••• 88 77" in page.replace("\u00a0", " ")
    assert "tel:" not in page
    # A whole number finds its order and tells no digit more; a part of one finds nothing.
    whole = client.get("/shop/orders/?q=0509998877").content.decode()
    assert f'id="order-{hidden.pk}"' in whole
    part = client.get("/shop/orders/?q=05099988").content.decode()
    assert f'id="order-{hidden.pk}"' not in part
    seeing = client_of(member_with(shop, RowScope(), rights=list(Permission), name="Зряча"))
    assert f'id="order-{hidden.pk}"' in seeing.get("/shop/orders/?q=05099988").content.decode()
