"""What happens reaches the receiver: signed, in order, with the ladder where it is not taken."""

import asyncio
import json
import time
from datetime import timedelta

import pytest
from django.db import connections
from django.utils import timezone

from crm.outbox.drain import PAUSES
from crm.webhooks.actions.endpoints import rotate_secret
from crm.webhooks.actions.send import CIRCUIT, claim, is_final, retry_after
from crm.webhooks.client import Answer
from crm.webhooks.keys import event_id
from crm.webhooks.models import EndpointState
from crm.webhooks.sender import Sender
from tests.webhooks.conftest import ACTOR
from tests.webhooks.receiver import Receiver, listening

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "system"])


def test_an_event_is_delivered_with_a_signature_that_proves_it(company, receiver):
    endpoint_id = company.connect(receiver)
    company.happen()
    assert company.send() == 1
    [request] = receiver.got
    [event] = [e for e in company.events() if e.type == "company.changed"]
    body = json.loads(request.body)
    assert body == {
        "id": event_id(company.tenant.pk, event.pk),
        "type": "company.changed",
        "version": 1,
        "created_at": event.created_at.isoformat(),
        "company": "hooks",
        "sequence": event.sequence,
        "data": {
            "company": {
                "slug": "hooks",
                "name": "Hooks",
                "currency": "UAH",
                "language": "uk",
                "time_zone": "Europe/Kyiv",
            }
        },
    }
    assert request.headers["webhook-id"] == body["id"]
    assert request.headers["content-type"] == "application/json"
    assert abs(int(request.headers["webhook-timestamp"]) - time.time()) < 60
    assert receiver.proves(request, company.secrets[endpoint_id])
    request.body += b" "
    assert not receiver.proves(request, company.secrets[endpoint_id])
    [delivery] = company.deliveries()
    assert (delivery.state, delivery.attempts, delivery.last_status) == ("delivered", 1, 204)
    [attempt] = company.attempts()
    assert (attempt.ok, attempt.status, attempt.address) == (True, 204, "127.0.0.1")
    assert company.send() == 0


def test_only_what_was_chosen_is_sent(company, receiver):
    company.connect(receiver, all_events=False, events=["customer.created"])
    company.happen(topic="company.changed")
    company.happen(topic="customer.created")
    company.send()
    assert [json.loads(request.body)["type"] for request in receiver.got] == ["customer.created"]


def test_the_order_of_the_feed_is_kept(company, receiver):
    company.connect(receiver)
    company.happen(60)
    company.send()
    places = [json.loads(request.body)["sequence"] for request in receiver.got]
    assert len(places) == 60
    assert places == sorted(places)


def test_while_it_fails_its_order_holds_and_it_is_tried_by_the_ladder(company, receiver):
    endpoint_id = company.connect(receiver)
    receiver.answer = 500
    company.happen(2)
    for number, pause in enumerate((5, 30), start=1):
        assert company.send() == 1
        first, second = company.deliveries()
        assert (first.attempts, second.attempts) == (number, 0)
        wait = (first.next_at - timezone.now()).total_seconds()
        assert 0.85 * pause - 2 < wait < 1.15 * pause
        assert company.send() == 0  # not before its pause is over
        company.later(seconds=1.2 * pause)
    receiver.answer = 204
    assert company.send() == 2
    assert company.states() == ["delivered", "delivered"]
    assert len(set(receiver.ids)) == 2
    assert receiver.ids == [*[receiver.ids[0]] * 3, receiver.ids[-1]]  # the same id over attempts
    assert len({request.body for request in receiver.got[:3]}) == 1
    endpoint = company.endpoint(endpoint_id)
    assert (endpoint.failures, endpoint.failing_since, endpoint.open_until) == (0, None, None)


def test_one_that_is_never_taken_steps_aside_for_the_others(company, receiver):
    company.connect(receiver)
    company.happen(3)
    company.drain()
    poison = event_id(company.tenant.pk, company.deliveries()[0].event_id)

    def answer(request):
        return (500 if request.headers["webhook-id"] == poison else 200), {}, b""

    receiver.answer = answer
    for _number in range(3):
        company.send()
        company.later(seconds=35)
    company.send()
    assert company.states() == ["waiting", "delivered", "delivered"]


def test_the_whole_ladder_then_it_is_given_up_and_kept(company, receiver):
    company.connect(receiver)
    receiver.answer = 503
    company.happen()
    for _pause in PAUSES:
        assert company.send() == 1
        assert company.states() == ["waiting"]
        company.inside(lambda: _make_due(company))
    assert company.send() == 1
    assert company.states() == ["failed"]
    assert len(company.attempts()) == len(PAUSES) + 1
    assert company.send() == 0


def _make_due(company):
    from crm.webhooks.models import Delivery, WebhookEndpoint

    now = timezone.now()
    Delivery.objects.update(next_at=now)
    WebhookEndpoint.objects.update(next_at=now, open_until=None, failing_since=now)


@pytest.mark.parametrize("status", [301, 400, 401, 404, 422])
def test_what_is_refused_for_good_is_not_tried_again(company, receiver, status):
    company.connect(receiver)
    receiver.answer = status
    company.happen(2)
    assert company.send() == 2  # the next one may be taken
    assert company.states() == ["failed", "failed"]
    assert company.deliveries()[0].error == ("redirect" if status == 301 else "refused")


def test_a_redirect_is_not_followed(company, receiver):
    with listening(Receiver()) as other:
        receiver.answer = lambda _request: (307, {"location": other.url}, b"")
        company.connect(receiver)
        company.happen()
        company.send()
        assert (len(receiver.got), other.got) == (1, [])


def test_what_is_tried_again_and_what_is_not():
    again = [Answer(status=code) for code in (408, 425, 429, 500, 502, 503)]
    again += [Answer(error=word) for word in ("timeout", "not_reached", "address_not_allowed")]
    assert not any(is_final(answer) for answer in again)
    for_good = [Answer(status=code) for code in (302, 400, 403, 404, 409, 410, 413)]
    assert all(is_final(answer) for answer in [*for_good, Answer(error="https_only")])


def test_retry_after_is_honoured(company, receiver):
    company.connect(receiver)
    receiver.answer = lambda _request: (429, {"retry-after": "900"}, b"slow down")
    company.happen()
    company.send()
    [delivery] = company.deliveries()
    assert 890 < (delivery.next_at - timezone.now()).total_seconds() <= 900
    assert company.attempts()[0].answer == "slow down"
    company.later(seconds=60)
    assert company.send() == 0


def test_retry_after_is_read_or_left():
    now = timezone.now().replace(microsecond=0)
    assert retry_after("120", now) == timedelta(minutes=2)
    date = (now + timedelta(minutes=3)).strftime("%a, %d %b %Y %H:%M:%S GMT")
    assert retry_after(date, now) == timedelta(minutes=3)
    assert retry_after("99999999999999", now) == timedelta(days=1)
    for odd in ("", "soon", "-5", "١٢", "Tue, 99 Foo"):
        assert retry_after(odd, now) == timedelta()


def test_both_secrets_sign_for_a_day(company, receiver):
    endpoint_id = company.connect(receiver)
    old = company.secrets[endpoint_id]
    _endpoint, new = company.inside(
        lambda: rotate_secret(endpoint_id=endpoint_id, actor=ACTOR, now=timezone.now())
    )
    company.send()
    [request] = receiver.got
    assert receiver.proves(request, old)
    assert receiver.proves(request, new)

    def end_overlap():
        row = company.endpoint(endpoint_id)
        row.previous_until = timezone.now() - timedelta(seconds=1)
        row.save(update_fields=["previous_until"])

    company.inside(end_overlap)
    company.happen()
    company.send()
    assert not receiver.proves(receiver.got[-1], old)
    assert receiver.proves(receiver.got[-1], new)


def test_an_endpoint_that_hangs_or_fails_keeps_nobody_waiting(company, receiver):
    release = []

    def hang(_request):
        while not release:
            time.sleep(0.02)
        return 200, {}, b""

    with listening(Receiver(answer=hang)) as slow, listening(Receiver(answer=500)) as broken:
        company.connect(slow)
        company.connect(broken)
        company.connect(receiver)
        company.happen(10)
        company.drain()
        begun = time.monotonic()
        import threading

        threading.Timer(2, lambda: release.append(True)).start()
        company.send()
        assert len(receiver.got) == 10
        assert receiver.got[-1].at - receiver.got[0].at < 1.5
        assert time.monotonic() - begun >= 2
        assert (len(slow.got), len(broken.got)) == (10, 1)


def test_only_one_sender_has_an_endpoint_and_a_lease_that_is_over_frees_it(company, receiver):
    endpoint_id = company.connect(receiver)
    company.happen()
    company.drain()
    now = timezone.now()
    claims = [
        company_claim(company, endpoint_id, moment)
        for moment in (now, now, now + timedelta(seconds=31))
    ]
    assert [bool(one) for one in claims] == [True, False, True]
    assert claims[0].message_id == claims[2].message_id
    assert claims[0].body == claims[2].body
    [delivery] = company.deliveries()
    assert (delivery.state, delivery.attempts) == ("waiting", 2)


def company_claim(company, endpoint_id, moment):
    from crm.tenancy.context import tenant_scope

    try:
        with tenant_scope(company.tenant.pk):
            return claim(endpoint_id=endpoint_id, now=moment)
    finally:
        connections["default"].close()


def test_the_circuit_opens_wider_with_each_failure():
    assert tuple(sorted(CIRCUIT)) == CIRCUIT
    assert CIRCUIT[0] == PAUSES[0]


def test_an_endpoint_without_events_is_no_work(company, receiver):
    endpoint_id = company.connect(receiver)
    assert company.send() == 0
    endpoint = company.endpoint(endpoint_id)
    assert (endpoint.state, endpoint.next_at) == (EndpointState.ON, None)


@pytest.mark.parametrize("broken", [False, True])
def test_a_look_that_goes_well_is_told_to_the_health_check(tmp_path, monkeypatch, broken):
    alive = tmp_path / "alive"

    async def look_once():
        sender = Sender(alive=alive)

        async def look():
            sender.stop()
            if broken:
                raise OSError("the database is away")

        monkeypatch.setattr(sender, "_look", look)
        await sender.run(grace=0)

    asyncio.run(look_once())
    assert alive.exists() is not broken
