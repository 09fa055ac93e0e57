"""The list of a person's sessions: kept at sign-in, ended from afar, ended by a new password."""

from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.test import Client
from django.utils import timezone

from crm.accounts import middleware
from crm.accounts.actions.members import deactivate_member
from crm.accounts.actions.sessions import drop_old_sessions, end_session
from crm.accounts.devices import browser_of, icon_of, system_of
from crm.accounts.models import User, UserSession
from crm.audit.actor import Actor
from crm.shell.live import publishing
from tests.fixtures.cast import PASSWORD

CHROME = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko)"
    " Chrome/131.0.0.0 Safari/537.36"
)
PHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like"
    " Gecko) Version/17.5 Mobile/15E148 Safari/604.1"
)


def sign_in(member, user_agent=CHROME, **extra):
    client = Client(headers={"User-Agent": user_agent}, **extra)
    answer = client.post("/login/", {"email": member.user.email, "password": PASSWORD})
    assert answer.status_code == 302
    return client


@pytest.fixture(autouse=True)
def _forget_seen():
    yield
    middleware.forget_seen()


def test_the_list_says_where_one_is_signed_in(owner):
    sign_in(owner, REMOTE_ADDR="203.0.113.5")
    here = sign_in(owner, PHONE)
    rows = here.get("/profile/sessions/").context["rows"]
    assert [(row["name"], row["current"], row["icon"]) for row in rows] == [
        ("Safari, iPhone", True, "smartphone"),
        ("Chrome, Windows", False, "monitor"),
    ]
    assert rows[1]["address"] == "203.0.113.5"


def test_one_session_is_ended_from_afar(owner):
    elsewhere, here = sign_in(owner), sign_in(owner, PHONE)
    [row] = [r for r in here.get("/profile/sessions/").context["rows"] if not r["current"]]
    assert elsewhere.get("/profile/").status_code == 200
    here.post(f"/profile/sessions/{row['id']}/end/")
    assert elsewhere.get("/profile/").status_code == 302
    assert here.get("/profile/").status_code == 200
    assert UserSession.objects.filter(user=owner.user).count() == 1


def test_what_ends_a_session_or_an_access_ends_the_streams(
    owner, manager, monkeypatch, django_capture_on_commit_callbacks
):
    told = []
    monkeypatch.setattr(
        publishing, "redis_client", lambda: SimpleNamespace(publish=lambda *a: told.append(a))
    )
    elsewhere = sign_in(owner)
    row = UserSession.objects.get(user=owner.user)
    channel = f"{publishing.CHANNEL}{owner.tenant_id}"
    with django_capture_on_commit_callbacks(execute=True):
        end_session(user_id=owner.user_id, session_id=row.pk)
        assert told == []  # not before it is stored
    assert (channel, f'{{"goodbye": {owner.user_id}}}') in told
    assert elsewhere.get("/profile/").status_code == 302
    told.clear()
    with django_capture_on_commit_callbacks(execute=True):
        deactivate_member(member_id=manager.pk, actor=Actor.member(owner), now=timezone.now())
    assert (channel, f'{{"goodbye": {manager.user_id}}}') in told


def test_nobody_ends_a_strangers_session(owner, manager):
    theirs, mine = sign_in(owner), sign_in(manager)
    row = UserSession.objects.get(user=owner.user)
    assert mine.post(f"/profile/sessions/{row.pk}/end/").status_code == 404
    assert theirs.get("/profile/").status_code == 200
    own = UserSession.objects.get(user=manager.user)
    assert mine.post(f"/profile/sessions/{own.pk}/end/").status_code == 302


def test_all_the_others_are_ended_also_those_of_no_list(owner, client_of):
    unlisted, elsewhere, here = client_of(owner), sign_in(owner), sign_in(owner)
    here.post("/profile/sessions/end-others/")
    states = [client.get("/profile/").status_code for client in (unlisted, elsewhere, here)]
    assert states == [302, 302, 200]
    [row] = here.get("/profile/sessions/").context["rows"]
    assert row["current"]


def test_a_new_password_ends_the_others_and_keeps_this_one(owner):
    elsewhere, here = sign_in(owner), sign_in(owner)
    new = {"current": PASSWORD, "password": "a new and long one"}
    assert here.post("/profile/password/", new).status_code == 302
    assert elsewhere.get("/profile/").status_code == 302
    [row] = here.get("/profile/sessions/").context["rows"]
    assert row["current"]  # the session got a new key, and its row follows


def test_signing_out_leaves_the_list(owner):
    client = sign_in(owner)
    assert UserSession.objects.filter(user=owner.user).count() == 1
    client.post("/logout/")
    assert UserSession.objects.filter(user=owner.user).count() == 0


def test_last_seen_is_written_once_a_minute(owner, django_assert_num_queries):
    client = sign_in(owner)
    past = timezone.now() - timedelta(minutes=5)
    UserSession.objects.update(last_seen_at=past)
    client.get("/profile/")
    seen = UserSession.objects.get().last_seen_at
    assert seen > past
    UserSession.objects.update(last_seen_at=past)
    client.get("/profile/")
    assert UserSession.objects.get().last_seen_at == past  # within the minute
    middleware.forget_seen()
    client.get("/profile/")
    assert UserSession.objects.get().last_seen_at > past


def test_old_rows_are_dropped(owner):
    sign_in(owner)
    now = timezone.now()
    assert drop_old_sessions(now=now + timedelta(days=13)) == 0
    assert drop_old_sessions(now=now + timedelta(days=15)) == 1


def test_the_owner_sees_when_members_last_signed_in(owner, manager, client_of):
    User.objects.filter(pk=manager.user_id).update(last_login=timezone.now())
    page = client_of(owner).get("/shop/settings/security/")
    logins = {m.pk: m.user.last_login is not None for m in page.context["members"]}
    assert logins[manager.pk]
    assert client_of(manager).get("/shop/settings/security/").status_code == 403


@pytest.mark.parametrize(
    ("user_agent", "expected"),
    [
        (CHROME, ("Chrome", "Windows", "monitor")),
        (CHROME + " Edg/131.0", ("Edge", "Windows", "monitor")),
        (PHONE, ("Safari", "iPhone", "smartphone")),
        (
            "Mozilla/5.0 (X11; Linux x86_64; rv:132.0) Gecko/20100101 Firefox/132.0",
            ("Firefox", "Linux", "monitor"),
        ),
        ("curl/8.5", ("", "", "monitor")),
    ],
)
def test_devices_in_words(user_agent, expected):
    assert (browser_of(user_agent), system_of(user_agent), icon_of(user_agent)) == expected
