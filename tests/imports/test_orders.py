"""Orders out of a file: past ones as the past they are, once, and taken back as a whole."""

from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from crm.audit.models import AuditEntry
from crm.outbox.models import OutboxEvent
from customers.models import Customer
from integrations.imports.actions.upload import ImportRefused
from integrations.imports.models import ImportState, Trace
from inventory.factories import make_variant, stock_up
from inventory.models import Demand, Product, Reservation, StockMovement, Variant
from orders.actions.notes import add_note
from orders.actions.transition import return_order
from orders.models import Channel, Order, OrderLine, OrderTransition
from orders.pipeline import Stage

HEAD = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n"
FILE = HEAD + (
    "536365,85123A,WHITE HOLDER,6,2010-12-01 08:26:00,2.55,17850,United Kingdom\n"
    "536365,71053,LANTERN,6,2010-12-01 08:27:00,3.39,17850,United Kingdom\n"
    "536366,22633,WARMER,6,2010-12-01 08:28:00,1.85,17851,France\n"
    "536365,85123a,WHITE HOLDER,1,2010-12-01 08:26:00,2.55,17850,United Kingdom\n"
    "536367,POST,POSTAGE,1,2010-12-01 08:34:00,18.00,,France\n"
    "C536379,85123A,WHITE HOLDER,-1,2010-12-01 09:41:00,2.55,17850,United Kingdom\n"
)


def order_of(number):
    return Order.objects.select_related("customer", "channel").get(external_id=number)


def test_rows_of_one_number_are_one_order(desk):
    run = desk.bring("orders", FILE)
    assert run.counts["new"] == 4
    assert Order.objects.count() == 4
    order = order_of("536365")
    assert (order.stage, order.lines_total, order.total) == (
        Stage.DELIVERED, Decimal("38.19"), Decimal("38.19"),
    )  # fmt: skip
    lines = list(order.lines.values_list("sku", "quantity", "price", "total"))
    # Rows that stand apart come together, and a SKU in other case is the same article.
    assert lines == [
        ("85123A", 6, Decimal("2.55"), Decimal("15.30")),
        ("71053", 6, Decimal("3.39"), Decimal("20.34")),
        ("85123A", 1, Decimal("2.55"), Decimal("2.55")),
    ]
    assert list(order.tags.values_list("name", flat=True)) == ["United Kingdom"]
    assert order.channel.kind == "import"


def test_the_past_keeps_its_days_and_disturbs_nobody(desk):
    desk.bring("orders", FILE)
    order = order_of("536365")
    day = datetime(2010, 12, 1, 8, 26, tzinfo=ZoneInfo("Europe/Kyiv"))
    assert (order.placed_at, order.status_since) == (day, day)
    assert (order.respond_by, order.next_alarm_at, order.manager_id) == (None, None, None)
    assert (order.paid, order.due, order.has_problems, order.is_short) == (
        order.total, 0, False, False,
    )  # fmt: skip
    # Whoever gives orders out or tells the team listens to order.placed: it was not said.
    topics = set(OutboxEvent.objects.values_list("topic", flat=True))
    assert "orders.imported" in topics
    assert not {topic for topic in topics if topic.startswith("order.")}
    entry = AuditEntry.objects.get(object_type="order", object_id=order.pk)
    assert (entry.action, entry.details["source"]) == ("order.imported", "file.csv")


def test_the_past_moves_no_stock(desk):
    variant = make_variant("85123A", product="Holder")
    stock_up([(variant, 3)])
    before = StockMovement.objects.count()
    desk.bring("orders", FILE)
    assert order_of("536365").lines.filter(variant=variant).count() == 2
    assert StockMovement.objects.count() == before
    assert not Reservation.objects.exists()


def test_a_cancellation_is_a_return_that_counts_in_no_revenue(desk):
    desk.bring("orders", FILE)
    order = order_of("C536379")
    line = order.lines.get()
    assert (order.stage, order.total, order.is_counted) == (
        Stage.RETURNED, Decimal("2.55"), False,
    )  # fmt: skip
    assert (line.quantity, line.returned) == (1, 1)
    assert order_of("536365").is_counted


def test_buyers_are_known_by_code_and_the_rest_is_one_unknown_buyer(desk):
    desk.bring("orders", FILE)
    assert order_of("536365").customer == order_of("C536379").customer
    assert order_of("536365").customer.name.endswith("17850")
    assert Customer.objects.count() == 3
    other = HEAD + (
        "600001,71053,LANTERN,1,2011-12-01 08:26:00,3.39,17850,United Kingdom\n"
        "600002,71053,LANTERN,1,2011-12-01 08:26:00,3.39,,United Kingdom\n"
    )
    desk.bring("orders", other)
    assert Customer.objects.count() == 3
    assert order_of("600002").customer == order_of("536367").customer


def test_goods_are_made_and_postage_is_not(desk):
    desk.bring("orders", FILE)
    assert set(Variant.objects.values_list("sku", flat=True)) == {"85123A", "71053", "22633"}
    assert Product.objects.get(variants__sku="71053").name == "LANTERN"
    line = order_of("536367").lines.get()
    assert (line.variant_id, line.sku, line.name) == (None, "POST", "POSTAGE")


def count_all():
    """How much of everything there is."""
    models = (Order, OrderLine, Customer, Product, Variant, Demand, AuditEntry)
    counts = {model.__name__: model.objects.count() for model in models}
    counts["AuditEntry"] = (
        AuditEntry.objects.exclude(action__startswith="import.")
        .exclude(action="job.started")
        .count()
    )
    return counts


def test_the_same_file_again_changes_nothing(desk):
    desk.bring("orders", FILE)
    before = count_all()
    again = desk.check(desk.upload("orders", FILE))
    assert (again.counts["same"], again.counts["new"]) == (4, 0)
    assert desk.run(again).counts["same"] == 4
    assert count_all() == before
    assert before["OrderLine"] == 6


def test_files_that_overlap_double_nothing_and_other_content_is_named(desk):
    desk.bring("orders", FILE)
    overlap = FILE.replace("536366,22633,WARMER,6", "536366,22633,WARMER,7") + (
        "536400,71053,LANTERN,1,2010-12-02 08:26:00,3.39,17850,United Kingdom\n"
    )
    run = desk.bring("orders", overlap)
    assert {state: run.counts[state] for state in ("new", "same", "wrong")} == {
        "new": 1, "same": 3, "wrong": 1,
    }  # fmt: skip
    assert order_of("536366").lines.get().quantity == 6
    (wrong,) = [v for v in desk.verdicts(run) if v["s"] == "wrong"]
    assert wrong["p"][0][2] == "other_content"


def test_wrong_rows_are_named_and_the_rest_comes_in(desk):
    text = FILE + (
        "536401,71053,LANTERN,багато,2010-12-02 08:26:00,3.39,17850,United Kingdom\n"
        "536402,71053,LANTERN,1,завтра,3.39,17850,United Kingdom\n"
        "536403,71053,LANTERN,1,2099-12-02,3.39,17850,United Kingdom\n"
        ",71053,LANTERN,1,2010-12-02 08:26:00,3.39,17850,United Kingdom\n"
        "536404,71053,LANTERN,1,2010-12-02 08:26:00,3.39,17850,United Kingdom\n"
        "536404,22633,WARMER,-1,2010-12-02 08:26:00,3.39,17850,United Kingdom\n"
    )
    run = desk.check(desk.upload("orders", text))
    assert not Order.objects.exists()  # a preview writes nothing
    assert not Product.objects.exists()
    assert (run.counts["new"], run.counts["wrong"]) == (4, 5)
    told = {(p[0], p[2]) for v in desk.verdicts(run) for p in v.get("p", [])}
    assert told == {
        (8, "not_a_number"),
        (9, "not_a_date"),
        (10, "in_future"),
        (11, "missing"),
        (12, "sale_and_return"),
    }
    desk.run(run)
    assert Order.objects.count() == 4


def test_what_is_decided_for_the_user_is_said(desk):
    run = desk.check(desk.upload("orders", FILE))
    assert run.counts["notes"] == {"return": 1, "service": 1, "no_customer": 1}


def test_a_status_says_how_an_order_ended(desk):
    text = (
        "Номер;Дата;Статус;Артикул;Товар;Кількість;Ціна;Телефон\n"
        "1;01.02.2026;Виконано;TEA;Чай;2;149,50;067 123 45 67\n"
        "2;02.02.2026;Скасовано;TEA;Чай;1;149,50;067 123 45 67\n"
        "3;03.02.2026;Щось;TEA;Чай;1;149,50;067 123 45 67\n"
    )
    run = desk.bring("orders", text)
    assert (run.counts["new"], run.counts["wrong"]) == (2, 1)
    assert [order_of(n).stage for n in "12"] == [Stage.DELIVERED, Stage.CANCELLED]
    assert order_of("1").total == Decimal("299.00")
    assert order_of("2").paid == 0
    assert order_of("1").customer.contacts.get().value == "+380671234567"
    assert order_of("1").customer == order_of("2").customer


def test_new_orders_are_placed_as_from_a_storefront(desk):
    variant = make_variant("TEA", product="Чай")
    stock_up([(variant, 5)])
    text = "Номер,Артикул,Кількість,Ціна,Телефон\n7,TEA,2,100,0671234567\n"
    run = desk.bring("orders", text, stage="new")
    order = order_of("7")
    assert (order.stage, order.respond_by is None) == (Stage.NEW, False)
    assert Reservation.objects.get(demand=order.demand).quantity == 2
    assert OutboxEvent.objects.filter(topic="order.placed").count() == 1
    again = desk.check(desk.upload("orders", text), stage="new")
    assert again.counts["same"] == 1
    # The order has a history here: it stays as cancelled, and its buyer with it.
    assert [(kind, why) for kind, _label, why in desk.undo(run)] == [("customer", "in_use")]
    order = Order.objects.get(pk=order.pk)
    assert (order.stage, order.external_id) == (Stage.CANCELLED, "")
    assert not Reservation.objects.filter(state="held").exists()


def test_an_import_is_taken_back_whole(desk):
    make_variant("71053", product="Ліхтар")
    run = desk.bring("orders", FILE)
    assert desk.undo(run) == []
    assert not Order.objects.exists()
    assert not OrderLine.objects.exists()
    assert not Demand.objects.exists()
    assert not Customer.objects.exists()
    # What was there before stays.
    assert list(Variant.objects.values_list("sku", flat=True)) == ["71053"]
    assert AuditEntry.objects.filter(action="order.import_undone").count() == 4
    run.refresh_from_db()
    assert run.state == ImportState.UNDONE
    assert desk.bring("orders", FILE).counts["new"] == 4


def test_what_was_built_upon_stays_and_is_named(desk):
    run = desk.bring("orders", FILE)
    noted, returned = order_of("536365"), order_of("536366")
    add_note(order_id=noted.pk, text="дзвонили", **desk.by)
    return_order(order_id=returned.pk, lines=None, reason="не підійшло", **desk.by)
    stay = desk.undo(run)
    assert set(Order.objects.values_list("external_id", flat=True)) == {"536365", "536366"}
    told = {(kind, label): why for kind, label, why in stay}
    assert told["order", f"№{returned.number}"] == "changed"
    assert told["order", f"№{noted.number}"] in {"changed", "in_use"}
    # Their customers and goods stay with them.
    assert {customer.name[-5:] for customer in Customer.objects.all()} == {"17850", "17851"}
    assert set(Variant.objects.values_list("sku", flat=True)) == {"85123A", "71053", "22633"}


def test_the_mapping_is_remembered_for_the_same_columns(desk):
    first = desk.upload("orders", FILE)
    assert first.mapping[7] == "tags"
    desk.check(first, [*first.mapping[:7], "city"], settled=False)
    second = desk.upload("orders", FILE)
    assert second.mapping[7] == "city"
    assert second.options["settled"] is False
    assert desk.upload("orders", FILE.replace("Country", "Land")).options["settled"] is True


def test_a_mapping_must_hold_what_is_needed(desk):
    run = desk.upload("orders", FILE)
    with pytest.raises(ImportRefused) as refused:
        desk.check(run, ["", *run.mapping[1:]])
    assert refused.value.code == "fields_missing"
    with pytest.raises(ImportRefused) as refused:
        desk.check(run, ["number", "number", *run.mapping[2:]])
    assert refused.value.code == "field_twice"
    assert desk.check(run).state == ImportState.READY


def test_a_long_order_and_a_huge_quantity(desk):
    rows = "".join(f"1,SKU{n},Item,1,2011-01-01,1.00,5,UK\n" for n in range(1114))
    run = desk.bring("orders", HEAD + rows + "2,BIG1,Item,80995,2011-01-01,2.08,5,UK\n")
    assert run.counts["new"] == 2
    assert order_of("1").lines.count() == 1114
    assert order_of("2").total == Decimal("168469.60")


def test_a_channel_is_opened_once(desk):
    desk.bring("orders", FILE)
    desk.bring("orders", FILE.replace("5363", "5364"))
    assert Channel.objects.filter(kind="import").count() == 1
    assert not OrderTransition.objects.exists()
    assert Trace.objects.filter(object_type="order").count() == 8


def test_a_thousand_lines_of_a_real_store(desk, retail):
    data = retail(1_000)
    run = desk.bring("orders", data)
    assert (run.counts["rows"], run.counts["wrong"]) == (1_000, 0)
    assert OrderLine.objects.count() == 1_000
    assert desk.check(desk.upload("orders", data)).counts["same"] == run.counts["records"]
