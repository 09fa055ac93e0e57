"""Every address of the settings that writes, tried: what it changed is in the audit with before
and after. Generated from the addresses; a new one without a line here fails."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from django.urls import get_resolver, reverse

from crm.accounts.checks import list_patterns
from crm.accounts.permissions import Permission
from crm.audit.actor import Actor
from crm.audit.models import AuditEntry
from orders.actions import configure, configure_calendar, configure_people, configure_statuses
from orders.models import (
    CancelReason,
    Channel,
    Holiday,
    OrderSettings,
    OrderTag,
    ReturnReason,
    Skill,
    Status,
)
from orders.pipeline import Stage
from tests.tenancy.rows import make_row

Case = tuple[dict[str, Any], dict[str, Any]]  # parts of the address, the form
STATUS = {"name": "Чекає", "color": "red", "icon": "clock", "hours_limit": "5"}


@pytest.fixture
def world(shop, owner) -> SimpleNamespace:
    by = {"actor": Actor.member(owner), "now": owner.created_at}
    first = Status.objects.get(stage=Stage.NEW)
    second = configure_statuses.add_status(
        stage=Stage.NEW, values={"name": "Друге", "color": "blue", "icon": "star"}, **by
    )
    gone = configure_statuses.add_status(stage=Stage.NEW, values={"name": "Третє"}, **by)
    configure_statuses.retire_status(
        status_id=gone.pk, heir_id=first.pk, member=owner, now=owner.created_at
    )
    return SimpleNamespace(
        owner=owner,
        first=first,
        second=second,
        gone=gone,
        channel=Channel.objects.get(code="site"),
        cancel=list(CancelReason.objects.order_by("position")),
        back=list(ReturnReason.objects.order_by("position")),
        holiday=make_row(Holiday),
        skill=make_row(Skill),
        tag=make_row(OrderTag, name="терміново"),
        settings=OrderSettings.objects.get(),
    )


def week(w: SimpleNamespace) -> dict[str, Any]:
    form: dict[str, Any] = {"stamp": configure_calendar.calendar_stamp(w.settings)}
    for day in range(7):
        form |= {f"start_{day}": "08:00", f"end_{day}": "17:00", f"cut_off_{day}": "10:00"}
    return form | {"works_0": "on", "works_5": "on"}


def channel(w: SimpleNamespace, **more: Any) -> dict[str, Any]:
    form = {"name": "Instagram", "code": "insta", "kind": "messenger", "currency": "UAH"}
    form |= {"stock_policy": "reject", "members": [str(w.owner.pk)], "number_prefix": "IG-"}
    form |= {"default_manager_id": w.owner.pk, "skill_id": w.skill.pk, "is_active": "on"}
    return form | {"first_status_id": w.second.pk, **more}


CASES: dict[str, list[Callable[[SimpleNamespace], Case]]] = {
    "orders:settings": [
        lambda w: (
            {},
            {
                "response_minutes": 5,
                "alarm_minutes": 7,
                "duplicate_minutes": 9,
                "stamp": configure.minutes_stamp(w.settings),
            },
        )
    ],
    "orders:settings-rate": [
        lambda w: ({}, {"currency": "USD", "rate": "41.5", "since": "2026-11-01"})
    ],
    "orders:settings-numbers": [
        lambda w: (
            {},
            {"number_prefix": "KR-", "next_one": 900, "stamp": configure.numbers_stamp(w.settings)},
        )
    ],
    "orders:settings-status-order": [lambda w: ({}, {"ids": [w.second.pk, w.first.pk]})],
    "orders:settings-moves": [
        lambda w: (
            {},
            {
                f"{w.first.pk}-{w.second.pk}": "on",
                "stamp": configure_statuses.moves_stamp(list(Status.objects.all())),
            },
        )
    ],
    "orders:settings-status-new": [lambda w: ({"stage": "agreed"}, STATUS)],
    "orders:settings-status": [
        lambda w: (
            {"status_id": w.first.pk},
            {**STATUS, "stamp": configure_statuses.status_stamp(w.first)},
        )
    ],
    "orders:settings-status-archive": [
        lambda w: ({"status_id": w.second.pk}, {"heir": w.first.pk})
    ],
    "orders:settings-status-do": [
        lambda w: ({"status_id": w.second.pk, "verb": "up"}, {}),
        lambda w: ({"status_id": w.first.pk, "verb": "down"}, {}),
        lambda w: ({"status_id": w.second.pk, "verb": "default"}, {}),
        lambda w: ({"status_id": w.gone.pk, "verb": "restore"}, {}),
    ],
    "orders:settings-channel-new": [lambda w: ({}, channel(w))],
    "orders:settings-channel": [
        lambda w: (
            {"channel_id": w.channel.pk},
            channel(w, stamp=configure.channel_stamp(w.channel)),
        )
    ],
    "orders:settings-reasons": [lambda w: ({}, {"name": "Інше"})],
    "orders:settings-reason-list": [lambda w: ({"kind": "return"}, {"name": "Інше"})],
    "orders:settings-reason-order": [
        lambda w: ({"kind": "return"}, {"ids": [row.pk for row in reversed(w.back)]})
    ],
    "orders:settings-reason-do": [
        lambda w: (
            {"kind": "cancel", "reason_id": w.cancel[0].pk, "verb": "rename"},
            {"name": "Інше"},
        ),
        lambda w: ({"kind": "return", "reason_id": w.back[0].pk, "verb": "off"}, {}),
        lambda w: ({"kind": "cancel", "reason_id": w.cancel[1].pk, "verb": "up"}, {}),
        lambda w: ({"kind": "return", "reason_id": w.back[0].pk, "verb": "down"}, {}),
    ],
    "orders:settings-calendar": [lambda w: ({}, week(w))],
    "orders:settings-holiday": [lambda w: ({}, {"day": "2027-01-01", "name": "Новий рік"})],
    "orders:settings-holidays-year": [lambda w: ({}, {"year": 2027})],
    "orders:settings-holiday-remove": [lambda w: ({"holiday_id": w.holiday.pk}, {})],
    "orders:settings-skills": [
        lambda w: (
            {},
            {f"{w.skill.pk}-{w.owner.pk}": "on", "stamp": configure_people.skills_stamp()},
        )
    ],
    "orders:settings-skill-new": [lambda w: ({}, {"name": "Польська"})],
    "orders:settings-skill-do": [
        lambda w: ({"skill_id": w.skill.pk, "verb": "rename"}, {"name": "Польська"}),
        lambda w: ({"skill_id": w.skill.pk, "verb": "remove"}, {}),
    ],
    "orders:settings-tags": [
        lambda w: ({}, {"name": "терміново", "to": "терміново", "color": "red"}),
        lambda w: ({}, {"name": "терміново", "to": "швидко", "color": "gray"}),
    ],
}
ONLY_SHOWN = {"orders:settings-statuses", "orders:settings-channels"}


def addresses() -> list[str]:
    names = [name for _route, name, _pattern in list_patterns(get_resolver())]
    return sorted({name for name in names if name.startswith("orders:settings")} - ONLY_SHOWN)


def test_every_address_that_writes_is_tried():
    assert addresses() == sorted(CASES)


@pytest.mark.parametrize(
    ("name", "place"), [(name, n) for name in sorted(CASES) for n in range(len(CASES[name]))]
)
def test_what_changed_is_told_with_before_and_after(world, owner, client_of, name, place):
    parts, form = CASES[name][place](world)
    last = AuditEntry.objects.order_by("-id").values_list("id", flat=True).first() or 0
    url = reverse(name, kwargs={"company": "shop", **parts})
    assert client_of(owner).post(url, form).status_code in {200, 303}
    told = AuditEntry.objects.filter(id__gt=last).exclude(action__startswith="job.")
    assert told.count() == 1
    entry = told.get()
    assert (entry.actor_kind, entry.actor_id) == ("member", owner.pk)
    assert entry.changes
    assert all(before != after for before, after in entry.changes.values())
    # The same again changes nothing, and says nothing.
    if name not in {"orders:settings-skill-do", "orders:settings-status-do"}:
        client_of(owner).post(url, form)
        again = AuditEntry.objects.filter(id__gt=entry.pk).exclude(action__startswith="job.")
        made_anew = {"orders:settings-reason-do", "orders:settings-status-new"}
        assert name in made_anew or again.count() == 0


def test_who_may_not_changes_nothing(world, manager, client_of):
    assert not manager.can(Permission.SETTINGS_MANAGE)
    last = AuditEntry.objects.order_by("-id").values_list("id", flat=True).first() or 0
    for name, cases in CASES.items():
        for case in cases:
            parts, form = case(world)
            url = reverse(name, kwargs={"company": "shop", **parts})
            assert client_of(manager).post(url, form).status_code == 403, name
    assert AuditEntry.objects.filter(id__gt=last).count() == 0
