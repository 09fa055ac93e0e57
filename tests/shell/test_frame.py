"""Sidebar, preferences, error answers, health and the policy on every page."""

import dataclasses
import json
import re
from pathlib import Path
from threading import Event

import pytest
from django.conf import settings
from django.core.cache import cache
from django.db import transaction
from django.test import Client
from django.urls import resolve
from django.utils.translation import gettext_lazy

from crm.accounts.models import User
from crm.accounts.permissions import Permission
from crm.shell import nav, sidebar
from crm.shell.web import health
from crm.tenancy.context import tenant_scope
from tests.shell.conftest import sign_in


@pytest.fixture
def places(monkeypatch):
    monkeypatch.setattr(nav, "_items", [])
    monkeypatch.setattr(sidebar, "_providers", [])
    nav.register_nav(
        nav.NavItem("stock", "Storehouse", "box", "shell:home", Permission.STOCK_VIEW, "warehouse")
    )
    nav.register_nav(
        nav.NavItem("audit", "Ledger", "book", "shell:home", Permission.AUDIT_VIEW, "company")
    )
    nav.register_nav(
        nav.NavItem("ghost", "Ghost", "ghost", "nowhere:at-all", Permission.STOCK_VIEW, "company")
    )


def test_sidebar_shows_what_the_member_may_see(cast, places):
    owner = sign_in(cast.owner).get("/pottery/sidebar/").content.decode()
    assert "Storehouse" in owner
    assert "Ledger" in owner
    assert "Ghost" not in owner  # its page does not exist
    picker = sign_in(cast.picker).get("/pottery/sidebar/").content.decode()
    assert "Storehouse" in picker
    assert "Ledger" not in picker
    assert sign_in(cast.stranger).get("/pottery/sidebar/").status_code == 404


def test_sidebar_counts_and_links(cast, places):
    sidebar.register_sidebar_counts(
        lambda request: [
            sidebar.SidebarCount("stock", 7, loud=True),
            sidebar.SidebarLink("stock", "Empty", "/pottery/?state=empty", 1234, "red"),
        ]
    )
    client = sign_in(cast.owner)
    first = client.get(
        "/pottery/sidebar/",
        headers={"HX-Current-URL": "http://testserver/pottery/?state=empty&x=1"},
    ).content.decode()
    assert '<span class="k-nav__count k-nav__count--loud">7</span>' in first
    assert '<span class="k-nav__count">1,234</span>' in first
    assert '<a href="/pottery/?state=empty" aria-current="page">' in first
    # The parent is not the current place as well.
    assert first.count("aria-current") == 1


def test_counts_are_kept_for_the_next_page(cast, places):
    asked = []
    sidebar.register_sidebar_counts(lambda request: asked.append(1) or [])
    client = sign_in(cast.owner)
    client.get("/pottery/sidebar/")
    page = client.get("/pottery/nowhere/")
    assert page.status_code == 404
    assert len(asked) == 1


def test_what_is_kept_of_counts_is_plain_and_whole(cast, places, rf):
    sidebar.register_sidebar_counts(
        lambda request: [
            sidebar.SidebarCount("stock", 7, loud=True),
            sidebar.SidebarLink("stock", gettext_lazy("Empty"), "/pottery/?a=1", None, "red", True),
        ]
    )
    request = rf.get("/pottery/")
    request.membership = cast.owner
    with tenant_scope(cast.company.pk), transaction.atomic():
        counted = sidebar.fetch_counts(request)
    assert sidebar.known_counts(request) == counted
    # No class of ours is named in the cache: code that moved or changed it could not read it.
    assert type(cache.get(sidebar._key(request))) is str


def test_code_with_another_field_reads_nothing_kept_by_this(cast, places, rf, monkeypatch):
    """A deploy: the page counts anew where it would stumble over what older code kept."""
    sidebar.register_sidebar_counts(
        lambda request: [sidebar.SidebarLink("stock", "Empty", "/pottery/?a=1", count=3)]
    )
    request = rf.get("/pottery/")
    request.membership = cast.owner
    with tenant_scope(cast.company.pk), transaction.atomic():
        sidebar.fetch_counts(request)
    assert sidebar.known_counts(request).links["stock"][0].count == 3

    old = [(one.name, one.type) for one in dataclasses.fields(sidebar.SidebarLink)]
    newer = dataclasses.make_dataclass("SidebarLink", [*old, ("tone", str)], frozen=True)
    monkeypatch.setattr(sidebar, "SidebarLink", newer)
    with pytest.raises(TypeError):
        sidebar.known_counts(request)  # under the same key it would
    shape = sidebar._shape(sidebar.Counts, sidebar.SidebarCount, newer)
    monkeypatch.setattr(sidebar, "_SHAPE", shape)
    assert sidebar.known_counts(request) == sidebar.Counts()


def test_start_page_is_the_first_place(cast, monkeypatch):
    monkeypatch.setattr(nav, "_items", [])
    nav.register_nav(
        nav.NavItem("n", "Notes", "bell", "shell:notifications", Permission.AUDIT_VIEW, "sales")
    )
    response = sign_in(cast.owner).get("/pottery/")
    assert (response.status_code, response["Location"]) == (302, "/pottery/notifications/")
    assert sign_in(cast.picker).get("/pottery/").status_code == 403


def test_theme_and_language_are_remembered(cast):
    client = sign_in(cast.owner)
    assert client.post("/preferences/", {"theme": "dark"}).status_code == 204
    assert client.cookies["kram_theme"].value == "dark"
    response = client.post("/preferences/", {"language": "ru", "next": "/pottery/"})
    assert response["Location"] == "/pottery/"
    user = User.objects.get(pk=cast.owner.user_id)
    assert (user.theme, user.language) == ("dark", "ru")


@pytest.mark.parametrize("data", [{"theme": "pink"}, {"language": "xx"}])
def test_nonsense_is_not_remembered(cast, data):
    client = sign_in(cast.owner)
    client.post("/preferences/", data)
    assert not {"kram_theme", "kram_language"} & set(client.cookies)
    user = User.objects.get(pk=cast.owner.user_id)
    assert (user.theme, user.language) == ("", "")


def test_language_switch_stays_on_our_site(cast):
    response = Client().post("/preferences/", {"language": "en", "next": "https://evil.example/"})
    assert response["Location"] == "/"


@pytest.mark.parametrize(
    ("cookie", "person", "company", "expected"),
    [
        ("ru", "en", "uk", "ru"),
        ("", "en", "uk", "en"),
        ("", "", "ru", "ru"),
        ("xx", "xx", "xx", "en"),
    ],
)
def test_language_is_the_persons_then_the_companys(cast, cookie, person, company, expected):
    User.objects.filter(pk=cast.owner.user_id).update(language=person)
    type(cast.company).objects.filter(pk=cast.company.pk).update(language=company)
    client = sign_in(cast.owner)
    if cookie:
        client.cookies["kram_language"] = cookie
    assert client.get("/pottery/sidebar/")["Content-Language"] == expected


def test_without_any_wish_it_is_ukrainian(db):
    assert Client().get("/nowhere/at/all/")["Content-Language"] == "uk"


# --- Errors --------------------------------------------------------------------------------------


def test_missing_page_says_what_to_do(cast):
    response = sign_in(cast.owner).get("/pottery/nowhere/")
    page = response.content.decode()
    assert response.status_code == 404
    assert "There is nothing at this address." in page
    assert 'href="/"' in page
    assert response["X-Request-ID"] in page


def test_a_company_that_is_not_the_readers_is_as_if_it_were_not(cast):
    def ask(address):
        response = client.get(address)
        page = response.content.decode().replace(address, "").replace(response["X-Request-ID"], "")
        told = {name: value for name, value in response.items() if name != "X-Request-ID"}
        return response.status_code, told, re.sub(r'(csrf"?|value)="\w{64}"', "", page)

    client = sign_in(cast.stranger)
    there, nowhere = ask("/pottery/sidebar/"), ask("/no-such/sidebar/")
    assert there == nowhere
    # And the way out of it leads somewhere.
    assert 'class="btn btn-primary" href="/"' in there[2]
    assert 'href="/companies/"' in there[2]


def test_refused_page_keeps_the_sidebar(cast, monkeypatch):
    monkeypatch.setattr(nav, "_items", [])
    response = sign_in(cast.picker).get("/pottery/")
    page = response.content.decode()
    assert response.status_code == 403
    assert "You don’t have access to this" in page
    assert 'id="side-nav"' in page
    assert page.count("<h1") == 1


def test_htmx_gets_text_and_a_toast(db):
    response = Client(headers={"HX-Request": "true", "Accept-Language": "en"}).get("/a/b/c/")
    assert response["Content-Type"].startswith("text/plain")
    assert json.loads(response["HX-Trigger"]) == {
        "toast": {"text": "There is nothing at this address.", "level": "error"}
    }


def test_panel_gets_a_panel(db):
    response = Client(headers={"HX-Request": "true"}).get("/a/b/c/?panel=1")
    assert response.status_code == 404
    assert "data-panel-close" in response.content.decode()


def test_api_gets_a_problem(db):
    response = Client(headers={"Accept-Language": "en"}).get("/api/v9/nothing")
    assert response.status_code == 404
    assert response["Content-Type"] == "application/problem+json"
    problem = response.json()
    assert (problem["status"], problem["code"]) == (404, "not_found")
    assert problem["instance"] == "/api/v9/nothing"


def test_stale_form_is_explained(db):
    client = Client(enforce_csrf_checks=True, headers={"Accept-Language": "en"})
    response = client.post("/preferences/", {"theme": "dark"})
    assert response.status_code == 403
    assert "The page was open for too long" in response.content.decode()
    assert "kram_theme" not in client.cookies


def test_broken_page_still_answers(cast, monkeypatch, places):
    def explode(request):
        raise RuntimeError("a provider broke")

    sidebar.register_sidebar_counts(explode)
    client = sign_in(cast.owner)
    client.raise_request_exception = False
    response = client.get("/pottery/sidebar/")
    assert response.status_code == 500
    assert "Something broke on our side" in response.content.decode()
    assert "a provider broke" not in response.content.decode()


def test_given_request_id_is_kept_only_if_it_is_one(db):
    assert (
        Client(headers={"X-Request-ID": "abcdef-12345"}).get("/healthz")["X-Request-ID"]
        == "abcdef-12345"
    )
    odd = Client(headers={"X-Request-ID": "<script>alert(1)</script>"}).get("/healthz")
    assert len(odd["X-Request-ID"]) == 32


# --- Health --------------------------------------------------------------------------------------


def test_alive_without_a_database(django_assert_num_queries, db):
    with django_assert_num_queries(0):
        response = Client().get("/healthz")
    assert (response.status_code, response.content) == (200, b"ok")


def test_ready_when_all_is(db, monkeypatch):
    monkeypatch.setattr(health, "_migrated", False)
    response = Client().get("/readyz")
    assert response.json() == {
        "ready": True,
        "checks": {"database": True, "redis": True, "migrations": True},
    }
    assert response.status_code == 200


def test_not_ready_while_a_migration_waits(db, monkeypatch):
    monkeypatch.setattr(health, "_migrated", False)
    monkeypatch.setattr(
        "django.db.migrations.recorder.MigrationRecorder.applied_migrations", lambda self: {}
    )
    response = Client().get("/readyz")
    assert response.status_code == 503
    assert response.json()["checks"] == {"database": True, "redis": True, "migrations": False}


def test_not_ready_without_redis(db, monkeypatch):
    def refuse():
        raise ConnectionError

    monkeypatch.setattr(health, "redis_client", refuse)
    response = Client().get("/readyz")
    assert response.status_code == 503
    assert response.json()["checks"]["redis"] is False


def test_not_ready_while_the_database_says_nothing(db, monkeypatch):
    thaw = Event()
    asked = []

    def wait() -> bool:
        asked.append(1)
        return thaw.wait(30)

    monkeypatch.setattr(health, "_database", wait)
    monkeypatch.setattr(health, "PATIENCE", 0.05)
    try:
        for _time in range(2):
            response = Client().get("/readyz")
            assert (response.status_code, response.json()["checks"]["database"]) == (503, False)
        assert len(asked) == 1  # those who ask again leave no thread each
    finally:
        thaw.set()


# --- Policy --------------------------------------------------------------------------------------


def test_policy_allows_nothing_inline(cast):
    response = sign_in(cast.owner).get("/pottery/nowhere/")
    policy = response["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "unsafe" not in policy
    page = response.content.decode()
    assert " style=" not in page
    assert " onclick=" not in page
    assert "<script>" not in page


def test_every_view_of_the_shell_says_who_may_enter():
    for path in ("/healthz", "/readyz", "/preferences/", "/x/", "/x/events/", "/x/presence/"):
        assert resolve(path).func.access


def test_no_part_of_a_page_shares_a_mark_with_the_whole_page():
    """A script that looks for `[data-x]` finds the body first where the body has it too."""
    root = Path(settings.BASE_DIR, "templates")
    bodies = {path for path in root.rglob("*.html") if "<body " in path.read_text()}
    marks = {
        mark
        for base in bodies
        for mark in re.findall(r"\b(data-[a-z-]+)=", re.search(r"<body .*>", base.read_text())[0])
    }
    assert {"data-csrf", "data-who"} <= marks
    shared = [
        (template.relative_to(root).as_posix(), mark)
        for template in root.rglob("*.html")
        if template not in bodies
        for mark in re.findall(r"\b(data-[a-z-]+)\b", template.read_text())
        if mark in marks
    ]
    assert shared == []
