"""The pages and the API of endpoints."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from crm.api.models import IdempotencyRecord
from crm.webhooks.actions.endpoints import create_endpoint
from crm.webhooks.models import (
    Delivery,
    DeliveryAttempt,
    DeliveryState,
    FeedEvent,
    WebhookEndpoint,
)
from tests.api.conftest import make_key
from tests.webhooks.conftest import ACTOR

URL = "/shop/settings/webhooks/"
FORM = {"url": "https://shop.example/hook", "description": "Сайт", "events": ["order.placed"]}


@pytest.fixture
def browser(client_of, owner):
    return client_of(owner)


def make(**fields):
    given = {"url": "https://shop.example/hook", "all_events": True, **fields}
    return create_endpoint(actor=ACTOR, now=timezone.now(), **given)[0]


def deliver(endpoint, count=1, state="failed", **fields):
    now = timezone.now()
    rows = []
    for _number in range(count):
        place = FeedEvent.objects.count() + 1
        event = FeedEvent.objects.create(
            source_id=place,
            sequence=10**6 + place,
            type="order.placed",
            object_type="order",
            object_id=1,
            data={"order": {"id": "1"}},
            created_at=now,
        )
        row = Delivery.objects.create(
            endpoint=endpoint,
            event=event,
            type=event.type,
            sequence=event.sequence,
            state=state,
            attempts=1,
            next_at=now,
            created_at=now,
            **fields,
        )
        DeliveryAttempt.objects.create(
            delivery=row, at=now, took_ms=12, ok=False, status=500, answer="<b>oops</b>"
        )
        rows.append(row)
    return rows


# --- Pages ---------------------------------------------------------------------------------------


def test_a_webhook_is_made_and_its_secret_is_shown_once(shop, browser):
    made = browser.post(f"{URL}new/", FORM)
    endpoint = WebhookEndpoint.objects.get()
    answer = browser.get(made["Location"])
    assert (endpoint.url, endpoint.events) == (FORM["url"], ["order.placed"])
    secret = endpoint.secrets["current"]
    assert secret in answer.content.decode()
    assert answer["Cache-Control"] == "no-store"
    again = browser.get(f"{URL}{endpoint.pk}/").content.decode()
    assert secret not in again
    assert f"•••• {secret[-4:]}" in again


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"url": "http://shop.example/"}, "url"),
        ({"url": "https://192.168.0.1/"}, "url"),
        ({"events": []}, "events"),
        ({"events": ["order.eaten"]}, "events"),
    ],
)
def test_a_wrong_form_stores_nothing(shop, browser, change, field):
    answer = browser.post(f"{URL}new/", {**FORM, **change})
    assert answer.status_code == 422
    assert answer.context["form"].errors.keys() == {field}
    assert not WebhookEndpoint.objects.exists()


def test_it_is_changed_paused_tested_resumed_and_removed(shop, browser):
    endpoint = make()
    page = f"{URL}{endpoint.pk}/"

    def now():
        endpoint.refresh_from_db()
        return endpoint

    browser.post(f"{page}edit/", {**FORM, "events": ["order.placed", "stock.received"]})
    assert (now().all_events, now().events) == (False, ["order.placed", "stock.received"])
    secret = now().secrets["current"]
    browser.post(f"{page}secret/")
    assert now().secrets["previous"] == secret
    assert browser.get(page).context["secret"] == now().secrets["current"] != secret
    assert browser.post(f"{page}test/").status_code == 303
    browser.post(f"{page}pause/")
    assert (now().state, now().reason) == ("paused", "by_hand")
    deliver(endpoint, state="waiting")
    browser.post(f"{page}resume/", {"waiting": "skip"})
    assert now().state == "on"
    assert Delivery.objects.get().state == DeliveryState.SKIPPED
    browser.post(f"{page}remove/")
    assert now().state == "removed"
    assert browser.get(page).status_code == 404
    assert "https://shop.example/hook" not in browser.get(URL).content.decode()


def test_the_log_is_filtered(shop, browser):
    endpoint = make()
    deliver(endpoint, 2)
    deliver(endpoint, 1, state="delivered")
    page = f"{URL}{endpoint.pk}/"

    def rows(query):
        return len(browser.get(f"{page}?{query}").context["rows"])

    today = timezone.localdate()
    assert rows("") == 3
    assert rows("state=failed") == 2
    assert rows("type=order.placed&state=delivered") == 1
    assert rows("type=stock.received") == 0
    assert rows(f"since={today}&till={today}") == 3
    assert rows(f"since={today + timedelta(days=1)}") == 0


def test_a_delivery_shows_what_was_sent_and_answered(shop, browser):
    [row] = deliver(make(), last_status=500, error="refused")
    text = browser.get(f"{URL}deliveries/{row.pk}/").content.decode()
    assert "&quot;type&quot;: &quot;order.placed&quot;" in text
    assert "&lt;b&gt;oops&lt;/b&gt;" in text
    assert "<b>oops" not in text


def test_deliveries_are_sent_again_by_one_and_by_a_span(shop, browser):
    endpoint = make()
    one, *_others = deliver(endpoint, 3)
    browser.post(f"{URL}deliveries/{one.pk}/replay/")
    states = Delivery.objects.order_by("id").values_list("state", flat=True)
    assert list(states) == ["waiting", "failed", "failed"]
    now = timezone.localtime()
    span = {
        "since": f"{now - timedelta(hours=1):%Y-%m-%dT%H:%M}",
        "until": f"{now:%Y-%m-%dT%H:%M}",
        "states": ["failed"],
    }
    backwards = {**span, "until": span["since"], "since": span["until"]}
    browser.post(f"{URL}{endpoint.pk}/replay/", backwards)
    assert list(states.all()) == ["waiting", "failed", "failed"]
    browser.post(f"{URL}{endpoint.pk}/replay/", span)
    assert list(states.all()) == ["waiting"] * 3


def test_pages_cost_the_same_however_many_rows(shop, browser):
    endpoint = make()
    deliver(endpoint, 2)

    def cost(url):
        browser.get(url)
        with CaptureQueriesContext(connection) as seen:
            browser.get(url)
        return len(seen)

    pages = (URL, f"{URL}{endpoint.pk}/")
    before = [cost(page) for page in pages]
    deliver(endpoint, 30)
    for number in range(5):
        make(url=f"https://shop.example/{number}")
    assert [cost(page) for page in pages] == before


# --- The API -------------------------------------------------------------------------------------


def test_the_api_makes_an_endpoint_and_tells_its_secret_once(shop):
    api = make_key("webhooks:write")
    body = {"url": "https://shop.example/hook", "events": ["order.placed", "stock.received"]}
    answer = api.post("webhook-endpoints", body, idempotency_key="one")
    made = answer.json()
    assert (answer.status_code, answer["Cache-Control"]) == (201, "no-store")
    assert answer["Location"] == f"/api/v1/webhook-endpoints/{made['id']}"
    endpoint = WebhookEndpoint.objects.get()
    assert made["secret"] == endpoint.secrets["current"]
    again = api.post("webhook-endpoints", body, idempotency_key="one")
    assert again["Idempotent-Replayed"] == "true"
    assert again.json() == {**made, "secret": None}
    assert made["secret"] not in IdempotencyRecord.objects.get().body
    assert WebhookEndpoint.objects.count() == 1
    assert "secret" not in api.get(f"webhook-endpoints/{made['id']}").json()


def test_the_api_changes_rotates_and_removes(shop):
    api = make_key("webhooks:write")
    made = api.post(
        "webhook-endpoints", {"url": "https://shop.example/hook", "all_events": True}
    ).json()
    path = f"webhook-endpoints/{made['id']}"
    changed = api.patch(path, {"events": ["order.placed"], "all_events": False, "state": "paused"})
    assert changed.json()["events"] == ["order.placed"]
    assert changed.json()["state"] == "paused"
    assert api.post(f"{path}/test", {}).json()["code"] == "webhook_not_on"
    assert api.patch(path, {"state": "on"}).json()["state"] == "on"
    assert api.post(f"{path}/test", {}).status_code == 200
    rotated = api.post(f"{path}/secret", {}).json()
    assert rotated["secret"] not in {None, made["secret"]}
    assert api.call("DELETE", path).json()["state"] == "removed"
    assert api.get(path).status_code == 404
    assert api.get("webhook-endpoints").json() == {"results": []}


@pytest.mark.parametrize(
    ("change", "pointer", "code"),
    [
        ({"url": "http://shop.example/"}, "/url", "https_only"),
        ({"url": "https://169.254.169.254/"}, "/url", "address_not_allowed"),
        ({"url": "https://shop.example:25/"}, "/url", "port_not_allowed"),
        ({"url": "shop"}, "/url", "invalid"),
        ({"events": []}, "/events", "empty"),
        ({"events": ["order.eaten"]}, "/events/0", "invalid_choice"),
    ],
)
def test_the_api_says_what_is_wrong(shop, change, pointer, code):
    body = {"url": "https://shop.example/hook", "events": ["order.placed"], **change}
    answer = make_key("webhooks:write").post("webhook-endpoints", body)
    assert answer.status_code == 422
    [error] = answer.json()["errors"]
    assert (error["pointer"], error["code"]) == (pointer, code)
    assert not WebhookEndpoint.objects.exists()


def test_a_key_of_one_channel_keeps_no_endpoints(shop):
    body = {"url": "https://shop.example/hook", "all_events": True}
    narrow = make_key("webhooks:write", channel="site")
    assert narrow.post("webhook-endpoints", body).json()["code"] == "forbidden"
    assert not WebhookEndpoint.objects.exists()
    assert make_key("webhooks:write").post("webhook-endpoints", body).status_code == 201


def test_there_is_an_end_to_how_many(shop, monkeypatch):
    monkeypatch.setattr("crm.webhooks.actions.endpoints.MAX_ENDPOINTS", 2)
    api = make_key("webhooks:write")
    body = {"url": "https://shop.example/hook", "all_events": True}
    codes = [api.post("webhook-endpoints", body).status_code for _number in range(3)]
    assert codes == [201, 201, 409]
