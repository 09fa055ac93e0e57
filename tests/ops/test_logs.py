"""Lines of the log: what they hold, what they must not, and the id that ties them together."""

import io
import json
import logging
import re

import pytest
from celery import current_app
from django.db import transaction
from django.utils import timezone

from crm.audit.models import AuditEntry
from crm.audit.request_id import request_id
from crm.broker import queue_key
from crm.ops.logs import JsonFormatter, LineFormatter, hide_personal
from crm.ops.metrics.counters import client
from crm.outbox.drain import drain_batch
from crm.outbox.models import OutboxEvent
from crm.outbox.registry import subscribe
from crm.tenancy.context import tenant_scope
from crm.tenancy.models import Tenant
from tests.matrix.world import fill

TOPIC = "test.logged"
logger = logging.getLogger("kram.test")


@pytest.fixture
def lines():
    """Everything that is logged meanwhile, as production writes it."""
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    handler.setFormatter(JsonFormatter())
    logging.getLogger().addHandler(handler)
    yield lambda: [json.loads(line) for line in written.getvalue().splitlines()]
    logging.getLogger().removeHandler(handler)


def test_a_request_leaves_one_line_of_ids(lines, shop, manager, client_of):
    answer = client_of(manager).get(
        "/shop/orders/?q=0671234567", headers={"X-Request-ID": "abc-12345"}
    )
    assert answer["X-Request-ID"] == "abc-12345"
    [line] = [one for one in lines() if one["logger"] == "kram.request"]
    assert {name: line[name] for name in ("route", "method", "status", "request")} == {
        "route": "orders:list",
        "method": "GET",
        "status": 200,
        "request": "abc-12345",
    }
    assert (line["company"], line["user"]) == (shop.pk, manager.user_id)
    assert line["ms"] > 0


@pytest.mark.parametrize(
    "given", ["", "short", "x" * 37, "with space 1", 'quote"12345', "a\nb-12345"]
)
def test_an_id_that_is_none_is_replaced(client, given):
    answer = client.get("/healthz", headers={"X-Request-ID": given})
    assert answer["X-Request-ID"] != given
    assert re.fullmatch("[0-9a-f]{32}", answer["X-Request-ID"])


def test_working_with_people_leaves_nothing_of_them(lines, shop, owner, client_of):
    """The longest way that people's data go: an order by hand, its card, its search, its list."""
    things = fill(shop, owner, orders=2)
    browser = client_of(owner)
    for path in (
        "/shop/orders/?q=%D0%9E%D0%BB%D0%B5%D0%BD%D0%B0",
        f"/shop/orders/{things.order.number}/",
        f"/shop/customers/{things.order.customer_id}/",
        "/shop/palette/?q=0671230000",
    ):
        assert browser.get(path).status_code == 200
    wrong = {"username": owner.user.email, "password": "no"}
    assert browser.post("/login/", wrong).status_code < 500
    told = json.dumps(lines(), ensure_ascii=False)
    assert told.count("kram.request") == 5
    for word in ("Олена", "Оксана", "%D0%9E", "0671230000", "67123", owner.user.email, "@"):
        assert word not in told, word


def test_the_last_net_takes_phones_and_emails_out(lines):
    try:
        raise ValueError("Key (email)=(olena@ukr.net) of +38 (067) 123-45-67 exists")
    except ValueError:
        logger.exception("no room for %s at %s", "olena.k@shop.com.ua", "0671234567")
    [line] = lines()
    assert line["text"] == "no room for [e-mail] at [phone]"
    assert line["error"].endswith("ValueError: Key (email)=([e-mail]) of [phone] exists")
    for text in ("067 123 45 67", "(067)123-45-67", "380671234567", "+48 22 123 45 67"):
        assert hide_personal(f"call {text}, please") == "call [phone], please"
    for kept in (
        "order 10234 took 1250 ms",
        "2026-11-25 16:00:08,689",
        "task a736f361-ed6d-43a9-92ef-29a143b22d39 of tenant 1234567890123456789",
        "sum 0123456.78 of 12 rows",
        "127.0.0.1:51459/1178",
    ):
        assert hide_personal(kept) == kept


def test_a_line_for_a_person_names_the_request():
    record = logging.LogRecord("kram", logging.INFO, "", 0, "to %s", ("a@b.ua",), None)
    token = request_id.set("0123456789abcdef")
    try:
        assert LineFormatter().format(record).endswith(" INFO kram to [e-mail] [01234567]")
    finally:
        request_id.reset(token)


def test_the_id_goes_with_a_task():
    token = request_id.set("of-a-request")
    current_app.send_task("ops.tick")
    request_id.reset(token)
    current_app.send_task("ops.tick")
    waiting = [json.loads(body)["headers"] for body in client().lrange(queue_key("kram"), 0, -1)]
    # Newest first. What nobody's request asked for carries none.
    assert [headers.get("kram_request_id") for headers in waiting] == [None, "of-a-request"]

    seen = []

    @current_app.task(name="test.seen")
    def note() -> None:
        seen.append(request_id.get())

    note.apply(headers={"kram_request_id": "of-a-request"})
    alone = note.apply()
    assert seen == ["of-a-request", alone.id]
    assert request_id.get() == ""


@subscribe(TOPIC)
def _leave_a_mark(event) -> None:
    AuditEntry.objects.create(
        at=event.created_at,
        actor_kind="system",
        actor_label="test",
        action="test.logged",
        object_type="event",
        object_id=event.object_id,
        request_id=request_id.get(),
    )
    if event.payload.get("breaks"):
        raise RuntimeError("broken")


@pytest.mark.django_db(transaction=True)
def test_effects_carry_the_id_of_their_cause(lines, transactional_db):
    tenant = Tenant.objects.create(slug="logged", name="Logged")
    now = timezone.now()
    with tenant_scope(tenant.pk):
        with transaction.atomic():
            for place, cause in enumerate(("first-request", "second-request")):
                OutboxEvent.objects.create(
                    topic=TOPIC,
                    object_type="event",
                    object_id=place,
                    payload={"breaks": place == 1},
                    request_id=cause,
                    created_at=now,
                    next_at=now,
                )
        drain_batch(tenant.pk)
        with transaction.atomic():
            marks = AuditEntry.objects.values_list("object_id", "request_id")
            assert list(marks) == [(0, "first-request")]
            # What broke keeps its cause for the next try, and its line in the log names it.
            assert OutboxEvent.objects.get().request_id == "second-request"
    [line] = [one for one in lines() if one["level"] == "ERROR"]
    assert (line["request"], line["company"]) == ("second-request", tenant.pk)
    assert request_id.get() == ""
