"""Fields of the company's own on orders: entered, shown, changed, asked of the warehouse."""

import json

import pytest
from django.utils import timezone

from crm.audit.models import AuditEntry
from crm.fields.actions import archive_definition
from crm.fields.models import FieldValue
from crm.tenancy.context import tenant_scope
from inventory.factories import make_variant
from orders.actions.edit import edit_order
from orders.actions.edit_requests import decide_edit, request_edit
from orders.actions.place import place_order
from orders.edits import OrderEdit
from orders.errors import InvalidOrder
from orders.inputs import BuyerInput, LineInput, OrderInput
from orders.models import Order
from tests.fields.conftest import make_field
from tests.orders.conftest import NOW, SYSTEM, bring_to_picking, bring_to_shipped, place
from tests.orders.pages import text, url
from tests.orders.test_order_form import form, row


@pytest.fixture
def fields(shop):
    return {
        "wrap": make_field("Пакування", "choice", code="wrap", options=["Папір", "Коробка"]),
        "card": make_field("Листівка", "text", code="card"),
        "weight": make_field("Вага", "number", code="weight"),
        "day": make_field("Свято", "date", code="day"),
    }


@pytest.fixture
def cup(shop):
    return make_variant("CUP", product="Чашка", on_hand=30, price=310)


def rows_of(order):
    rows = FieldValue.objects.filter(object_id=order.pk).order_by("definition_id", "text")
    return [(r.definition.code, r.text, r.number) for r in rows.select_related("definition")]


def save(client, order, seen=None, **typed):
    seen = seen if seen is not None else seen_of(order)
    data = {**seen, **{f"custom.{code}": value for code, value in typed.items()}}
    return client.post(url(order, "blocks/custom/"), data, headers={"HX-Request": "true"})


def seen_of(order):
    order.refresh_from_db()
    codes = ("wrap", "card", "weight", "day")
    base = {f"custom.{code}": order.custom.get(code) for code in codes}
    return {"base": json.dumps(base), "version": str(order.version)}


def test_placed_values_are_kept_and_found_by(fields, cup):
    order = place(("CUP", 1), custom={"wrap": "korobka", "card": "З  Днем!", "weight": 1.5}).order
    order.refresh_from_db()
    assert order.custom == {"wrap": "korobka", "card": "З Днем!", "weight": 1.5}
    found = [("wrap", "korobka", None), ("card", "з днем!", None), ("weight", "", 15000)]
    assert rows_of(order) == found


@pytest.mark.parametrize(
    ("custom", "code", "where"),
    [
        ({"nothing": 1}, "unknown_field", "custom/nothing"),
        ({"a/b~": 1}, "unknown_field", "custom/a~1b~0"),
        ({"wrap": "gold"}, "unknown_option", "custom/wrap"),
    ],
)
def test_a_wrong_value_places_nothing(fields, cup, custom, code, where):
    place(("CUP", 1), custom={"wrap": "papir"})
    with pytest.raises(InvalidOrder) as refused:
        place(("CUP", 1), custom=custom)
    assert (refused.value.code, refused.value.field) == (code, where)
    assert Order.objects.count() == 1


def test_who_has_no_own_fields_pays_no_statement(cup, fields, django_assert_num_queries):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    place(("CUP", 1))
    with CaptureQueriesContext(connection) as without:
        place(("CUP", 1))
    assert not any("fields_" in query["sql"] for query in without)
    with django_assert_num_queries(len(without) + 1):
        place(("CUP", 1), custom={"wrap": "papir", "card": "x"})


def test_the_same_push_with_other_values_is_a_conflict(fields, cup):
    first = place(("CUP", 1), external_id="A-1", custom={"card": "x"})
    again = place(("CUP", 1), external_id="A-1", custom={"card": "x"})
    assert (again.created, again.order.pk) == (False, first.order.pk)
    with pytest.raises(Exception, match="external_id_conflict"):
        place(("CUP", 1), external_id="A-1", custom={"card": "y"})


def test_a_change_is_told_as_the_field_was_called(fields, cup, manager):
    order = place(("CUP", 1), custom={"wrap": "papir"}).order
    edit = OrderEdit({"custom.wrap": "korobka", "custom.day": "2026-03-08"})
    edit_order(order_id=order.pk, edit=edit, actor=SYSTEM, now=NOW)
    order.refresh_from_db()
    assert order.custom == {"wrap": "korobka", "day": "2026-03-08"}
    entry = AuditEntry.objects.get(action="order.edited")
    assert entry.changes["custom:Пакування"] == ["Папір", "Коробка"]
    assert entry.details == {"fields": ["custom.day", "custom.wrap"]}
    version = order.version
    edit_order(order_id=order.pk, edit=edit, actor=SYSTEM, now=NOW)
    order.refresh_from_db()
    assert order.version == version
    edit_order(order_id=order.pk, edit=OrderEdit({"custom.wrap": None}), actor=SYSTEM, now=NOW)
    assert [code for code, *_key in rows_of(order)] == ["day"]


def test_the_card_shows_them_and_changes_them_in_place(fields, cup, desk):
    order = place(("CUP", 1), custom={"wrap": "papir", "weight": 1.5}).order
    page = text(desk.get(url(order)))
    assert "Пакування" in page
    assert "Папір" in page
    shown = text(desk.get(url(order, "blocks/custom/?edit=1")))
    assert 'value="1.5"' in shown
    answer = save(desk, order, wrap="korobka", card="Вітаємо", weight="2,25", day="")
    assert answer.status_code == 200
    assert "Вітаємо" in text(answer)
    order.refresh_from_db()
    assert order.custom == {"wrap": "korobka", "card": "Вітаємо", "weight": 2.25}
    assert "Пакування" in text(desk.get(url(order, "blocks/timeline/")))


def test_what_is_wrong_is_said_beside_the_field_and_kept(fields, cup, desk):
    order = place(("CUP", 1)).order
    answer = save(desk, order, wrap="", card="", weight="важко", day="")
    assert answer.status_code == 422
    assert 'value="важко"' in text(answer)
    assert "Write a number" in text(answer)
    order.refresh_from_db()
    assert order.custom == {}
    assert save(desk, order, wrap="", card="", weight="3", day="").status_code == 200


def test_two_people_are_shown_each_others_change(fields, cup, desk):
    order = place(("CUP", 1), custom={"wrap": "papir"}).order
    seen = seen_of(order)
    edit = OrderEdit({"custom.card": "Від колеги"})
    edit_order(order_id=order.pk, edit=edit, actor=SYSTEM, now=NOW)
    late = save(desk, order, seen, wrap="korobka", card="", weight="", day="")
    assert late.status_code == 409
    assert "Від колеги" in text(late)
    assert "Коробка" in text(late)
    order.refresh_from_db()
    assert order.custom == {"wrap": "papir", "card": "Від колеги"}


def test_a_page_that_is_not_ours_breaks_nothing(fields, cup, desk):
    order = place(("CUP", 1)).order
    order.refresh_from_db()
    for forged in ({"a": 1}, ["x"], 10**40):
        seen = {"base": json.dumps({"custom.weight": forged}), "version": "0"}
        assert save(desk, order, seen, wrap="", card="", weight="", day="").status_code == 409
    yours = {"yours": json.dumps({"custom.weight": {"a": 1}}), "base": "{}", "version": "1"}
    answer = desk.post(url(order, "blocks/custom/"), yours, headers={"HX-Request": "true"})
    assert answer.status_code == 422


def test_they_change_even_after_the_order_has_left(fields, cup, desk):
    order = place(("CUP", 1)).order
    bring_to_shipped(order)
    assert save(desk, order, wrap="papir", card="", weight="", day="").status_code == 200
    order.refresh_from_db()
    assert order.custom == {"wrap": "papir"}


def test_the_warehouse_is_asked_with_the_rest_of_an_edit(fields, cup, manager):
    order = place(("CUP", 2), custom={"wrap": "papir"}).order
    bring_to_picking(order)
    edit = OrderEdit({"delivery_city": "Одеса", "custom.wrap": "korobka", "custom.weight": 2.5})
    asked = request_edit(order_id=order.pk, edit=edit, reason="", actor=SYSTEM, now=NOW)
    assert {"field": "custom:Пакування", "before": "Папір", "after": "Коробка"} in asked.diff
    decide_edit(request_id=asked.pk, accept=True, answer="", actor=SYSTEM, now=NOW)
    order.refresh_from_db()
    assert (order.delivery_city, order.custom) == ("Одеса", {"wrap": "korobka", "weight": 2.5})


def test_the_form_of_a_new_order_asks_what_must_be_filled(fields, cup, desk):
    make_field("Подарунок", "bool", code="gift", required=True)
    page = text(desk.get("/shop/orders/new/"))
    assert 'name="custom.gift"' in page
    typed = form(row(cup), **{"custom.wrap": "papir"})
    refused = desk.post("/shop/orders/new/", typed)
    assert refused.status_code == 422
    assert refused.context["form"].errors.keys() == {"custom.gift"}
    typed["custom.gift"] = "false"
    assert desk.post("/shop/orders/new/", typed).status_code == 303
    assert Order.objects.get().custom == {"wrap": "papir", "gift": False}


def test_the_whole_edit_keeps_and_changes_them(fields, cup, desk):
    order = place(("CUP", 1), custom={"wrap": "papir", "day": "2026-03-08"}).order
    page = desk.get(url(order, "edit/"))
    line = order.lines.get()
    typed = form(row(cup, line_id=str(line.pk)), **{"custom.wrap": "korobka"})
    typed |= {"base": page.context["base"], "version": page.context["version"]}
    typed |= {"custom.day": "2026-03-08", "custom.card": "", "custom.weight": ""}
    assert desk.post(url(order, "edit/"), typed).status_code == 303
    order.refresh_from_db()
    assert order.custom == {"wrap": "korobka", "day": "2026-03-08"}


def test_an_archived_field_keeps_its_values_and_is_shown_no_more(fields, cup, desk):
    order = place(("CUP", 1), custom={"card": "Стара"}).order
    assert "Стара" in text(desk.get(url(order)))
    archive_definition(definition_id=fields["card"].pk, archived=True, actor=SYSTEM, now=NOW)
    assert "Стара" not in text(desk.get(url(order)))
    order.refresh_from_db()
    assert order.custom == {"card": "Стара"}
    # A store that still sends it loses no order.
    assert place(("CUP", 1), custom={"card": "Ще"}).order.custom == {"card": "Ще"}


def test_the_neighbours_fields_are_not_ours(fields, cup, neighbour):
    with tenant_scope(neighbour.pk):
        make_field("Чуже", "text", code="foreign")
    with pytest.raises(InvalidOrder):
        place_order(
            data=OrderInput(
                channel_code="site",
                lines=(LineInput(quantity=1, sku="CUP"),),
                buyer=BuyerInput(name="Олена", phone="+380671234567"),
                custom={"foreign": "x"},
            ),
            actor=SYSTEM,
            now=timezone.now(),
        )
    assert place(("CUP", 1), custom={"card": "x"}).order.custom == {"card": "x"}
