"""The list of first steps tells the truth, from sign-up to the first order."""

from datetime import timedelta

import pytest
from django.core.cache import cache
from django.db import transaction
from django.test import Client
from django.utils import timezone

from crm.accounts.actions.invitations import invite
from crm.accounts.permissions import Role
from crm.api.actions import create_key
from crm.audit.actor import Actor
from crm.tenancy.context import tenant_scope
from crm.tenancy.models import CompanyProfile, Tenant
from integrations.onboarding.selectors import STEPS, known_progress, read_progress
from inventory.factories import make_variant
from orders.actions.sample import place_sample_order
from tests.fixtures.cast import hire

PAGE = "/shop/start/"


@pytest.fixture(autouse=True)
def _empty_cache():
    cache.clear()
    yield
    cache.clear()


def done(company):
    return read_progress(company).done


def test_each_fact_ticks_its_step_and_no_other(shop, owner):
    by = {"actor": Actor.member(owner), "now": timezone.now()}
    assert done(shop) == set()
    profile = CompanyProfile.objects.create()
    assert done(shop) == set()
    profile.phone = "+380671234567"
    profile.save(update_fields=["phone"])
    assert done(shop) == {"company"}
    make_variant("TEA", product="Чай")
    assert done(shop) == {"company", "products"}
    create_key(name="Site", scopes=["orders:write"], **by)
    assert done(shop) == {"company", "products", "channel"}
    invite(email="petro@shop.example", role=Role.PICKER, **by)
    assert done(shop) == {"company", "products", "channel", "colleague"}
    place_sample_order(**by)
    assert done(shop) == set(STEPS)
    assert read_progress(shop).is_over


def test_what_the_neighbour_has_done_is_not_ours(shop, neighbour, owner):
    with tenant_scope(neighbour.pk):
        make_variant("TEA", product="Чай")
        hire(neighbour, Role.PICKER)
        assert done(neighbour) == {"products", "colleague"}
    assert done(shop) == set()


def test_the_progress_is_one_statement(shop, owner, django_assert_num_queries):
    with django_assert_num_queries(1):
        progress = read_progress(shop)
    with django_assert_num_queries(0):
        assert known_progress(shop) == progress


def test_the_sidebar_tells_what_is_left_until_it_is_put_away(shop, owner, client_of):
    browser = client_of(owner)
    assert PAGE in browser.get("/shop/sidebar/").content.decode()
    manager = client_of(hire(shop, Role.MANAGER))
    assert PAGE not in manager.get("/shop/sidebar/").content.decode()
    assert "/shop/start/dismiss/" in browser.get("/shop/start/steps/").content.decode()

    # The cache is let go after the commit, which a test's transaction never sees.
    browser.post("/shop/start/dismiss/")
    cache.clear()
    assert read_progress(shop).dismissed
    assert PAGE not in browser.get("/shop/sidebar/").content.decode()
    assert browser.get("/shop/start/steps/").content == b""
    assert "/shop/start/show/" in browser.get(PAGE).content.decode()

    browser.post("/shop/start/show/")
    cache.clear()
    assert PAGE in browser.get("/shop/sidebar/").content.decode()


def test_an_old_company_is_not_shown_the_list_by_itself(shop, owner, client_of):
    Tenant.objects.filter(pk=shop.pk).update(created_at=timezone.now() - timedelta(days=31))
    browser = client_of(owner)
    assert PAGE not in browser.get("/shop/sidebar/").content.decode()
    assert browser.get(PAGE).status_code == 200


def test_from_sign_up_to_the_first_order(transactional_db):
    browser = Client()
    form = {
        "full_name": "Олена Петренко", "email": "olena@example.com", "name": "Чайна",
        "password": "correct horse battery", "slug": "chaina", "currency": "UAH",
        "language": "uk",
    }  # fmt: skip
    assert browser.post("/signup/", form).status_code == 302
    orders = browser.get("/chaina/orders/").content.decode()
    assert 'hx-get="/chaina/start/steps/"' in orders
    page = browser.get("/chaina/start/").content.decode()
    links = ("settings/company/", "products/new/", "settings/connections/",
             "settings/members/invite/", "orders/new/")  # fmt: skip
    for link in links:
        assert f'href="/chaina/{link}"' in page
        assert browser.get(f"/chaina/{link}").status_code == 200
    # No product yet is no hindrance: a line says in words what was sold.
    first = {
        "channel": "phone", "customer_phone": "067 123 45 67", "customer_name": "Марія",
        "line_id": "", "line_variant": "", "line_sku": "", "line_name": "Чашка біла",
        "line_quantity": "1", "line_price": "390", "line_discount": "",
    }  # fmt: skip
    assert browser.post("/chaina/orders/new/", first).headers["Location"] == "/chaina/orders/1/"
    page = browser.get("/chaina/start/").content.decode()
    assert page.count('class="is-done"') == 1
    company = Tenant.objects.get(slug="chaina")
    with tenant_scope(company.pk), transaction.atomic():
        make_variant("TEA", product="Чай")
    page = browser.get("/chaina/start/").content.decode()
    assert page.count('class="is-done"') == 2
    assert 'href="/chaina/products/new/"' not in page
