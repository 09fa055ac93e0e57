"""Signing up and working with members, as a person does it."""

from playwright.sync_api import expect

from crm.accounts.models import Membership
from crm.accounts.permissions import Role
from crm.tenancy.models import Tenant


def test_from_nothing_to_a_working_company(open_page, world):
    page = open_page(None, "/")
    page.get_by_role("link", name="Sign up").click()
    page.get_by_label("Your name").fill("Олена Петренко")
    page.get_by_label("E-mail").fill("olena@example.com")
    secret = page.get_by_label("Password")
    told = page.locator(".k-strength")
    for typed, words in (
        ("short", "Too short"),
        ("380671234567", "Easy to guess"),
        ("correct horse battery", "Strong"),
    ):
        secret.fill(typed)
        expect(told).to_have_text(words)
    page.get_by_role("button", name="Show what is typed").click()
    expect(secret).to_have_attribute("type", "text")
    page.get_by_role("button", name="Show what is typed").click()
    expect(secret).to_have_attribute("type", "password")
    page.get_by_label("Company name").press_sequentially("Чайна «Їжак»")
    expect(page.get_by_label("Address")).to_have_value("chaina-yizhak")
    page.get_by_label("Address").fill("chai")
    page.get_by_label("Company name").press("End")
    page.keyboard.type(" 2")
    page.wait_for_timeout(500)
    expect(page.get_by_label("Address")).to_have_value("chai")
    page.get_by_role("button", name="Create the company").click()
    page.wait_for_url("**/chai/orders/**")
    assert Tenant.objects.get(slug="chai").name == "Чайна «Їжак» 2"

    page.locator(".k-user").click()
    page.get_by_role("menuitem", name="Sign out").click()
    page.get_by_label("E-mail").fill("olena@example.com")
    page.get_by_label("Password").fill("wrong")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_contain_text("do not match")
    expect(page.get_by_label("E-mail")).to_have_value("olena@example.com")
    page.get_by_label("Password").fill("correct horse battery")
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/chai/orders/**")


def test_a_role_is_changed_in_place_and_undone(open_page, world):
    page = open_page(Role.OWNER, "settings/members/")
    manager = world.people[Role.MANAGER]

    def role():
        return world.read(lambda: Membership.objects.get(pk=manager.pk).role)

    row = page.locator(f"#member-{manager.pk}")
    row.get_by_role("combobox").select_option("picker")
    page.get_by_role("button", name="Undo").click()
    expect(row.get_by_role("combobox")).to_have_value("manager")
    assert role() == Role.MANAGER

    row.get_by_role("button", name="More about").click()
    page.get_by_role("menuitem", name="Take away access").click()
    expect(page.get_by_role("heading", name="Former members")).to_be_visible()
    page.get_by_role("button", name="Undo").last.click()
    expect(page.locator(f"#member-{manager.pk}")).to_be_visible()


def test_the_refused_change_of_the_last_owner_springs_back(open_page, world):
    page = open_page(Role.OWNER, "settings/members/")
    owner = world.people[Role.OWNER]
    box = page.locator(f"#member-{owner.pk}").get_by_role("combobox")
    box.select_option("picker")
    expect(page.get_by_text("without an owner")).to_be_visible()
    expect(box).to_have_value("owner")
