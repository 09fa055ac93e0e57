"""Pages of letters, the job's door, and the promise to be outside a transaction."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.core import mail
from django.db import transaction
from django.test import Client
from django.utils import timezone

from crm.accounts.models import Membership
from crm.tenancy.models import Tenant
from messaging import tasks
from messaging.actions.send import claim_next
from messaging.models import NoticeSettings, OutgoingMessage
from messaging.notices import read_settings
from orders.models import Order

from .conftest import EMAIL, Clock, agree, send, without_email

HTMX = {"HX-Request": "true"}


@pytest.fixture
def desk(owner: Membership, client_of: Callable[[Membership], Client]) -> Client:
    return client_of(owner)


@pytest.fixture
def order(shop: Tenant, tea: Any) -> Order:
    return agree(shop)


def text_of(response: Any) -> str:
    assert response.status_code == 200, response.status_code
    return response.content.decode()


@pytest.mark.django_db(transaction=True)
def test_nobody_talks_to_the_network_inside_a_transaction(shop: Tenant) -> None:
    assert claim_next(now=timezone.now()) is None
    with pytest.raises(RuntimeError), transaction.atomic():
        claim_next(now=timezone.now())


def test_the_job_sends_for_one_company(order: Order, shop: Tenant) -> None:
    tasks.send(shop.pk)
    assert [letter.to for letter in mail.outbox] == [[EMAIL]]


def test_the_choices_are_saved_and_errors_stand_beside_the_field(desk: Client) -> None:
    url = "/shop/settings/messages/"
    assert "checked" in text_of(desk.get(url))
    form = {"tell_shipped": "on", "remind_after_hours": "6", "reply_to": "shop@example.com"}
    wrong = desk.post(url, {**form, "reply_to": "shop"})
    assert wrong.status_code == 422
    assert 'aria-invalid="true"' in wrong.content.decode()
    assert not NoticeSettings.objects.exists()
    assert desk.post(url, form).status_code == 303
    saved = read_settings()
    assert (saved.tell_agreed, saved.tell_shipped, saved.remind_payment) == (False, True, False)
    assert (saved.remind_after_hours, saved.reply_to) == (6, "shop@example.com")


def test_the_log_filters_and_opens_a_letter(desk: Client, order: Order, clock: Clock) -> None:
    send(clock)
    message = OutgoingMessage.objects.get()
    page = text_of(desk.get("/shop/settings/messages/log/"))
    assert f"№{order.number}" in page
    assert EMAIL in page
    assert EMAIL not in text_of(desk.get("/shop/settings/messages/log/?state=failed", headers=HTMX))
    letter = text_of(desk.get(f"/shop/settings/messages/log/{message.pk}/"))
    assert message.subject in letter
    assert "replay" not in letter  # a sent letter is not sent again


def test_stop_and_undo(desk: Client, order: Order, clock: Clock) -> None:
    message = OutgoingMessage.objects.get()
    url = f"/shop/settings/messages/log/{message.pk}"
    stopped = desk.post(f"{url}/stop/", headers=HTMX)
    assert OutgoingMessage.objects.get().state == "skipped"
    assert f"{url}/replay/" in text_of(stopped)
    desk.post(json.loads(stopped["HX-Trigger"])["toast"]["undo_url"])
    assert OutgoingMessage.objects.get().state == "waiting"
    clock.now = timezone.now()
    assert send(clock) == 1


def test_a_manager_sees_an_orders_letters_but_not_the_log(
    manager: Membership, client_of: Any, order: Order, clock: Clock
) -> None:
    works = client_of(manager)
    assert "№" not in text_of(works.get(f"/shop/orders/{order.number}/messages/", headers=HTMX))
    send(clock)
    fragment = text_of(works.get(f"/shop/orders/{order.number}/messages/", headers=HTMX))
    assert EMAIL in fragment
    assert "settings/messages" not in fragment
    message = OutgoingMessage.objects.get()
    for url in ("", "log/", f"log/{message.pk}/"):
        assert works.get(f"/shop/settings/messages/{url}").status_code == 403
    assert works.post(f"/shop/settings/messages/log/{message.pk}/stop/").status_code == 403
    assert works.get("/shop/orders/999999/messages/").status_code == 404


def test_the_log_asks_the_same_number_of_queries(
    desk: Client, shop: Tenant, tea: Any, django_assert_max_num_queries: Callable[..., Any]
) -> None:
    for quantity in (1, 2, 3):
        agree(shop, quantity=quantity, buyer=without_email())
    with django_assert_max_num_queries(12):
        text_of(desk.get("/shop/settings/messages/log/"))
