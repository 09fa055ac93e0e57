"""Telling members, and their reading of it."""

from datetime import UTC, datetime

import pytest
from django.db import transaction

from crm.shell import notices
from crm.shell.actions import notify
from crm.shell.models import Notification
from crm.shell.notices import Notice
from crm.shell.selectors import count_unread, list_notifications
from crm.tenancy.context import tenant_scope
from tests.shell.conftest import sign_in

NOW = datetime(2026, 5, 20, 12, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def kinds(monkeypatch):
    monkeypatch.setattr(notices, "_builders", {})
    notices.register_notification(
        "order.waiting", lambda params: Notice(f"№{params['number']} waits", "clock", "yellow")
    )


@pytest.fixture
def told(cast):
    """The owner was told of №5."""
    with tenant_scope(cast.company.pk), transaction.atomic():
        (note,) = notify(
            members=[cast.owner, cast.owner.pk],
            kind="order.waiting",
            params={"number": 5},
            url="/pottery/orders/5/",
            now=NOW,
        )
    return note


def unread(cast, member) -> int:
    with tenant_scope(cast.company.pk):
        return count_unread(member_id=member.pk)


def test_each_member_is_told_once(cast, told):
    assert (unread(cast, cast.owner), unread(cast, cast.picker)) == (1, 0)


def test_list_words_it_for_the_reader(cast, told):
    page = sign_in(cast.owner).get("/pottery/notifications/").content.decode()
    assert "№5 waits" in page
    assert "is-unread" in page
    assert "Mark all as read" in page
    other = sign_in(cast.picker).get("/pottery/notifications/").content.decode()
    assert "№5" not in other
    assert "Nothing new" in other


def test_kind_that_nobody_words_is_still_shown(cast, told):
    with tenant_scope(cast.company.pk):
        Notification.objects.update(kind="zzz")
    page = sign_in(cast.owner).get("/pottery/notifications/").content.decode()
    assert "Something happened: zzz" in page


def test_opening_reads_it_and_goes_there(cast, told):
    response = sign_in(cast.owner).post(f"/pottery/notifications/{told.pk}/")
    assert (response.status_code, response["Location"]) == (302, "/pottery/orders/5/")
    assert unread(cast, cast.owner) == 0


BELL = '<span id="k-bell-count"{}></span>'


def test_the_bell_counts_what_is_still_unread(cast, told):
    client = sign_in(cast.owner)
    client.get("/pottery/sidebar/")
    choices = "/pottery/notifications/choices/"
    assert '<span class="k-iconbtn__count">1</span>' in client.get(choices).content.decode()
    client.post(f"/pottery/notifications/{told.pk}/")
    assert BELL.format("") in client.get(choices).content.decode()


def test_nobody_reads_what_another_was_told(cast, told):
    assert sign_in(cast.picker).post(f"/pottery/notifications/{told.pk}/").status_code == 404
    assert sign_in(cast.picker).post("/pottery/notifications/read/").status_code == 200
    assert sign_in(cast.stranger).post(f"/pottery/notifications/{told.pk}/").status_code == 404
    assert unread(cast, cast.owner) == 1


def test_all_are_read_at_once(cast, told):
    response = sign_in(cast.owner).post("/pottery/notifications/read/")
    page = response.content.decode()
    assert "is-unread" not in page
    assert BELL.format(' hx-swap-oob="true"') in page
    assert unread(cast, cast.owner) == 0


def test_what_is_rolled_back_was_not_told(cast):
    with tenant_scope(cast.company.pk):
        with pytest.raises(ZeroDivisionError), transaction.atomic():
            notify(members=[cast.owner], kind="order.waiting", params={}, url="", now=NOW)
            raise ZeroDivisionError
        assert list_notifications(member_id=cast.owner.pk) == []


def test_telling_costs_one_insert(cast, django_assert_num_queries):
    with (
        tenant_scope(cast.company.pk),
        transaction.atomic(),
        django_assert_num_queries(4),  # savepoint, insert, release
    ):
        notify(members=[cast.owner, cast.picker], kind="order.waiting", params={}, url="", now=NOW)
