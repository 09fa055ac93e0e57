"""Which letters are written for which event, what stands in them, and when they no longer go."""

import re
from datetime import datetime, time, timedelta

import pytest
from django.core import mail

from crm.audit.actor import Actor
from crm.outbox.drain import drain_tenant
from crm.outbox.models import OutboxEvent
from crm.tenancy.models import Tenant
from customers.actions.contacts import add_contact
from customers.actions.profile import edit_customer
from messaging.actions.configure import save_notice_settings
from messaging.actions.queue import send_again
from messaging.models import NoticeKind, OutgoingMessage
from orders.actions.transition import (
    ParcelInput,
    agree_order,
    cancel_order,
    pack_order,
    reopen_order,
    ship_order,
    start_picking,
    stop_picking,
)
from orders.models import CancelReason, Order, PickItem
from tests.orders.conftest import NOW, SYSTEM

from .conftest import EMAIL, Clock, agree, pay, send, states, without_email

pytestmark = pytest.mark.usefixtures("tea")


def letters() -> list[str]:
    return [message.subject for message in mail.outbox]


def cancel(order: Order) -> None:
    reason = CancelReason.objects.order_by("pk")[0]
    cancel_order(order_id=order.pk, reason_id=reason.pk, actor=SYSTEM, now=NOW)


def plain(text: str) -> str:
    return text.replace("\u00a0", " ")


def test_an_agreed_order_is_told_once(shop: Tenant, clock: Clock) -> None:
    order = agree(shop, ship_from=time(10), ship_till=time(14))
    assert states() == {"agreed": "waiting"}
    assert send(clock) == 1
    (letter,) = mail.outbox
    assert letter.to == [EMAIL]
    assert letter.from_email == "Крамниця <no-reply@kram.example>"
    body = plain(letter.body)
    assert f"№{order.number}" in letter.subject
    for fact in (
        "Олена Петренко",
        "Чай «Карпатський» — 2 × 100,00 ₴",
        "200,00 ₴",
        "Київ, Відділення №12",
        "+380 67 123 45 67",
        "10:00–14:00",
    ):
        assert fact in body, (fact, body)
    assert "\n\n\n" not in body
    message = OutgoingMessage.objects.get()
    assert (message.state, message.to, message.body) == ("sent", EMAIL, letter.body)
    assert message.settled_at == clock.now
    assert send(clock) == 0
    assert len(mail.outbox) == 1


def test_the_same_event_writes_no_second_letter(shop: Tenant) -> None:
    order = agree(shop)
    (first,) = OutgoingMessage.objects.all()
    key = first.event_key
    moment = key.split(":", 2)[2]
    for _time in range(2):  # delivered again, under another id
        OutboxEvent.objects.create(
            topic="order.agreed",
            object_type="order",
            object_id=order.pk,
            payload={"from": "new", "to": "agreed"},
            created_at=moment,
            next_at=NOW,
        )
        drain_tenant(shop.pk)
    assert OutgoingMessage.objects.get().pk == first.pk
    # An agreement of another day is another event.
    reopen_order(order_id=order.pk, actor=SYSTEM, now=NOW)
    agree_order(order_id=order.pk, actor=SYSTEM, now=clock_later())
    drain_tenant(shop.pk)
    assert OutgoingMessage.objects.count() == 2


def clock_later() -> datetime:
    return NOW + timedelta(hours=1)


def test_coming_back_from_the_warehouse_is_no_news(shop: Tenant) -> None:
    order = agree(shop)
    start_picking(order_id=order.pk, actor=SYSTEM, now=NOW)
    stop_picking(order_id=order.pk, actor=SYSTEM, now=clock_later())
    drain_tenant(shop.pk)
    assert OutgoingMessage.objects.count() == 1


def test_a_shipped_order_is_told_with_its_tracking_number(shop: Tenant, clock: Clock) -> None:
    order = agree(shop)
    send(clock)
    start_picking(order_id=order.pk, actor=SYSTEM, now=NOW)
    for item in PickItem.objects.filter(pick_list__order=order):
        item.picked = item.quantity
        item.save(update_fields=["picked"])
    parcel = ParcelInput(tracking_number="20450000000001", weight_g=500)
    pack_order(order_id=order.pk, parcel=parcel, actor=SYSTEM, now=NOW)
    ship_order(order_id=order.pk, actor=SYSTEM, now=NOW)
    drain_tenant(shop.pk)
    send(clock)
    letter = mail.outbox[-1]
    assert "20450000000001" in letter.body
    assert "200,00" in letter.body
    assert states() == {"agreed": "sent", "shipped": "sent"}


# --- The reminder, and the check just before sending ---------------------------------------------


@pytest.mark.parametrize(
    ("method", "kinds"),
    [("card", {"agreed", "payment_reminder"}), ("cod", {"agreed"})],
)
def test_a_reminder_is_written_where_prepayment_is_due(
    shop: Tenant, method: str, kinds: set[str]
) -> None:
    agree(shop, payment_method=method)
    assert set(states()) == kinds


def put_off_reminder(clock: Clock, *, hours: float) -> None:
    """Count the reminder's hours from the test's clock: the orders of the tests are old."""
    reminders = OutgoingMessage.objects.filter(kind=NoticeKind.PAYMENT_REMINDER)
    reminders.update(next_at=clock.now + timedelta(hours=hours))


def test_the_reminder_waits_its_hours_and_goes_to_who_has_not_paid(
    shop: Tenant, clock: Clock
) -> None:
    save_notice_settings(
        changes={"remind_after_hours": 5, "payment_details": "IBAN UA123"}, actor=SYSTEM, now=NOW
    )
    order = agree(shop, payment_method="card")
    reminder = OutgoingMessage.objects.get(kind=NoticeKind.PAYMENT_REMINDER)
    assert (reminder.next_at - NOW).total_seconds() == 5 * 3600
    put_off_reminder(clock, hours=5)
    send(clock)
    assert len(mail.outbox) == 1
    clock.wind(hours=4.9)
    send(clock)
    assert len(mail.outbox) == 1
    clock.wind(hours=0.2)
    pay(order, "150.00", clock.now)  # a part
    send(clock)
    assert len(mail.outbox) == 2
    assert "IBAN UA123" in mail.outbox[1].body
    assert "50,00 ₴" in plain(mail.outbox[1].body)
    assert states()["payment_reminder"] == "sent"


def test_who_has_paid_gets_no_reminder(shop: Tenant, clock: Clock) -> None:
    order = agree(shop, payment_method="card")
    put_off_reminder(clock, hours=3)
    send(clock)
    clock.wind(hours=4)
    pay(order, "200.00", clock.now)
    send(clock)
    assert len(mail.outbox) == 1
    reminder = OutgoingMessage.objects.get(kind=NoticeKind.PAYMENT_REMINDER)
    assert (reminder.state, reminder.error, reminder.attempts) == ("skipped", "paid", 0)
    assert reminder.body == ""


def test_a_cancelled_order_gets_no_letter(shop: Tenant, clock: Clock) -> None:
    order = agree(shop, payment_method="card")
    cancel(order)
    clock.wind(hours=4)
    assert send(clock) == 2
    assert mail.outbox == []
    assert set(OutgoingMessage.objects.values_list("state", "error")) == {("skipped", "order_gone")}


def test_an_order_opened_again_gets_no_letter(shop: Tenant, clock: Clock) -> None:
    order = agree(shop)
    reopen_order(order_id=order.pk, actor=SYSTEM, now=NOW)
    send(clock)
    assert mail.outbox == []
    assert OutgoingMessage.objects.get().error == "not_agreed"


@pytest.mark.parametrize(
    ("switch", "kind"), [("tell_agreed", "agreed"), ("remind_payment", "payment_reminder")]
)
def test_what_is_switched_off_is_not_written(
    shop: Tenant, clock: Clock, switch: str, kind: str
) -> None:
    agree(shop, payment_method="card", quantity=1)
    save_notice_settings(changes={switch: False}, actor=SYSTEM, now=NOW)
    clock.wind(hours=4)
    send(clock)  # off between the writing and the sending
    assert states()[kind] == "skipped"
    other = ({"agreed", "payment_reminder"} - {kind}).pop()
    assert states()[other] == "sent"
    before = OutgoingMessage.objects.filter(kind=kind).count()
    agree(shop, payment_method="card", quantity=3)
    assert OutgoingMessage.objects.filter(kind=kind).count() == before
    assert OutgoingMessage.objects.filter(kind=other).count() == 2


def test_a_customer_without_email_is_shown_and_can_be_written_to_later(
    shop: Tenant, clock: Clock
) -> None:
    order = agree(shop, buyer=without_email())
    send(clock)
    message = OutgoingMessage.objects.get()
    assert (message.state, message.error) == ("skipped", "no_email")
    add_contact(
        customer_id=order.customer_id, kind="email", value=EMAIL, actor=SYSTEM, now=clock.now
    )
    send_again(message_id=message.pk, actor=SYSTEM, now=clock.now)
    send(clock)
    assert [letter.to for letter in mail.outbox] == [[EMAIL]]


# --- Words ----------------------------------------------------------------------------------------


def test_a_letter_speaks_the_customers_language(shop: Tenant, clock: Clock) -> None:
    order = agree(shop)
    edit_customer(
        customer_id=order.customer_id,
        changes={"language": "en"},
        actor=Actor.system("test"),
        now=NOW,
    )
    send(clock)
    (letter,) = mail.outbox
    assert letter.subject == f"Your order №{order.number} at Крамниця is agreed"
    assert "₴100.00" in letter.body
    assert OutgoingMessage.objects.get().language == "en"


def test_a_name_can_forge_no_header_and_no_markup(shop: Tenant, clock: Clock) -> None:
    shop.name = 'Крамниця "<b>&\nBcc: spy@example.com'
    shop.save()
    order = agree(shop)
    edit_customer(
        customer_id=order.customer_id,
        changes={"language": "en", "name": "O'Ґудзь <i> & Ко"},
        actor=Actor.system("test"),
        now=NOW,
    )
    send(clock)
    (letter,) = mail.outbox
    sent = letter.message()
    assert sent["Bcc"] is None
    assert letter.recipients() == [EMAIL]
    assert "O'Ґудзь <i> & Ко" in letter.body
    assert not re.search(r"&(amp|lt|#x27);", letter.body + letter.subject)
