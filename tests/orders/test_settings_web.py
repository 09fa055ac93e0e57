"""Settings of orders: statuses, channels, reasons, hours, rates; only for who may."""

from datetime import date
from decimal import Decimal

import pytest
from django.utils import translation

from crm.audit.changes import stamp_of
from crm.tenancy.models import CompanyProfile
from orders.actions.configure import channel_stamp, minutes_stamp
from orders.actions.configure_statuses import status_stamp
from orders.models import (
    CancelReason,
    Channel,
    ExchangeRate,
    OrderSettings,
    ReturnReason,
    Status,
    StockPolicy,
)
from orders.pipeline import Stage


@pytest.fixture
def office(client_of, admin):
    client = client_of(admin)
    client.cookies["kram_language"] = "en"
    return client


def text(response):
    return response.content.decode()


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
