"""Settings of orders: statuses, channels, reasons, hours, rates; only for who may."""

from datetime import date, time
from decimal import Decimal

import pytest

from crm.audit.models import AuditEntry
from orders.models import CancelReason, Channel, ExchangeRate, OrderSettings, Status, StockPolicy
from orders.pipeline import Stage


@pytest.fixture
def office(client_of, admin):
    client = client_of(admin)
    client.cookies["kram_language"] = "en"
    return client


def text(response):
    return response.content.decode()


STATUS = {"name": "Не додзвонились", "color": "red", "icon": "phone-missed", "hours_limit": "2"}


def test_status_is_added_renamed_ordered_and_switched_off(office, shop):
    base = "/shop/settings/statuses/"
    assert office.post(base + "new/new/", STATUS).status_code == 200
    added = Status.objects.get(name="Не додзвонились")
    assert (added.stage, added.is_default, added.hours_limit) == (Stage.NEW, False, 2)

    changed = {**STATUS, "name": "Недозвон", "hours_limit": ""}
    assert office.post(f"{base}{added.pk}/", changed).status_code == 200
    added.refresh_from_db()
    assert (added.name, added.hours_limit) == ("Недозвон", None)

    office.post(f"{base}{added.pk}/up/")
    first = Status.objects.filter(stage=Stage.NEW).order_by("position").first()
    assert first == added

    default = Status.objects.get(stage=Stage.NEW, is_default=True)
    refused = office.post(f"{base}{default.pk}/off/")
    assert refused.status_code == 409
    office.post(f"{base}{added.pk}/default/")
    assert Status.objects.get(stage=Stage.NEW, is_default=True) == added
    office.post(f"{base}{default.pk}/off/")
    default.refresh_from_db()
    assert not default.is_active
    assert AuditEntry.objects.filter(object_type="status").count() == 5


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
    assert office.post(f"/shop/settings/channels/{channel.pk}/", data).status_code == 303
    channel.refresh_from_db()
    assert (channel.code, channel.is_active, channel.members.count()) == ("insta", False, 0)


def test_reasons_are_added_renamed_and_switched_off(office, shop):
    base = "/shop/settings/reasons/"
    assert office.post(base, {"name": "Немає розміру"}).status_code == 200
    reason = CancelReason.objects.get(name="Немає розміру")
    assert office.post(base, {"name": "Немає розміру"}).status_code == 422
    office.post(f"{base}{reason.pk}/rename/", {"name": "Немає кольору"})
    office.post(f"{base}{reason.pk}/off/")
    reason.refresh_from_db()
    assert (reason.name, reason.is_active) == ("Немає кольору", False)
    assert office.post(f"{base}{reason.pk}/rename/", {"name": " "}).status_code == 409


def test_hours_are_saved_and_wrong_ones_refused(office, shop):
    data = {
        "cut_off": "08:30",
        "days": ["1", "2", "32"],
        "work_start": "08:00",
        "work_end": "20:00",
        "response_minutes": "10",
        "alarm_minutes": "5",
        "duplicate_minutes": "120",
    }
    assert office.post("/shop/settings/orders/", data).status_code == 303
    stored = OrderSettings.objects.get()
    assert (stored.cut_off, stored.work_days, stored.response_minutes) == (time(8, 30), 35, 10)
    answer = office.post("/shop/settings/orders/", {**data, "work_end": "07:00"})
    assert answer.status_code == 422
    assert "The day ends before it begins." in text(answer)
    assert OrderSettings.objects.get().work_end == time(20)


def test_rate_of_a_day_is_set_and_replaced(office, shop):
    data = {"currency": "USD", "rate": "41.25", "since": "2026-11-01"}
    assert office.post("/shop/settings/orders/rates/", data).status_code == 303
    assert office.post("/shop/settings/orders/rates/", {**data, "rate": "41.5"}).status_code == 303
    row = ExchangeRate.objects.get()
    assert (row.currency, row.rate, row.since) == ("USD", Decimal("41.5"), date(2026, 11, 1))
    answer = office.post("/shop/settings/orders/rates/", {**data, "rate": "0"})
    assert answer.status_code == 422
    assert ExchangeRate.objects.get().rate == Decimal("41.5")


@pytest.mark.parametrize("page", ["statuses", "channels", "reasons", "orders"])
def test_manager_does_not_change_settings(client_of, manager, office, page):
    assert office.get(f"/shop/settings/{page}/").status_code == 200
    assert client_of(manager).get(f"/shop/settings/{page}/").status_code == 403
