"""Owners hear of a member who reads more customers' data than work asks for; once."""

from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone, translation

from crm.accounts.permissions import Role
from crm.audit import reads
from crm.audit.actor import Actor, ActorKind
from crm.audit.reads import Read, Via, record_reads
from crm.ops import tasks, watching
from crm.ops.watching import MANY, SPAN, watch_reads
from crm.shell.models import Notification
from crm.shell.notices import word
from crm.tenancy.context import tenant_scope
from tests.fixtures.cast import found_company, hire

NOW = timezone.now()


@pytest.fixture(autouse=True)
def _forget():
    yield
    reads.forget_reads()


def read(who: Actor, count: int, *, at=NOW, kind="customer", via=Via.PAGE) -> None:
    record_reads([Read(who, kind, pk, via) for pk in range(1, count + 1)], now=at)


def test_the_owners_are_told_of_who_reads_many_and_of_nobody_else(shop, owner, manager, picker):
    other = hire(shop, Role.OWNER, name="Друга Власниця")
    read(Actor.member(manager), MANY - 1)
    read(Actor.member(picker), MANY, at=NOW - SPAN - timedelta(minutes=1))  # an hour ago
    read(Actor(ActorKind.API_KEY, 5, "Сайт"), MANY)  # a program
    assert watch_reads(now=NOW) == []

    read(Actor.member(manager), 1, kind="order", via=Via.EXPORT)
    assert watch_reads(now=NOW) == [manager.pk]
    notes = Notification.objects.filter(kind="reads.many")
    assert sorted(notes.values_list("member_id", flat=True)) == sorted([owner.pk, other.pk])
    note = notes.first()
    assert note.url == f"/shop/settings/audit/reads/?member={manager.pk}"
    with translation.override("en"):
        assert word(note).text.startswith(f"{manager.display_name} opened")
        assert str(MANY) in word(note).text
    # The next look, ten minutes later, says it no more.
    assert watch_reads(now=NOW + timedelta(minutes=10)) == []


def test_an_owner_hears_of_another_and_not_of_themselves(shop, owner):
    other = hire(shop, Role.OWNER, name="Друга Власниця")
    read(Actor.member(owner), MANY)
    assert watch_reads(now=NOW) == [owner.pk]
    assert Notification.objects.get(kind="reads.many").member_id == other.pk


@pytest.mark.django_db(transaction=True, databases=["default", "system"])
def test_the_beat_goes_through_the_companies(monkeypatch):
    monkeypatch.setattr(watching, "MANY", 3)
    shop = found_company("shop", "Крамниця")
    with tenant_scope(shop.pk):
        with transaction.atomic():
            hire(shop, Role.OWNER)
            read(Actor.member(hire(shop, Role.MANAGER)), 3, at=timezone.now())
        tasks.watch_reads()
        with transaction.atomic():
            assert Notification.objects.filter(kind="reads.many").count() == 1
