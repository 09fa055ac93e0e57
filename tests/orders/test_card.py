"""The card of an order: what it shows, and to whom."""

from decimal import Decimal
from html import unescape
from re import findall

import pytest
from django.utils import timezone

from inventory.factories import make_variant
from orders.actions.notes import add_note, set_tags
from orders.actions.place import place_order
from orders.actions.transition import cancel_order, start_picking, stop_picking
from orders.inputs import BuyerInput, LineInput, OrderInput, PaymentInput
from orders.models import Order
from orders.pipeline import Stage
from orders.selectors.timeline import list_happenings
from tests.orders.conftest import SYSTEM, settle
from tests.orders.pages import DELIVERY, base_of, save, text, url


@pytest.mark.parametrize("query", ["", "?panel=1"])
def test_an_order_is_printed_from_its_card(desk, order, query):
    page = unescape(desk.get(f"/shop/orders/{order.number}/{query}").text)
    links = findall(r'href="(/shop/orders/print/[^"]+)"', page)
    assert len(links) == 2
    for link in links:
        assert desk.get(link).text.count('class="p-sheet"') == 1


def test_a_long_comment_is_opened_and_a_short_one_stands(desk, order):
    def shown(text):
        Order.objects.filter(pk=order.pk).update(customer_comment=text)
        return desk.get(f"/shop/orders/{order.number}/").text

    short, long = "Передзвоніть, будь ласка.", "Дуже прошу передзвонити. " * 60
    assert short in shown(short)
    assert '<details class="k-said">' not in shown(short)
    page = shown(long)
    assert '<details class="k-said">' in page
    assert long in page


def test_page_panel_and_fragment_are_one_card(desk, order):
    page = text(desk.get(url(order)))
    panel = text(desk.get(url(order) + "?panel=1"))
    fragment = text(desk.get(url(order), headers={"HX-Request": "true"}))
    for html in (page, panel, fragment):
        assert f'id="o{order.number}-lines"' in html
        assert "Олена Коваленко" in html
        assert 'href="tel:+380671234567"' in html
    assert "<html" in page
    assert "<html" not in panel
    assert "k-panel__head" in panel
    assert "k-panel__head" not in fragment


def test_query_count_does_not_grow_with_lines(desk, order, django_assert_max_num_queries):
    for n in range(30):
        make_variant(f"V-{n}", product=f"Річ {n}", on_hand=5)
    big = place_order(
        data=OrderInput(
            channel_code="site",
            lines=tuple(LineInput(quantity=1, sku=f"V-{n}") for n in range(30)),
            buyer=BuyerInput(name="Олена Коваленко", phone="+380671234567"),
        ),
        actor=SYSTEM,
        now=timezone.now(),
    ).order
    desk.get(url(order))
    for one in (order, big):
        with django_assert_max_num_queries(25):
            assert desk.get(url(one)).status_code == 200


def test_margin_is_only_for_those_who_see_costs(client_of, desk, owner, order):
    theirs = client_of(owner)
    theirs.cookies["kram_language"] = "en"
    assert "Margin" in text(theirs.get(url(order)))
    assert "Margin" not in text(desk.get(url(order)))


def test_picker_and_neighbour_do_not_see_the_card(client_of, desk, picker, neighbour_owner, order):
    assert desk.get(url(order)).status_code == 200
    assert client_of(picker).get(url(order)).status_code == 403
    assert client_of(neighbour_owner).get(url(order)).status_code == 404


def test_what_is_missing_leads_to_its_field(desk, order):
    html = text(desk.get(url(order)))
    assert "choose how it is delivered" in html
    assert "focus=ship_date" in html
    form = text(desk.get(url(order, "blocks/delivery/") + "?edit=1&focus=ship_date"))
    assert "autofocus" in form.split('name="ship_date"')[1].split(">")[0]


def test_a_cancelled_order_asks_for_no_money_and_says_what_is_to_go_back(desk, order):
    other = place_order(
        data=OrderInput(
            channel_code="site",
            lines=(LineInput(1, name="x", price=Decimal(70)),),
            payment=PaymentInput(Decimal(50), "card"),
            payment_method="cod",
        ),
        actor=SYSTEM,
        now=timezone.now(),
    ).order
    form = text(desk.get(url(other, "moves/cancelled/")))
    assert "₴50.00 is paid" in form
    assert "is paid" not in text(desk.get(url(order, "moves/cancelled/")))
    assert "To collect at delivery" in text(desk.get(url(other)))
    cancel_order(order_id=other.pk, reason_id=None, actor=SYSTEM, now=timezone.now())
    card = text(desk.get(url(other)))
    assert "To collect at delivery" not in card
    assert card.count("Not given back") == 2  # in the head and among the payments
    assert ">paid<" not in card
    other.refresh_from_db()
    assert other.due == -50
    cancel_order(order_id=order.pk, reason_id=None, actor=SYSTEM, now=timezone.now())
    card = text(desk.get(url(order)))
    assert "Not given back" not in card
    assert "Paid in full" not in card


def test_suspected_repeat_is_shown_beside_the_other_and_decided(desk, order):
    twin = place_order(
        data=OrderInput(
            channel_code="site",
            lines=(LineInput(quantity=2, sku="CUP"),),
            buyer=BuyerInput(name="Олена Коваленко", phone="+380671234567"),
        ),
        actor=SYSTEM,
        now=timezone.now(),
    ).order
    html = text(desk.get(url(twin)))
    assert f"Perhaps a repeat of №{order.number}" in html
    assert desk.post(url(twin, "duplicate/"), {"is_duplicate": "no"}).status_code == 200
    twin.refresh_from_db()
    assert (twin.duplicate_state, twin.is_counted) == ("rejected", True)


def test_timeline_pages_by_key_and_keeps_the_whole_note(desk, order):
    long = "дуже довга нотатка " * 40
    for n in range(30):
        add_note(order_id=order.pk, text=f"{long}{n}.", actor=SYSTEM, now=timezone.now())
    first = text(desk.get(url(order)))
    assert f"{long}29." in first
    assert f"{long}2." not in first
    key = first.split("timeline/?before=")[1].split('"')[0]
    older = text(desk.get(url(order, f"timeline/?before={key}")))
    assert f"{long}2." in older
    assert f"{long}29." not in older
    assert "The order came in" in older


def test_what_was_said_at_one_moment_stands_apart(order):
    """A storefront's update brings payments, notes and edits at once."""
    now = timezone.now()
    for said in ("Перша", "Друга"):
        add_note(order_id=order.pk, text=said, actor=SYSTEM, now=now)
    set_tags(order_id=order.pk, names=["опт"], actor=SYSTEM, now=now)
    told, _older = list_happenings(order)
    assert [(one.action, one.text) for one in told[:3]] == [
        ("order.tagged", ""), ("order.noted", "Друга"), ("order.noted", "Перша"),
    ]  # fmt: skip


def test_analyst_reads_and_changes_nothing(client_of, analyst, order):
    client = client_of(analyst)
    html = text(client.get(url(order)))
    assert "?edit=1" not in html
    seen = base_of(order, "delivery")
    assert save(client, order, "delivery", seen, **DELIVERY).status_code == 403
    assert client.post(url(order, "moves/cancelled/"), {}).status_code == 403
    fresh = Order.objects.get(pk=order.pk)
    assert (fresh.delivery_city, fresh.stage) == ("", Stage.NEW)


def test_an_order_taken_off_picking_was_not_agreed_anew(desk, order):
    settle(order)
    page = text(desk.get(url(order)))
    assert ("Agreed with the customer" in page, "Taken off picking" in page) == (True, False)
    start_picking(order_id=order.pk, actor=SYSTEM, now=timezone.now())
    stop_picking(order_id=order.pk, actor=SYSTEM, now=timezone.now())
    page = text(desk.get(url(order)))
    assert page.count("Agreed with the customer") == 1
    assert page.count("Taken off picking") == 1
