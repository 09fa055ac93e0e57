"""Where members want to be told: the bell, mail, both or neither."""

import smtplib
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend
from django.utils import timezone

from crm.audit.models import AuditEntry
from crm.shell.actions import notify, read_all_notifications
from crm.shell.mailing import LEASE, mail_due
from crm.shell.models import Notification
from crm.shell.selectors import count_unread, list_notifications
from tests.fixtures.cast import hire

URL = "/shop/notifications/choices/"


@pytest.fixture
def told(manager):
    def tell(kind: str = "order.alarm") -> list[Notification]:
        params: dict[str, Any] = {"number": 7, "count": 1}
        now = timezone.now()
        return notify(members=[manager], kind=kind, params=params, url="/shop/orders/7/", now=now)

    return tell


def choose(client: Any, *ticked: str) -> Any:
    page = client.get(URL)
    every = {f"bell-{row['kind'].name}": "on" for row in page.context["rows"]}
    data = dict.fromkeys({*every, *ticked}, "on") | {"stamp": page.context["stamp"]}
    for name in ticked:
        if name.startswith("no-"):
            del data[name], data[name.removeprefix("no-")]
    return client.post(URL, data)


def test_the_usual_is_the_bell_alone(manager, told):
    told()
    assert count_unread(member_id=manager.pk) == 1
    assert mail_due() == 0
    assert mail.outbox == []


def test_by_mail_too(shop, manager, told, client_of):
    assert choose(client_of(manager), "mail-order.alarm").status_code == 303
    told("order.assigned")
    told()
    assert count_unread(member_id=manager.pk) == 2
    assert mail_due() == 1
    [letter] = mail.outbox
    assert letter.to == [manager.user.email]
    assert "№7" in letter.subject
    assert "/shop/orders/7/" in letter.body
    assert mail_due() == 0


def test_by_mail_alone_and_not_at_all(shop, manager, told, client_of):
    client = client_of(manager)
    choose(client, "no-bell-order.alarm", "mail-order.alarm", "no-bell-order.placed")
    assert told("order.placed") == []
    told()
    assert count_unread(member_id=manager.pk) == 0
    assert list_notifications(member_id=manager.pk) == []
    assert mail_due() == 1
    assert len(mail.outbox) == 1


def test_many_at_once_go_by_the_choice_of_one(shop, manager, told, client_of):
    assert len(told("orders.assigned")) == 1
    choose(client_of(manager), "no-bell-order.assigned")
    assert told("orders.assigned") == []


def test_what_was_read_meanwhile_is_not_mailed(shop, manager, told, client_of):
    choose(client_of(manager), "mail-order.alarm")
    told()
    read_all_notifications(member_id=manager.pk, now=timezone.now())
    assert mail_due() == 1
    assert mail.outbox == []
    assert mail_due() == 0


def test_who_works_here_no_longer_gets_no_mail(shop, manager, told, client_of):
    choose(client_of(manager), "mail-order.alarm")
    told()
    manager.is_active = False
    manager.save()
    assert mail_due() == 1
    assert mail.outbox == []


def test_a_server_that_is_away_is_tried_again(shop, manager, told, client_of, monkeypatch):
    choose(client_of(manager), "mail-order.alarm")
    told()

    def refuse(*_args: Any) -> int:
        raise smtplib.SMTPServerDisconnected("away")

    with monkeypatch.context() as away:
        away.setattr(EmailBackend, "send_messages", refuse)
        assert mail_due() == 1
    assert mail.outbox == []
    assert mail_due() == 0  # not yet
    later = timezone.now() + timedelta(seconds=10)
    assert mail_due(clock=lambda: later) == 1
    assert len(mail.outbox) == 1


def test_a_worker_that_died_on_the_way_is_made_up_for(shop, manager, told, client_of, monkeypatch):
    choose(client_of(manager), "mail-order.alarm")
    told()

    def die(*_args: Any) -> int:
        raise KeyboardInterrupt

    with monkeypatch.context() as killed:
        killed.setattr(EmailBackend, "send_messages", die)
        with pytest.raises(KeyboardInterrupt):
            mail_due()
    assert mail_due() == 0
    later = timezone.now() + LEASE + timedelta(seconds=1)
    assert mail_due(clock=lambda: later) == 1
    assert len(mail.outbox) == 1


def test_choices_are_told_with_before_and_after_and_two_tabs_meet(shop, manager, client_of):
    client = client_of(manager)
    stamp = client.get(URL).context["stamp"]
    choose(client, "mail-order.alarm")
    entry = AuditEntry.objects.get(action="member.notices_chosen")
    assert entry.changes == {"order.alarm": [["bell"], ["bell", "mail"]]}
    late = client.post(URL, {"stamp": stamp})
    assert late.status_code == 409
    assert AuditEntry.objects.filter(action="member.notices_chosen").count() == 1


def test_each_chooses_of_what_they_may_hear(shop, picker, client_of):
    assert client_of(picker).get(URL).context["rows"] == []
    assert len(client_of(hire(shop, "owner")).get(URL).context["rows"]) >= 7
