"""Pausing, giving up after three days, switching off, tests by hand, sending again."""

import json
from datetime import timedelta

import pytest
from django.core import mail
from django.utils import timezone

from crm.accounts.models import Membership, User
from crm.shell.models import Notification
from crm.shell.notices import word
from crm.tenancy.models import Tenant
from crm.webhooks.actions import endpoints as actions
from crm.webhooks.actions.endpoints import EndpointRefused
from crm.webhooks.actions.replay import replay_delivery, replay_span
from crm.webhooks.models import FeedEvent, WebhookEndpoint
from crm.webhooks.selectors import tally_endpoints
from crm.webhooks.tasks import purge_company, send_stopped_letter
from tests.webhooks.conftest import ACTOR

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "system"])


def by():
    return {"actor": ACTOR, "now": timezone.now()}


def types(receiver):
    return [json.loads(request.body)["type"] for request in receiver.got]


def test_what_happens_while_it_is_paused_goes_out_afterwards_in_order(company, receiver):
    endpoint_id = company.connect(receiver)
    company.inside(lambda: actions.pause_endpoint(endpoint_id=endpoint_id, **by()))
    company.happen(3)
    assert company.send() == 0
    assert receiver.got == []
    assert company.states() == ["waiting"] * 4
    company.inside(lambda: actions.resume_endpoint(endpoint_id=endpoint_id, **by()))
    company.send()
    assert types(receiver) == ["webhook.paused", *["company.changed"] * 3, "webhook.resumed"]
    assert set(company.states()) == {"delivered"}


def test_or_is_skipped_where_that_is_wanted(company, receiver):
    endpoint_id = company.connect(receiver)
    company.inside(lambda: actions.pause_endpoint(endpoint_id=endpoint_id, **by()))
    company.happen(2)
    company.send()
    company.inside(
        lambda: actions.resume_endpoint(endpoint_id=endpoint_id, skip_waiting=True, **by())
    )
    company.send()
    assert types(receiver) == ["webhook.resumed"]
    assert company.states() == [*["skipped"] * 3, "delivered"]


def _boss(company):
    user = User.objects.create_user(email="boss@hooks.example", full_name="Оксана", language="uk")
    return Membership.objects.create(user=user, role="owner", display_name="Оксана")


def test_after_three_days_of_failure_it_is_paused_and_its_people_are_told(
    company, receiver, monkeypatch
):
    letters = []
    monkeypatch.setattr(send_stopped_letter, "delay", lambda *given: letters.append(given))
    boss = company.inside(lambda: _boss(company))
    endpoint_id = company.connect(receiver, description="Сайт")
    receiver.answer = 500
    company.happen()
    company.send()
    company.later(days=2, hours=23)
    company.send()
    assert company.endpoint(endpoint_id).state == "on"
    assert letters == []
    company.later(hours=2)
    company.send()
    endpoint = company.endpoint(endpoint_id)
    assert (endpoint.state, endpoint.reason) == ("paused", "failing")
    [note] = company.inside(lambda: list(Notification.objects.filter(member=boss)))
    assert note.url == f"/hooks/settings/webhooks/{endpoint_id}/"
    assert "Сайт" in word(note).text
    assert letters == [(company.tenant.pk, endpoint_id, boss.pk)]
    send_stopped_letter(*letters[0])
    [letter] = mail.outbox
    assert letter.to == ["boss@hooks.example"]
    assert f"/hooks/settings/webhooks/{endpoint_id}/" in letter.body
    assert receiver.url in letter.body
    # What happens since is kept.
    company.happen()
    assert company.send() == 0
    assert company.states()[-1] == "waiting"


def test_410_switches_it_off_and_what_happens_then_is_not_kept(company, receiver, monkeypatch):
    monkeypatch.setattr(send_stopped_letter, "delay", lambda *_given: None)
    endpoint_id = company.connect(receiver)
    receiver.answer = 410
    company.happen()
    company.send()
    endpoint = company.endpoint(endpoint_id)
    assert (endpoint.state, endpoint.reason) == ("off", "gone")
    assert company.states() == ["failed"]
    company.happen()
    company.send()
    assert len(receiver.got) == 1
    assert [row.type for row in company.deliveries()] == ["company.changed"]
    assert company.events()[-1].type == "company.changed"  # the feed has it


def test_a_test_goes_first_through_an_open_circuit_and_once(company, receiver):
    endpoint_id = company.connect(receiver, all_events=False, events=["company.changed"])
    receiver.answer = 500
    company.happen(2)
    company.send()
    company.inside(lambda: actions.test_endpoint(endpoint_id=endpoint_id, **by()))
    company.send()
    assert types(receiver) == ["company.changed", "webhook.test"]
    assert company.states() == ["waiting", "waiting", "failed"]
    assert company.endpoint(endpoint_id).failures == 1
    receiver.answer = 200
    company.inside(lambda: actions.test_endpoint(endpoint_id=endpoint_id, **by()))
    company.send()
    # It answers again: the line goes on behind the test.
    assert types(receiver)[2:] == ["webhook.test", "company.changed"]


def test_a_test_reaches_nobody_else(company, receiver):
    endpoint_id = company.connect(receiver)
    company.connect(receiver, description="another")
    company.inside(lambda: actions.test_endpoint(endpoint_id=endpoint_id, **by()))
    company.send()
    assert types(receiver).count("webhook.test") == 1


def test_one_delivery_is_sent_again_under_its_id(company, receiver):
    company.connect(receiver)
    receiver.answer = 404
    company.happen()
    company.send()
    [row] = company.deliveries()
    assert row.state == "failed"
    receiver.answer = 200
    company.inside(lambda: replay_delivery(delivery_id=row.pk, **by()))
    company.send()
    assert company.deliveries()[0].state == "delivered"
    assert len(set(receiver.ids[:2])) == 1
    assert len(company.attempts()) == 2


def test_a_span_is_sent_again_and_what_had_not_been_chosen_too(company, receiver):
    endpoint_id = company.connect(receiver, all_events=False, events=["company.changed"])
    receiver.answer = 404
    company.happen(3)
    company.happen(topic="customer.created")
    company.send()
    receiver.answer = 200
    middle = company.deliveries()[1].created_at
    later = timezone.now() + timedelta(minutes=1)

    def again(**more):
        span = {"since": middle, "until": later, **more}
        return company.inside(lambda: replay_span(endpoint_id=endpoint_id, **span, **by()))

    assert again().total == 2  # the first is before the span
    company.send()
    assert company.states() == ["failed", "delivered", "delivered"]
    assert again().total == 0
    assert again(states=["delivered"]).again == 2
    company.send()
    company.inside(
        lambda: actions.edit_endpoint(
            endpoint_id=endpoint_id, events=["company.changed", "customer.created"], **by()
        )
    )
    done = again(states=[], missed=True)
    assert (done.again, done.missed) == (0, 1)
    company.send()
    assert types(receiver)[-1] == "customer.created"
    places = [json.loads(request.body)["sequence"] for request in receiver.got[3:5]]
    assert places == sorted(places)


def test_a_replay_does_not_wait_for_an_open_circuit(company, receiver):
    company.connect(receiver)
    receiver.answer = 500
    company.happen()
    company.send()
    receiver.answer = 200
    assert company.send() == 0
    row = company.deliveries()[0]
    company.inside(lambda: replay_delivery(delivery_id=row.pk, **by()))
    company.send()
    assert company.deliveries()[0].state == "delivered"


def test_a_removed_one_is_sent_nothing(company, receiver):
    endpoint_id = company.connect(receiver)
    company.happen()
    company.drain()
    company.inside(lambda: actions.remove_endpoint(endpoint_id=endpoint_id, **by()))
    company.happen()
    assert company.send() == 0
    assert company.states() == ["skipped"]
    with pytest.raises(EndpointRefused, match="not_found"):
        company.inside(lambda: actions.pause_endpoint(endpoint_id=endpoint_id, **by()))


def test_the_books_of_deliveries_balance(company, receiver):
    endpoint_id = company.connect(receiver)
    company.happen(2)
    company.send()
    receiver.answer = 404
    company.happen()
    company.send()
    receiver.answer = 500
    company.happen(3)
    company.send()
    tally = company.inside(lambda: tally_endpoints([endpoint_id]))[endpoint_id]
    assert (tally.delivered, tally.failed, tally.waiting, tally.skipped) == (2, 1, 3, 0)
    assert tally.written == len(company.deliveries()) == 6


def test_the_secret_lies_encrypted_and_is_no_part_of_the_audit(company, receiver):
    endpoint_id = company.connect(receiver)
    secret = company.secrets[endpoint_id]
    assert secret.startswith("whsec_")
    assert len(secret) > 40

    def raw():
        from django.db import connection

        with connection.cursor() as cursor:
            cursor.execute("SELECT secrets FROM webhooks_webhookendpoint")
            seal = cursor.fetchone()[0]
            cursor.execute("SELECT string_agg(a::text, '') FROM audit_auditentry a")
            return seal, cursor.fetchone()[0]

    seal, audit = company.inside(raw)
    assert secret not in seal
    assert "webhook.created" in audit
    assert secret[6:20] not in audit
    assert company.endpoint(endpoint_id).secrets == {"current": secret}


def test_old_events_are_forgotten_with_their_deliveries(company, receiver):
    company.connect(receiver)
    company.happen(3)
    company.send()
    assert len(company.attempts()) == 3
    old = timezone.now() - timedelta(days=31)

    def age():
        ids = [e.pk for e in FeedEvent.objects.order_by("-sequence")[1:]]
        FeedEvent.objects.filter(pk__in=ids).update(created_at=old)
        return len(ids)

    aged = company.inside(age)
    neighbour = Tenant.objects.create(slug="other", name="Other")
    assert purge_company(neighbour.pk) == 0
    assert purge_company(company.tenant.pk) == aged
    assert [len(company.events()), len(company.deliveries()), len(company.attempts())] == [1, 1, 1]


def test_what_can_not_be_made_is_refused(company, settings):
    settings.WEBHOOKS_ALLOW_LOCAL = False

    def make(**fields):
        return company.inside(lambda: actions.create_endpoint(**fields, **by()))

    for url, code in (
        ("http://shop.example/", "https_only"),
        ("https://10.0.0.1/", "address_not_allowed"),
        ("https://shop.example:22/", "port_not_allowed"),
        ("shop", "bad_url"),
    ):
        with pytest.raises(EndpointRefused, match=code):
            make(url=url, all_events=True)
    with pytest.raises(EndpointRefused, match="no_events"):
        make(url="https://shop.example/")
    with pytest.raises(EndpointRefused, match="unknown_event"):
        make(url="https://shop.example/", events=["order.eaten"])
    assert company.inside(WebhookEndpoint.objects.count) == 0
    make(url="https://shop.example/", events=["order.placed"])
    assert company.inside(WebhookEndpoint.objects.count) == 1
