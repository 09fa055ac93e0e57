"""The pages of connections: connecting a store, the journal, one delivery, another try."""

import re
from html import unescape

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from crm.tenancy.context import tenant_scope
from integrations.models import Connection, InboundDelivery
from integrations.woocommerce.provider import sign
from orders.models import Channel, Order
from tests.integrations.conftest import ORDER, order_body

LIST = "/shop/settings/connections/"


@pytest.fixture
def page(owner, client_of):
    """What the owner sees at an address, in English."""

    def read(path, **headers):
        headers.setdefault("accept-language", "en")
        response = client_of(owner).get(path, headers=headers)
        assert response.status_code == 200
        return unescape(response.content.decode())

    return read


@pytest.fixture(autouse=True)
def english(owner):
    owner.user.language = "en"
    owner.user.save()


def test_a_store_is_connected_by_the_page_and_its_secret_shown_once(
    shop, owner, client_of, client, shirt
):
    form = {
        "name": "Мій магазин",
        "store_url": "shop.example",
        "channel": Channel.objects.get(code="site").pk,
    }
    browser = client_of(owner)
    Channel.objects.create(name="А, перший за абеткою", code="a", kind="messenger")
    empty = browser.get(f"{LIST}woocommerce/new/").content.decode()
    assert f'<option value="{form["channel"]}" selected>' in empty
    assert 'type="url"' not in empty
    made = browser.post(f"{LIST}woocommerce/new/", form)
    shown = unescape(browser.get(made["Location"]).content.decode())
    secret = re.search(r'id="secret"[^>]*value="([0-9a-f]{40})"', shown)[1]
    address = re.search(r'id="delivery-url"[^>]*value="https?://[^/]+(/in/[^"]+)"', shown)[1]
    assert re.findall('data-copy="#([^"]+)"', shown) == ["delivery-url", "secret"]
    again = browser.get(made["Location"]).content.decode()
    assert secret not in again
    assert re.findall('data-copy="#([^"]+)"', again) == ["delivery-url"]
    body = b'{"id":1,"status":"checkout-draft"}'
    headers = {"X-WC-Webhook-Topic": "order.created", "X-WC-Webhook-Signature": sign(secret, body)}
    sent = client.post(address, data=body, content_type="application/json", headers=headers)
    assert sent.status_code == 200
    assert Connection.objects.get().settings == {"store_url": "https://shop.example"}


def test_the_journal_adds_up_and_says_what_came_of_each(woo, send, deliver, shirt, page):
    created = send(ORDER)
    failed = send(b"<html>503</html>", topic="order.updated")
    deliver(order_body(customer_note="чекає"), topic="order.updated")
    journal = page(f"{LIST}{woo.pk}/")
    assert "3 received = 1 handled + 1 waiting + 1 failed" in journal
    rows = re.findall(r'<tr data-row id="delivery-(\d+)">(.*?)</tr>', journal, re.DOTALL)
    words = {int(pk): re.sub(r"<[^>]+>|\s+", " ", text) for pk, text in rows}
    assert "A new order" in words[created.pk]
    assert "The store did not send JSON." in words[failed.pk]
    assert len(words) == 3
    only = page(f"{LIST}{woo.pk}/?state=failed", **{"hx-request": "true"})
    assert re.findall(r'id="delivery-(\d+)"', only) == [str(failed.pk)]


def test_a_delivery_leads_to_its_order(woo, send, shirt, page):
    created = send(ORDER)
    order = Order.objects.get()
    shown = page(f"/shop/settings/deliveries/{created.pk}/")
    assert re.search(rf'href="/shop/orders/{order.number}/">Open the order №{order.label}<', shown)
    assert '"number": "728"' in shown
    failed = send(b"<html>503</html>", topic="order.updated")
    assert "Open the order" not in page(f"/shop/settings/deliveries/{failed.pk}/")


def test_what_failed_is_tried_again_by_the_page(woo, send, shirt, owner, client_of, page):
    failed = send(b"<html>503</html>")
    fine = send(ORDER)
    browser = client_of(owner)
    assert browser.post(f"/shop/settings/deliveries/{fine.pk}/replay/").status_code == 400
    browser.post(f"/shop/settings/deliveries/{failed.pk}/replay/")
    failed.refresh_from_db()
    assert (failed.state, failed.attempts) == ("waiting", 0)
    assert "2 received = 1 handled + 1 waiting + 0 failed" in page(f"{LIST}{woo.pk}/")


def test_the_lists_ask_as_much_for_many_as_for_few(woo, send, shirt, owner, client_of):
    browser = client_of(owner)

    def statements(path):
        with CaptureQueriesContext(connection) as asked:
            assert browser.get(path).status_code == 200
        return len(asked)

    send(ORDER)
    few = statements(LIST), statements(f"{LIST}{woo.pk}/")
    with tenant_scope(woo.tenant_id):
        for place in range(5):
            Connection.objects.create(
                kind="woocommerce", name=f"s{place}", channel=woo.channel, token=f"t{place}"
            )
            send({"id": 1}, topic="product.updated")
    assert InboundDelivery.objects.count() == 6
    assert (statements(LIST), statements(f"{LIST}{woo.pk}/")) == few
