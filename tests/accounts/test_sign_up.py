"""A person who signs up has a company that works, or nothing at all."""

import pytest
from django.test import Client
from django.utils import timezone
from django.utils.translation import override

from crm.accounts.actions.companies import CompanyInput, PersonInput, sign_up
from crm.accounts.errors import EmailTaken, SlugRefused, SlugTaken
from crm.accounts.guessing import LIMITS
from crm.accounts.models import Membership, User
from crm.accounts.permissions import Role
from crm.accounts.setup import _setups, register_company_setup
from crm.accounts.wording import say_error
from crm.audit.models import AuditEntry
from crm.tenancy.context import tenant_scope
from crm.tenancy.models import Tenant
from inventory.models import Warehouse
from orders.models import Status

PERSON = PersonInput("Olena@Example.com", "correct horse battery", " Олена ", "uk")
COMPANY = CompanyInput("Чайна", "chaina")
FORM = {
    "full_name": "Олена Петренко",
    "email": "olena@example.com",
    "password": "correct horse battery",
    "name": "Чайна",
    "slug": "chaina",
    "currency": "EUR",
    "language": "uk",
}


def test_signing_up_founds_a_company_with_its_defaults(db):
    user, company = sign_up(person=PERSON, company=COMPANY, now=timezone.now())

    assert (user.email, user.full_name) == ("olena@example.com", "Олена")
    assert User.objects.get(pk=user.pk).company_ids == [company.pk]
    with tenant_scope(company.pk):
        membership = Membership.objects.get()
        assert (membership.user_id, membership.role) == (user.pk, Role.OWNER)
        assert Status.objects.filter(is_default=True).count() == 8
        assert Warehouse.objects.count() == 1
        assert AuditEntry.objects.filter(action="company.created").count() == 1


def test_a_broken_set_up_leaves_nothing_behind(transactional_db, monkeypatch):
    def broken(*, now):
        raise RuntimeError

    monkeypatch.setattr("crm.accounts.setup._setups", list(_setups))
    register_company_setup(broken)
    with pytest.raises(RuntimeError):
        sign_up(person=PERSON, company=COMPANY, now=timezone.now())
    assert not User.objects.exists()
    assert not Tenant.objects.exists()


@pytest.mark.parametrize("slug", ["api", "login", "Chaina", "ча", "", "-a", "a" * 41])
def test_an_address_that_no_company_may_have_is_refused(db, slug):
    with pytest.raises(SlugRefused):
        sign_up(person=PERSON, company=CompanyInput("Чайна", slug), now=timezone.now())
    assert not User.objects.exists()


def test_a_taken_address_or_e_mail_is_refused(db):
    sign_up(person=PERSON, company=COMPANY, now=timezone.now())
    other = PersonInput("petro@example.com", None, "Петро")
    with pytest.raises(SlugTaken):
        sign_up(person=other, company=COMPANY, now=timezone.now())
    with pytest.raises(EmailTaken):
        sign_up(person=PERSON, company=CompanyInput("Чайна", "chaina-2"), now=timezone.now())
    assert Tenant.objects.count() == 1


def test_the_form_signs_the_person_in_at_their_company(transactional_db):
    client = Client()
    answer = client.post("/signup/", FORM)
    assert (answer.status_code, answer["Location"]) == (302, "/chaina/")
    assert Tenant.objects.get().currency == "EUR"
    page = client.get("/chaina/", follow=True)
    assert page.status_code == 200
    assert "Чайна" in page.content.decode()


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"password": "short"}, "password"),
        ({"password": "olena@example.com"}, "password"),
        ({"email": "no"}, "email"),
        ({"slug": "login"}, "slug"),
        ({"name": ""}, "name"),
    ],
)
def test_what_is_wrong_stands_beside_its_field_and_nothing_is_stored(
    transactional_db, change, field
):
    answer = Client().post("/signup/", {**FORM, **change})
    assert answer.status_code == 422
    assert list(answer.context["form"].errors) == [field]
    assert not User.objects.exists()
    assert not Tenant.objects.exists()


def test_all_that_is_wrong_is_told_at_once(transactional_db):
    assert Client().post("/signup/", FORM).status_code == 302
    answer = Client().post("/signup/", {**FORM, "email": "OLENA@example.com", "password": "short"})
    errors = answer.context["form"].errors
    assert (answer.status_code, sorted(errors)) == (422, ["email", "password", "slug"])
    with override("uk"):
        assert errors["email"] == [say_error(EmailTaken())]
        assert errors["slug"] == [say_error(SlugTaken())]
    assert Tenant.objects.count() == 1


def test_nobody_learns_of_e_mails_without_the_brake(transactional_db):
    Client().post("/signup/", FORM)
    guess = {**FORM, "password": "short", "slug": "other"}
    answers = [Client().post("/signup/", guess) for _try in range(LIMITS["address"].free)]
    assert [answer.status_code for answer in answers] == [422] * 29 + [429]
    assert ["email" in answer.context["form"].errors for answer in answers] == [True] * 29 + [False]


def test_an_address_that_is_taken_meanwhile_is_told_all_the_same(transactional_db, monkeypatch):
    Client().post("/signup/", FORM)
    monkeypatch.setattr("crm.accounts.web.forms.check_address", lambda slug: None)
    answer = Client().post("/signup/", {**FORM, "email": "petro@example.com"})
    assert (answer.status_code, list(answer.context["form"].errors)) == (422, ["slug"])
    assert User.objects.count() == 1


def test_the_address_follows_the_name_until_somebody_types_their_own(db):
    def ask(**query):
        page = Client().get("/signup/address/", query)
        return page.context["form"]["slug"].value()

    assert ask(name="Чайна «Їжак»") == "chaina-yizhak"
    assert ask(name="Чайна", slug="chaina-y", suggested="chaina-y") == "chaina"
    assert ask(name="Чайна", slug="mine", suggested="chaina") == "mine"
    Tenant.objects.create(slug="chaina", name="Чайна")
    assert ask(name="Чайна") == "chaina-2"
    assert ask(name="Login") == "login-2"
