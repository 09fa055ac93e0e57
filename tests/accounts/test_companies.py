"""Where one begins, one more company, and what a company calls itself."""

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse

from crm.accounts.actions.members import deactivate_member, place_member
from crm.accounts.models import Membership
from crm.accounts.permissions import Role
from crm.accounts.roles import ChosenRole
from crm.accounts.web.settings import SettingsPage, _pages, register_settings_page
from crm.audit.actor import Actor
from crm.audit.models import AuditEntry
from crm.tenancy.context import tenant_scope
from crm.tenancy.models import Tenant
from tests.fixtures.cast import PASSWORD

COMPANY = {"name": "Кава", "slug": "kava", "currency": "UAH", "language": "uk"}


def begin(client):
    return client.get("/")["Location"]


@pytest.fixture
def two(owner, neighbour):
    """A person of two companies, signed in."""
    with tenant_scope(neighbour.pk):
        place_member(user=owner.user, chosen=ChosenRole(Role.MANAGER))
    client = Client()
    client.force_login(owner.user)
    return client


# --- Where one begins --------------------------------------------------------------------------


def test_one_begins_where_one_belongs(owner, client_of):
    assert begin(Client()) == "/login/"
    assert begin(client_of(owner)) == "/shop/"


def test_who_has_several_chooses_once_and_is_brought_back(two, owner):
    assert begin(two) == "/companies/"
    page = two.get("/companies/").content.decode()
    assert 'href="/shop/"' in page
    assert 'href="/neighbour/"' in page
    two.get("/neighbour/")
    assert begin(two) == "/neighbour/"
    two.post("/logout/")
    two.post("/login/", {"email": owner.user.email, "password": PASSWORD})
    assert begin(two) == "/neighbour/"


def test_nobody_is_brought_back_to_a_company_they_left(two, owner, neighbour, neighbour_owner):
    two.get("/neighbour/")
    with tenant_scope(neighbour.pk):
        member = Membership.objects.get(user=owner.user)
        deactivate_member(
            member_id=member.pk, actor=Actor.member(neighbour_owner), now=owner.created_at
        )
    assert begin(two) == "/shop/"
    assert "/neighbour/" not in two.get("/companies/").content.decode()


def test_a_strangers_last_company_is_not_mine(owner, client_of, neighbour):
    client = client_of(owner)
    client.cookies["kram_company"] = neighbour.slug
    assert begin(client) == "/shop/"


# --- One more company --------------------------------------------------------------------------


def test_who_has_one_company_founds_another(transactional_db):
    client = Client()
    person = {"full_name": "Олена", "email": "olena@example.com", "password": PASSWORD}
    client.post("/signup/", {**person, **COMPANY, "slug": "chaina"})
    assert client.post("/companies/new/", COMPANY)["Location"] == "/kava/"
    tenant = Tenant.objects.get(slug="kava")
    with tenant_scope(tenant.pk), transaction.atomic():
        assert Membership.objects.values_list("role", flat=True).get() == Role.OWNER
    assert client.get("/kava/", follow=True).status_code == 200
    again = client.post("/companies/new/", COMPANY)
    assert again.status_code == 422
    assert list(again.context["form"].errors) == ["slug"]
    assert Tenant.objects.count() == 2


# --- What a company calls itself ---------------------------------------------------------------


def test_the_company_is_renamed_and_told(shop, owner, client_of):
    data = {"name": "Крамниця на розі", "language": "en", "time_zone": "Europe/Warsaw"}
    assert client_of(owner).post("/shop/settings/company/", data).status_code == 303
    shop.refresh_from_db()
    assert (shop.name, shop.language, shop.time_zone) == tuple(data.values())
    entry = AuditEntry.objects.get(action="company.changed")
    assert entry.changes["name"] == ["Крамниця", "Крамниця на розі"]
    client_of(owner).post("/shop/settings/company/", data)  # the same again is no change
    assert AuditEntry.objects.filter(action="company.changed").count() == 1


@pytest.mark.parametrize(
    "wrong", [{"name": " "}, {"language": "xx"}, {"time_zone": "Mars/Olympus"}]
)
def test_a_wrong_company_profile_is_refused(shop, owner, client_of, wrong):
    data = {"name": "Нова", "language": "en", "time_zone": "Europe/Warsaw", **wrong}
    answer = client_of(owner).post("/shop/settings/company/", data)
    assert answer.status_code == 422
    assert list(answer.context["form"].errors) == list(wrong)
    shop.refresh_from_db()
    assert shop.name == "Крамниця"


# --- The settings' first page ------------------------------------------------------------------


def places(client):
    sections = client.get("/shop/settings/").context["sections"]
    return {item["page"].key: item["url"] for section in sections for item in section["pages"]}


def test_each_sees_the_settings_they_may_enter(owner, manager, client_of):
    mine = places(client_of(owner))
    assert {"company", "members", "audit", "jobs", "statuses", "warehouses", "api-keys"} <= set(
        mine
    )
    client = client_of(owner)
    assert {client.get(url).status_code for url in mine.values()} == {200}
    assert places(client_of(manager)) == {}


def test_an_app_adds_its_place_and_replaces_it_by_its_key(owner, client_of, monkeypatch):
    monkeypatch.setattr("crm.accounts.web.settings._pages", list(_pages))
    page = SettingsPage("x", "X", "About x", "plug", "accounts:members", "members.manage")
    register_settings_page(page)
    assert places(client_of(owner))["x"] == reverse("accounts:members", args=["shop"])
    register_settings_page(SettingsPage("x", "X", "", "plug", "nowhere:x", "members.manage"))
    assert "x" not in places(client_of(owner))
