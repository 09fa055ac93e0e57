"""Signing up and working with members, as a person does it."""

from datetime import datetime, timedelta

from playwright.sync_api import expect

from crm.accounts.models import Membership
from crm.accounts.permissions import Role
from crm.outbox.drain import drain_tenant
from crm.tenancy.models import Tenant
from tests.fixtures.cast import PASSWORD


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
    page.get_by_label("E-mail").fill(world.people[Role.OWNER].user.email)
    page.get_by_role("button", name="Create the company").click()
    # What came back wrong has the focus, not the first field.
    expect(page.get_by_text("already has an account")).to_be_visible()
    expect(page.get_by_label("E-mail")).to_be_focused()
    page.get_by_label("E-mail").fill("olena@example.com")
    page.get_by_label("Password").fill("correct horse battery")
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
    expect(page.get_by_label("Password")).to_be_focused()
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


def _signed_out(page, world, role):
    """End the session under an open page, and have the page be older than it believes."""
    # What the page still asks for by itself would be answered by the page to sign in.
    expect(page.locator("#side-nav[hx-get]")).to_have_count(0)
    page.context.clear_cookies(name="kram_session")
    page.clock.set_fixed_time(datetime.now() + timedelta(minutes=5))
    return world.people[role].user


def _come_back(page, user):
    """Sign in in the tab that the dialog opens, and return."""
    with page.context.expect_page() as opened:
        page.get_by_role("dialog").get_by_role("link", name="Sign in").click()
    tab = opened.value
    tab.get_by_label("E-mail").fill(user.email)
    tab.get_by_label("Password").fill(PASSWORD)
    tab.get_by_role("button", name="Sign in").click()
    tab.wait_for_url(page.url)
    tab.close()
    page.evaluate("dispatchEvent(new Event('focus'))")
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_a_form_outlives_the_session_it_was_typed_in(open_page, world):
    page = open_page(Role.OWNER, "customers/new/")
    user = _signed_out(page, world, Role.OWNER)
    page.get_by_label("Name").fill("Олена Петренко")
    page.get_by_role("button", name="Add the customer").click()
    expect(page.get_by_role("dialog")).to_contain_text("You are signed out")
    assert page.url.endswith("/customers/new/")
    expect(page.get_by_role("dialog").get_by_role("link", name="Sign in")).to_be_focused()
    _come_back(page, user)
    expect(page.get_by_label("Name")).to_have_value("Олена Петренко")
    page.get_by_role("button", name="Add the customer").click()
    expect(page.get_by_role("heading", name="Олена Петренко")).to_be_visible()


def test_a_note_outlives_the_session_it_was_typed_in(open_page, world):
    order = world.place(("TEA-1", 1))
    drain_tenant(world.company.pk)
    page = open_page(Role.OWNER, f"orders/{order.number}/")
    user = _signed_out(page, world, Role.OWNER)
    page.get_by_placeholder("Write a note").fill("Просить зателефонувати")
    page.locator(".k-noteform button").click()
    expect(page.get_by_role("dialog")).to_contain_text("You are signed out")
    _come_back(page, user)
    page.locator(".k-noteform button").click()
    expect(page.locator(".k-timeline")).to_contain_text("Просить зателефонувати")
