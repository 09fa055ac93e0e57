"""Settings of orders: statuses, channels, reasons, hours, rates; only for who may."""

from datetime import date
from decimal import Decimal

import pytest
from django.utils import timezone, translation

from crm.audit.actor import Actor
from crm.audit.changes import stamp_of
from crm.tenancy.models import CompanyProfile
from inventory.factories import make_variant
from orders.actions.configure import channel_stamp, minutes_stamp, numbers_stamp
from orders.actions.configure_people import skills_stamp
from orders.actions.configure_statuses import status_stamp
from orders.actions.place import place_order
from orders.inputs import BuyerInput, LineInput, OrderInput
from orders.models import (
    CancelReason,
    Channel,
    ExchangeRate,
    MemberSkill,
    OrderSettings,
    OrderTag,
    ReturnReason,
    Skill,
    Status,
    StockPolicy,
    Tag,
)
from orders.pipeline import Stage
from tests.orders.pages import text


@pytest.fixture
def office(client_of, admin):
    client = client_of(admin)
    client.cookies["kram_language"] = "en"
    return client


@pytest.fixture
def buy(shop, manager):
    """Place an order of one unit."""
    variant = make_variant("TEA", on_hand=10)

    def place(channel_code="site"):
        data = OrderInput(
            lines=(LineInput(sku=variant.sku, quantity=1),),
            buyer=BuyerInput(name="Олена", phone="0671234567"),
            channel_code=channel_code,
        )
        return place_order(data=data, actor=Actor.system("test"), now=timezone.now()).order

    return place


@pytest.fixture
def order(buy):
    return buy()


WEEK = {
    f"{part}_{day}": value
    for day in range(7)
    for part, value in (("start", "08:00"), ("end", "12:00"), ("cut_off", "09:00"))
}
STATUS = {"name": "Не додзвонились", "color": "red", "icon": "phone-missed", "hours_limit": "2"}


def test_status_is_added_renamed_and_ordered(office, shop):
    base = "/shop/settings/statuses/"
    assert office.post(base + "new/new/", STATUS).status_code == 200
    added = Status.objects.get(name="Не додзвонились")
    assert (added.stage, added.is_default, added.hours_limit) == (Stage.NEW, False, 2)

    CompanyProfile.objects.create(languages=["en"])
    changed = {
        **STATUS,
        "name": "Недозвон",
        "hours_limit": "",
        "name_en": " No  answer ",
        "required": ["has_manager", "has_ship_date"],
        "stamp": status_stamp(added),
    }
    assert office.post(f"{base}{added.pk}/", changed).status_code == 200
    added.refresh_from_db()
    assert (added.name, added.hours_limit) == ("Недозвон", None)
    assert added.names == {"en": "No answer"}
    assert added.required == ["has_ship_date", "has_manager"]
    with translation.override("en"):
        assert added.title == "No answer"
    with translation.override("ru"):
        assert added.title == "Недозвон"

    office.post(f"{base}{added.pk}/up/")
    rows = Status.objects.filter(stage=Stage.NEW).order_by("position")
    assert rows[0] == added
    office.post(f"{base}order/", {"ids": [rows[1].pk, added.pk]})
    assert list(rows.all())[1] == added
    office.post(f"{base}{added.pk}/default/")
    assert Status.objects.get(stage=Stage.NEW, is_default=True) == added


def test_a_form_opened_before_a_colleague_saved_shows_both(office, shop):
    row = Status.objects.get(stage=Stage.AGREED)
    url = f"/shop/settings/statuses/{row.pk}/"
    shown = status_stamp(row)
    mine = {**STATUS, "name": "Моя назва", "stamp": shown}
    theirs = {**STATUS, "name": "Назва колеги", "stamp": shown}
    assert office.post(url, theirs).status_code == 200
    answer = office.post(url, mine)
    assert answer.status_code == 409
    assert 'value="Моя назва"' in text(answer)
    assert "Saved by a colleague: Назва колеги" in text(answer)
    row.refresh_from_db()
    assert row.name == "Назва колеги"
    # The answer carries the new stamp: sent again, it is meant.
    assert office.post(url, {**mine, "stamp": status_stamp(row)}).status_code == 200
    row.refresh_from_db()
    assert row.name == "Моя назва"


def test_name_of_another_status_is_refused_beside_the_field(office, shop):
    taken = Status.objects.get(stage=Stage.AGREED).name
    answer = office.post("/shop/settings/statuses/new/new/", {**STATUS, "name": taken})
    assert answer.status_code == 422
    assert "This name is already there." in text(answer)
    assert Status.objects.count() == 8


def test_channel_is_made_and_changed(office, shop, manager):
    data = {
        "name": "Instagram",
        "code": "insta",
        "kind": "messenger",
        "currency": "UAH",
        "stock_policy": "reject",
        "warehouse_id": "",
        "members": [str(manager.pk)],
        "is_active": "on",
    }
    assert office.post("/shop/settings/channels/new/", data).status_code == 303
    channel = Channel.objects.get(code="insta")
    assert channel.stock_policy == StockPolicy.REJECT
    assert list(channel.members.values_list("member_id", flat=True)) == [manager.pk]

    again = office.post("/shop/settings/channels/new/", {**data, "name": "Other"})
    assert again.status_code == 422
    assert "This code is already there." in text(again)

    data = {**data, "members": [], "code": "changed", "is_active": ""}
    data["stamp"] = channel_stamp(channel)
    assert office.post(f"/shop/settings/channels/{channel.pk}/", data).status_code == 303
    channel.refresh_from_db()
    assert (channel.code, channel.is_active, channel.members.count()) == ("insta", False, 0)


@pytest.mark.parametrize(("kind", "model"), [("cancel", CancelReason), ("return", ReturnReason)])
def test_reasons_are_added_renamed_and_switched_off(office, shop, kind, model):
    base = f"/shop/settings/reasons/{kind}/"
    assert office.post(base, {"name": "Немає розміру"}).status_code == 200
    reason = model.objects.get(name="Немає розміру")
    assert office.post(base, {"name": "Немає розміру"}).status_code == 422
    office.post(f"{base}{reason.pk}/rename/", {"name": "Немає кольору"})
    office.post(f"{base}{reason.pk}/off/")
    reason.refresh_from_db()
    assert (reason.name, reason.is_active) == ("Немає кольору", False)
    assert office.post(f"{base}{reason.pk}/rename/", {"name": " "}).status_code == 409
    before = stamp_of(model(name="Немає розміру"), ["name"])
    late = office.post(f"{base}{reason.pk}/rename/", {"name": "Інше", "stamp": before})
    assert late.status_code == 409
    reason.refresh_from_db()
    assert reason.name == "Немає кольору"


def test_minutes_are_saved_and_wrong_ones_refused(office, shop):
    stored = OrderSettings.objects.get()
    data = {"response_minutes": "10", "alarm_minutes": "5", "duplicate_minutes": "120"}
    data["stamp"] = minutes_stamp(stored)
    assert office.post("/shop/settings/orders/", data).status_code == 303
    stored.refresh_from_db()
    assert (stored.response_minutes, stored.alarm_minutes) == (10, 5)
    data["stamp"] = minutes_stamp(stored)
    answer = office.post("/shop/settings/orders/", {**data, "alarm_minutes": "0"})
    assert answer.status_code == 422
    assert "From 1 minute to a week (10080)." in text(answer)
    stored.refresh_from_db()
    assert stored.alarm_minutes == 5


def test_rate_of_a_day_is_set_and_replaced(office, shop):
    data = {"currency": "USD", "rate": "41.25", "since": "2026-11-01"}
    assert office.post("/shop/settings/orders/rates/", data).status_code == 303
    assert office.post("/shop/settings/orders/rates/", {**data, "rate": "41.5"}).status_code == 303
    row = ExchangeRate.objects.get()
    assert (row.currency, row.rate, row.since) == ("USD", Decimal("41.5"), date(2026, 11, 1))
    answer = office.post("/shop/settings/orders/rates/", {**data, "rate": "0"})
    assert answer.status_code == 422
    assert ExchangeRate.objects.get().rate == Decimal("41.5")


@pytest.mark.parametrize(
    "page",
    [
        "statuses",
        "statuses/moves",
        "channels",
        "reasons",
        "orders",
        "orders/numbers",
        "calendar",
        "skills",
        "tags",
    ],
)
def test_manager_does_not_change_settings(client_of, manager, office, page):
    assert office.get(f"/shop/settings/{page}/").status_code == 200
    assert client_of(manager).get(f"/shop/settings/{page}/").status_code == 403


# --- Tags, numbers, skills -------------------------------------------------------------------


def test_a_tag_gets_a_colour_that_lists_and_cards_show(office, shop, order):
    OrderTag.objects.create(order=order, name="VIP")
    data = {"name": "VIP", "to": "VIP", "color": "red"}
    assert office.post("/shop/settings/tags/", data).status_code == 303
    assert 'class="k-tag k-c-red"' in text(office.get("/shop/orders/"))
    assert 'class="k-tag k-c-red"' in text(office.get("/shop/orders/board/"))
    assert 'class="k-tag k-c-red"' in text(office.get(f"/shop/orders/{order.number}/"))


def test_two_tags_become_one_only_when_it_is_meant(office, shop, order):
    for name in ("терміново", "Терміново!"):
        OrderTag.objects.create(order=order, name=name)
    data = {"name": "Терміново!", "to": "терміново", "color": "gray"}
    asked = office.post("/shop/settings/tags/", data)
    assert asked.status_code == 422
    assert "This tag is already there." in text(asked)
    assert "Make them one: 1 and 1 orders." in text(asked)
    assert OrderTag.objects.count() == 2
    assert office.post("/shop/settings/tags/", {**data, "merge": "on"}).status_code == 303
    assert list(OrderTag.objects.values_list("name", flat=True)) == ["терміново"]


def test_a_renamed_tag_keeps_its_orders_and_colour(office, shop, order):
    OrderTag.objects.create(order=order, name="VIP")
    office.post("/shop/settings/tags/", {"name": "VIP", "to": "VIP", "color": "red"})
    office.post("/shop/settings/tags/", {"name": "VIP", "to": "Постійний", "color": "red"})
    assert list(order.tags.values_list("name", flat=True)) == ["Постійний"]
    assert list(Tag.objects.values_list("name", "color")) == [("Постійний", "red")]


def test_numbers_get_a_prefix_and_go_on_from_where_they_are_told(office, shop, buy):
    def save(**form):
        stamp = numbers_stamp(OrderSettings.objects.get())
        return office.post("/shop/settings/orders/numbers/", {**form, "stamp": stamp})

    first = buy()
    assert (first.label, first.number) == ("1", 1)
    assert save(number_prefix="KR-", next_one="1000").status_code == 303
    Channel.objects.filter(code="phone").update(number_prefix="T")
    assert [buy().label, buy(channel_code="phone").label] == ["KR-1000", "T1001"]
    back = save(number_prefix="KR-", next_one="5")
    assert back.status_code == 422
    assert "Number 1001 is given already: choose a greater one." in text(back)
    first.refresh_from_db()
    assert first.label == "1"
    assert "№KR-1000" in text(office.get("/shop/orders/1000/"))
    found = text(office.get("/shop/orders/?q=kr-1000"))
    assert "KR-1000" in found
    assert "T1001" not in found


def test_a_skill_that_a_channel_asks_for_stays(office, shop, manager):
    office.post("/shop/settings/skills/new/", {"name": "Польська"})
    skill = Skill.objects.get()
    form = {f"{skill.pk}-{manager.pk}": "on", "stamp": skills_stamp()}
    assert office.post("/shop/settings/skills/", form).status_code == 303
    assert list(MemberSkill.objects.values_list("member_id", flat=True)) == [manager.pk]
    Channel.objects.filter(code="site").update(skill=skill)
    refused = office.post(f"/shop/settings/skills/{skill.pk}/remove/")
    assert refused.status_code == 409
    assert "A sales channel asks for this skill" in text(refused)
    Channel.objects.update(skill=None)
    assert office.post(f"/shop/settings/skills/{skill.pk}/remove/").status_code == 303
    assert not MemberSkill.objects.exists()


@pytest.mark.parametrize("page", ["skills", "statuses/moves", "calendar"])
def test_a_page_saved_by_a_colleague_meanwhile_is_not_overwritten(office, shop, page):
    answer = office.post(f"/shop/settings/{page}/", {"stamp": "old", **WEEK})
    assert answer.status_code == 409
    assert "A colleague has just saved this page" in text(answer)
