"""A POST sent twice is done once, and the second gets the first one's answer."""

import json
from datetime import timedelta
from threading import Barrier, Thread

import pytest
from django.db import connection, connections, transaction
from django.utils import timezone

from crm.api.models import IdempotencyRecord
from crm.api.tasks import purge_tenant_answers
from crm.tenancy.context import tenant_scope
from inventory.factories import make_variant
from orders.models import Order, OrderNote, Payment
from tests.api.conftest import make_key, order_body
from tests.fixtures.cast import found_company


def test_the_answer_is_given_again_byte_for_byte(shop, api, tea):
    first = api.post("orders", order_body(), idempotency_key="k-1")
    again = api.post("orders", order_body(), idempotency_key="k-1")
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.content == first.content
    assert (again["ETag"], again["Location"]) == (first["ETag"], first["Location"])
    assert "Idempotent-Replayed" not in first
    assert again["Idempotent-Replayed"] == "true"
    assert Order.objects.count() == 1
    other = api.post("orders", order_body(), idempotency_key="k-2")
    assert "Idempotent-Replayed" not in other
    assert Order.objects.count() == 2


def test_the_same_key_for_something_else_is_a_conflict(shop, api, tea):
    order = api.post("orders", order_body(), idempotency_key="k").json()
    other_body = api.post("orders", order_body(customer_comment="x"), idempotency_key="k")
    other_path = api.post(f"orders/{order['id']}/notes", order_body(), idempotency_key="k")
    for response in (other_body, other_path):
        assert (response.status_code, response.json()["code"]) == (409, "idempotency_conflict")
    assert Order.objects.count() == 1


def test_a_refusal_is_not_kept(shop, api, tea):
    wrong = api.post("orders", order_body(channel="nowhere"), idempotency_key="k")
    assert wrong.status_code == 422
    assert not IdempotencyRecord.objects.exists()
    assert api.post("orders", order_body(), idempotency_key="k").status_code == 201


def test_callers_do_not_meet(shop, neighbour, api, tea):
    other = make_key()
    first = api.post("orders", order_body(), idempotency_key="k").json()
    second = other.post("orders", order_body(), idempotency_key="k").json()
    assert first["id"] != second["id"]
    with tenant_scope(neighbour.pk):
        make_variant("TEA-1")
        third = make_key().post("orders", order_body(), idempotency_key="k")
    assert (third.status_code, "Idempotent-Replayed" in third) == (201, False)


@pytest.mark.parametrize(
    ("path", "body", "model"),
    [
        ("notes", {"text": "Подзвонити"}, OrderNote),
        ("payments", {"amount": {"amount": "10.00"}, "method": "card"}, Payment),
    ],
)
def test_every_post_takes_a_key(shop, api, tea, path, body, model):
    order = api.post("orders", order_body()).json()
    url = f"orders/{order['id']}/{path}"
    first = api.post(url, body, idempotency_key="k")
    again = api.post(url, body, idempotency_key="k")
    assert (first.status_code, again.content) == (201, first.content)
    assert model.objects.count() == 1
    assert api.post(url, body).status_code == 201
    assert model.objects.count() == 2


def test_a_members_session_takes_a_key_too(shop, manager, client_of, tea):
    client = client_of(manager)
    headers = {"x-kram-company": "shop", "idempotency-key": "k"}
    bodies = [
        client.post(
            "/api/v1/orders", order_body(), content_type="application/json", headers=headers
        )
        for _ in range(2)
    ]
    assert bodies[0].status_code == 201
    assert bodies[1].content == bodies[0].content
    assert Order.objects.count() == 1


# --- With several connections -----------------------------------------------------------------


class Store:
    """A company whose rows are really stored."""

    def __init__(self) -> None:
        self.tenant = found_company("kram", "Крам")
        with tenant_scope(self.tenant.pk), transaction.atomic():
            make_variant("TEA-1", on_hand=100)
            self.api = make_key()

    def orders(self) -> int:
        with tenant_scope(self.tenant.pk), transaction.atomic():
            return Order.objects.count()


@pytest.fixture
def store(transactional_db) -> Store:
    return Store()


def _hold_lock(store: Store, key: str):
    """Take the advisory lock of a key as a request that is still being worked on does."""
    from crm.api.authentication import hash_key
    from crm.api.idempotency import lock_id

    number = lock_id(store.tenant.pk, hash_key(store.api.key), key)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [number])


def _in_thread(work):
    results = []

    def run():
        try:
            results.append(work())
        finally:
            connections.close_all()

    thread = Thread(target=run, daemon=True)
    thread.start()
    thread.join(20)
    assert not thread.is_alive(), "it hangs"
    return results[0]


def test_one_still_in_progress_is_told_to_wait(store):
    def send():
        return store.api.post("orders", order_body(), idempotency_key="k")

    with transaction.atomic():
        _hold_lock(store, "k")
        early = _in_thread(send)
    assert (early.status_code, early.json()["code"]) == (409, "idempotency_in_progress")
    assert early["Retry-After"] == "1"
    assert store.orders() == 0
    assert _in_thread(send).status_code == 201
    assert store.orders() == 1


@pytest.mark.parametrize("with_lock", [True, False])
def test_twenty_at_once_make_one_order(store, monkeypatch, with_lock):
    """Without the lock the unique constraint alone still lets only one of them stand."""
    if not with_lock:
        from crm.api import authentication

        sql = authentication._FIND_WITH_REPEAT.replace(
            "pg_try_advisory_xact_lock(%s)", "%s IS NOT NULL"
        )
        monkeypatch.setattr(authentication, "_FIND_WITH_REPEAT", sql)
    barrier = Barrier(20)
    answers = []

    def send():
        try:
            barrier.wait(20)
            answers.append(store.api.post("orders", order_body(), idempotency_key="k"))
        finally:
            connections.close_all()

    threads = [Thread(target=send, daemon=True) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(answers) == 20
    assert store.orders() == 1
    done = [a for a in answers if a.status_code == 201]
    early = [a for a in answers if a.status_code == 409]
    assert len(done) + len(early) == 20
    assert len({a.content for a in done}) == 1
    assert {json.loads(a.content)["code"] for a in early} <= {"idempotency_in_progress"}
    last = store.api.post("orders", order_body(), idempotency_key="k")
    assert (last.status_code, last["Idempotent-Replayed"]) == (201, "true")


def test_old_answers_are_forgotten_company_by_company(store):
    other = found_company("sklad", "Склад")
    now = timezone.now()
    for tenant in (store.tenant, other):
        with tenant_scope(tenant.pk), transaction.atomic():
            for age, key in ((71, "young"), (73, "old")):
                IdempotencyRecord.objects.create(
                    sender="key:1", key=key, request_hash="x", status=201, body="{}",
                    created_at=now - timedelta(hours=age),
                )  # fmt: skip
    assert purge_tenant_answers(store.tenant.pk) == 1
    for tenant, left in ((store.tenant, {"young"}), (other, {"young", "old"})):
        with tenant_scope(tenant.pk), transaction.atomic():
            assert set(IdempotencyRecord.objects.values_list("key", flat=True)) == left
