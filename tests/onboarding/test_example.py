"""The example fills a company, tells nobody, and goes away without a trace."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from decimal import Decimal
from threading import Barrier

import pytest
from django.apps import apps
from django.core.cache import cache
from django.db import connection, connections, transaction
from django.utils import timezone
from django.utils.translation import gettext, pgettext

from crm.accounts.permissions import Role
from crm.audit.actor import Actor
from crm.audit.models import AuditEntry
from crm.outbox.models import OutboxEvent
from crm.outbox.tasks import drain
from crm.shell.models import Notification
from crm.tenancy.context import tenant_scope
from crm.tenancy.models import Tenant, TenantModel
from crm.webhooks.models import FeedEvent
from customers.actions.profile import edit_customer
from customers.models import Customer
from customers.phones import normalise_phone
from integrations.onboarding.actions.example import fill_example, remove_example
from integrations.onboarding.models import Example, ExampleRow
from integrations.onboarding.selectors import read_progress
from inventory.factories import make_variant, stock_up
from inventory.models import Product, StockItem, StockMovement, Variant
from inventory.selectors.books import check_books
from messaging.models import OutgoingMessage
from orders.actions.clock import assign_waiting, raise_alarms, start_due_picking
from orders.actions.edit import edit_order
from orders.actions.notes import add_note
from orders.actions.payments import record_payment
from orders.actions.place import place_order
from orders.actions.transition import (
    ParcelInput,
    agree_order,
    deliver_order,
    pack_order,
    return_order,
    ship_order,
    start_picking,
)
from orders.edits import EditLine, OrderEdit
from orders.inputs import BuyerInput, LineInput, OrderInput, PaymentInput
from orders.models import Order, OrderTransition, Payment, PickItem
from orders.pipeline import Stage
from orders.search import find_orders
from tests.fixtures.cast import found_company, hire


@pytest.fixture(autouse=True)
def _empty_cache():
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def by(owner):
    OutboxEvent.objects.all().delete()
    return {"actor": Actor.member(owner), "now": timezone.now()}


@pytest.fixture
def filled(shop, owner, by):
    fill_example(company=shop, member=owner, **by)
    return shop


def count_rows() -> dict[str, int]:
    """The rows of every table of the company."""
    models = [one for one in apps.get_models() if issubclass(one, TenantModel)]
    return {one._meta.db_table: one.objects.count() for one in models}


def place_own(by, variant_id: int, **buyer: str) -> Order:
    data = OrderInput(
        channel_code="phone",
        lines=(LineInput(variant_id=variant_id, quantity=1),),
        buyer=BuyerInput(**buyer or {"name": "Ірина", "phone": "0671234567"}),
    )
    return place_order(data=data, **by).order


def of_stage(stage: Stage) -> Order:
    return Order.objects.filter(stage=stage, number__lt=0).order_by("pk").first()


def test_it_is_a_small_shop_in_all_stages(filled, owner):
    assert Product.objects.count() == 10
    assert Customer.objects.count() == 15
    orders = list(Order.objects.order_by("-number"))
    assert [order.number for order in orders] == list(range(-1, -26, -1))
    assert {order.stage for order in orders} == set(Stage)
    prefix = pgettext("before the number of an example order", "EX")
    assert {order.label for order in orders} == {f"{prefix}-{n}" for n in range(1, 26)}
    assert {tag for order in orders for tag in order.tags.values_list("name", flat=True)} == {
        gettext("example")
    }
    assert orders[0].placed_at > timezone.now() - timedelta(days=15)
    assert StockItem.objects.filter(on_hand__gt=0).count() == 15
    assert check_books().balance


def test_its_orders_are_found_by_what_stands_on_them(filled):
    order = of_stage(Stage.NEW)
    for query in (order.label, f"№{order.label}", order.customer.name):
        assert find_orders(query, viewer=None)[0] == order.pk


def test_the_audit_names_its_orders_as_they_are_named(filled, by, owner, client_of):
    order, own = of_stage(Stage.NEW), place_own(by, make_variant("OWN").pk)
    for one in (order, own):
        add_note(order_id=one.pk, text="Дзвонили", **by)
    address = f"/{filled.slug}/settings/audit/"

    def lines(text: str):
        return client_of(owner).get(address, {"find": text, "object": "order"}).context["lines"]

    for one in (order, own):
        for text in (str(one), one.label, str(one.number), one.label.lower()):
            found = lines(text)
            assert {line.entry.object_id for line in found} == {one.pk}
            assert {line.object.label for line in found} == {f"№{one.label}"}
            assert found[0].object.url.endswith(f"/orders/{one.number}/")
    assert lines(order.label.replace("-", "+")) == []


def test_the_currency_is_free_again_when_it_is_gone(filled, owner, by, client_of):
    client = client_of(owner)
    client.cookies["kram_language"] = "en"
    address, way = f"/{filled.slug}/settings/company/", f"/{filled.slug}/start/example/"

    def told():
        page = client.get(address)
        facts = page.text[page.text.index('<dl class="k-dl">') :].split("</dl>")[0]
        return "currency" in page.context["form"].fields, way in facts

    assert told() == (False, True)
    before = transaction.savepoint()
    place_own(by, make_variant("OWN").pk)
    assert told() == (False, False)  # the example is not all that keeps it
    transaction.savepoint_rollback(before)
    remove_example(company=filled, **by)
    assert told() == (True, False)


def test_it_tells_nobody_and_starts_no_clock(filled, by):
    later = {"now": by["now"] + timedelta(days=9)}
    assert OutboxEvent.objects.count() == 0
    assert (raise_alarms(**later), assign_waiting(**later), start_due_picking(**later)) == (0, 0, 0)
    assert Order.objects.filter(next_alarm_at__isnull=False).count() == 0
    assert read_progress(filled).done == set()


def test_removed_it_leaves_no_row_but_the_two_lines_of_the_audit(shop, owner, by):
    make_variant("TEA", product="Чай")
    before = count_rows()
    fill_example(company=shop, member=owner, **by)
    assert Tenant.objects.get(pk=shop.pk).has_example
    assert remove_example(company=shop, **by) == []
    before["audit_auditentry"] += 2
    assert count_rows() == before
    assert not Tenant.objects.get(pk=shop.pk).has_example
    actions = AuditEntry.objects.order_by("-id").values_list("action", flat=True)[:2]
    assert list(actions) == ["company.example_removed", "company.example_filled"]


def test_filled_twice_it_is_there_once_and_removed_twice_it_is_gone(filled, owner, by):
    fill_example(company=filled, member=owner, **by)
    assert Order.objects.count() == 25
    assert AuditEntry.objects.filter(action="company.example_filled").count() == 1
    remove_example(company=filled, **by)
    assert remove_example(company=filled, **by) == []
    assert AuditEntry.objects.filter(action="company.example_removed").count() == 1


def test_own_orders_begin_at_one_and_have_no_gap(filled, by):
    variant = make_variant("OWN", product="Своє")
    assert place_own(by, variant.pk).number == 1
    remove_example(company=filled, **by)
    assert place_own(by, variant.pk).number == 2


def try_everything(by) -> Order:
    """Take a new order of the example through the whole pipeline, and be paid."""
    order = of_stage(Stage.NEW)
    line = order.lines.first()
    edit = OrderEdit(
        {"ship_date": by["now"].date(), "delivery_city": "Львів"},
        lines=[EditLine(id=line.pk, quantity=3, price=line.price)],
    )
    edit_order(order_id=order.pk, edit=edit, **by)
    add_note(order_id=order.pk, text="Передзвонити", **by)
    agree_order(order_id=order.pk, **by)
    payment = PaymentInput(amount=order.total, method="card")
    record_payment(order_id=order.pk, payment=payment, **by)
    start_picking(order_id=order.pk, **by)
    PickItem.objects.filter(pick_list__order=order).update(picked=3)
    pack_order(order_id=order.pk, parcel=ParcelInput(), **by)
    ship_order(order_id=order.pk, **by)
    deliver_order(order_id=order.pk, **by)
    return_order(order_id=order.pk, lines=None, reason="розмір", **by)
    order.refresh_from_db()
    return order


def test_what_was_tried_on_it_goes_with_it_and_is_told_to_nobody(shop, owner, by):
    before = count_rows()
    fill_example(company=shop, member=owner, **by)
    order = try_everything(by)
    assert order.stage == Stage.RETURNED
    assert order.paid >= order.total
    topics = set(OutboxEvent.objects.values_list("topic", flat=True))
    assert "example.order.agreed" in topics
    assert all(topic.startswith("example.") for topic in topics)
    assert check_books().balance
    drain(shop.pk)
    assert remove_example(company=shop, **by) == []
    told = (FeedEvent, OutgoingMessage, Notification, OrderTransition, Payment, StockMovement)
    assert [model.objects.count() for model in told] == [0] * 6
    after = count_rows()
    assert {name for name in before if after[name] != before[name]} == {"audit_auditentry"}


def test_an_own_order_tells_others_as_ever(filled, by):
    """The control of the test above: the same moves on an own order are told."""
    variant = make_variant("OWN", product="Своє")
    stock_up([(variant, 5)])
    order = place_own(by, variant.pk)
    topics = set(OutboxEvent.objects.filter(object_type="order").values_list("topic", flat=True))
    assert topics == {"order.placed"}
    assert OrderTransition.objects.filter(order=order).count() == 1


def test_what_the_company_built_on_stays_and_is_named(filled, by):
    sold, edited = Variant.objects.get(sku="POT-800"), Variant.objects.get(sku="POT-TURKA")
    own = place_own(by, sold.pk)
    regular, renamed = Customer.objects.order_by("pk")[:2]
    place_order(
        data=OrderInput(
            channel_code="phone",
            lines=(LineInput(variant_id=make_variant("OWN", product="Своє").pk, quantity=1),),
            customer_id=regular.pk,
        ),
        **by,
    )
    edit_customer(customer_id=renamed.pk, changes={"name": "Марія"}, **by)
    mine = of_stage(Stage.NEW)
    line = EditLine(sku="OWN", quantity=1, price=Decimal(10))
    edit_order(order_id=mine.pk, edit=OrderEdit({}, lines=[line]), **by)
    assert edited.product_id != sold.product_id

    stayed = {(one.kind, one.label, one.why) for one in remove_example(company=filled, **by)}
    assert stayed == {
        ("product", sold.product.name, "in_use"),
        ("customer", regular.name, "in_use"),
        ("customer", "Марія", "changed"),
        ("customer", mine.customer.name, "in_use"),
        ("order", f"№{mine.label}", "own_goods"),
    }
    assert set(Order.objects.values_list("number", flat=True)) == {1, 2, mine.number}
    assert Order.objects.get(pk=own.pk).lines.get().variant_id == sold.pk
    assert not Product.objects.filter(pk=edited.product_id).exists()
    assert check_books().balance
    assert ExampleRow.objects.count() == Example.objects.count() == 0


def test_another_company_gets_nothing_of_it(filled, neighbour):
    with tenant_scope(neighbour.pk):
        assert Order.objects.count() == Customer.objects.count() == Product.objects.count() == 0
        assert not Tenant.objects.get(pk=neighbour.pk).has_example


def test_it_can_be_filled_anew_beside_what_stayed(filled, owner, by):
    mine = of_stage(Stage.NEW)
    variant = make_variant("OWN", product="Своє")
    line = EditLine(sku=variant.sku, quantity=1, price=Decimal(10))
    edit_order(order_id=mine.pk, edit=OrderEdit({}, lines=[line]), **by)
    remove_example(company=filled, **by)
    fill_example(company=filled, member=owner, **by)
    numbers = set(Order.objects.values_list("number", flat=True))
    assert len(numbers) == 26
    assert mine.number in numbers


def test_its_pages(shop, owner, client_of):
    browser = client_of(owner)
    manager = client_of(hire(shop, Role.MANAGER))
    fill, remove = "/shop/start/example/fill/", "/shop/start/example/"
    assert f'action="{fill}"' in browser.get("/shop/orders/").content.decode()
    assert f'action="{fill}"' not in manager.get("/shop/orders/").content.decode()
    assert manager.post(fill).status_code == 403
    assert Order.objects.count() == 0
    assert browser.post(fill).headers["Location"] == "/shop/orders/board/"
    assert Order.objects.count() == 25
    for page in ("orders/", "orders/board/", "customers/", "products/", "stock/", "start/"):
        html = browser.get(f"/shop/{page}").content.decode()
        assert "k-example" in html
        assert f'href="{remove}"' in html
        assert f'action="{fill}"' not in html
    html = manager.get("/shop/orders/").content.decode()
    assert "k-example" in html  # read by the browser that changed it, and kept
    assert f'href="{remove}"' not in html
    order = of_stage(Stage.NEW)
    assert normalise_phone(order.recipient_phone) == order.recipient_phone
    card = browser.get(f"/shop/orders/{order.number}/").content.decode()
    assert order.label in card
    picked = of_stage(Stage.PICKING)
    assert picked.label in browser.get(f"/shop/picking/{picked.number}/").content.decode()
    assert picked.label in browser.get("/shop/picking/").content.decode()
    assert manager.post(remove).status_code == 403
    assert Order.objects.count() == 25
    place_own({"actor": Actor.member(owner), "now": timezone.now()}, Variant.objects.first().pk)
    html = browser.post(remove).content.decode()
    assert Product.objects.get().name in html
    assert "k-example" not in browser.get("/shop/orders/").content.decode()


def test_pressed_twice_in_one_moment_it_is_there_once(transactional_db):
    company = found_company("rush", "Поспіх")
    with tenant_scope(company.pk), transaction.atomic():
        member = hire(company, Role.OWNER)
    by = {"actor": Actor.member(member), "now": timezone.now()}
    start = Barrier(2)

    def press() -> int:
        try:
            with tenant_scope(company.pk), transaction.atomic():
                connection.ensure_connection()
                start.wait(30)
                return fill_example(company=company, member=member, **by).pk
        finally:
            connections.close_all()

    with ThreadPoolExecutor(2) as pool:
        presses = [pool.submit(press) for _ in range(2)]
        assert len({one.result(60) for one in presses}) == 1
    with tenant_scope(company.pk), transaction.atomic():
        assert Order.objects.count() == 25
        assert check_books().balance
