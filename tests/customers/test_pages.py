"""The table, the card and what is done on them."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from crm.accounts.models import Membership
from crm.tenancy.context import tenant_scope
from crm.tenancy.models import Tenant
from customers.factories import make_customer, make_customers
from customers.models import Customer

HTMX = {"HX-Request": "true"}


@pytest.fixture
def desk(manager: Membership, client_of: Callable[[Membership], Client]) -> Client:
    return client_of(manager)


@pytest.fixture
def olena(shop: Tenant) -> Customer:
    return make_customer("Олена Петренко", phone="0671234567", email="olena@example.com")


def text_of(response: Any) -> str:
    assert response.status_code == 200, response.status_code
    return response.content.decode()


def names_in(response: Any, *names: str) -> list[str]:
    page = text_of(response)
    return [name for name in names if name in page]


def test_the_table_shows_phones_that_call(desk: Client, olena: Customer) -> None:
    page = text_of(desk.get("/shop/customers/"))
    assert 'href="tel:+380671234567"' in page
    assert f'href="/shop/customers/{olena.pk}/" data-panel' in page


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("?q=067 123", ["Олена"]),
        ("?q=ІГОР", ["Ігор"]),
        ("?q=нема", []),
        ("?tag=опт", ["Ігор"]),
        ("?blocked=1", ["Олена"]),
        ("?tag=опт&blocked=1", []),
        ("", ["Олена", "Ігор"]),
    ],
)
def test_filters_stand_in_the_address(
    desk: Client, olena: Customer, query: str, found: list[str]
) -> None:
    ihor = make_customer("Ігор Бондар", phone="0501112233")
    ihor.tags.create(name="опт")
    Customer.objects.filter(pk=olena.pk).update(is_blocked=True)
    page = desk.get(f"/shop/customers/{query}", headers=HTMX)
    assert names_in(page, "Олена Петренко", "Ігор Бондар") == [
        {"Олена": "Олена Петренко", "Ігор": "Ігор Бондар"}[name] for name in found
    ]


def test_pages_follow_the_alphabet_without_gaps(desk: Client, shop: Tenant) -> None:
    letters = "абвгґдеєжзиіїйклмнопрстуфхцчшщьюя"
    people = [(f"{letter.upper()}{n}", "", "") for n in (1, 2) for letter in letters]
    make_customers(people)
    seen: list[str] = []
    url = "/shop/customers/?sort=name"
    while url:
        response = desk.get(url)
        page = response.context["page"]
        seen += [row.name for row in page.rows]
        url = f"/shop/customers/?sort=name&after={page.after}" if page.after else ""
    assert seen == [f"{letter.upper()}{n}" for letter in letters for n in (1, 2)]
    back = desk.get(f"/shop/customers/?sort=name&before={response.context['page'].before}")
    assert [row.name for row in back.context["page"].rows] == seen[:50]


def test_the_table_asks_the_same_number_of_queries_for_any_page(desk: Client, shop: Tenant) -> None:
    counts = []
    desk.get("/shop/customers/")  # what is kept from then on is not counted
    for size in (2, 40):
        make_customers([(f"Н{size}-{n}", f"+38067{size:03}{n:04}", "") for n in range(size)])
        with CaptureQueriesContext(connection) as queries:
            desk.get("/shop/customers/")
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 16


def test_a_new_customer_and_their_errors(desk: Client, olena: Customer) -> None:
    form = {"name": "Ігор", "phone": "067 123 45 67", "email": "", "language": ""}
    refused = desk.post("/shop/customers/new/", form)
    assert refused.status_code == 422
    page = refused.content.decode()
    assert "Олена Петренко" in page
    assert f'href="/shop/customers/{olena.pk}/"' in page
    assert 'value="067 123 45 67"' in page  # what was typed stays
    assert Customer.objects.count() == 1
    made = desk.post("/shop/customers/new/", {**form, "phone": "050 111 22 33"})
    ihor = Customer.objects.get(name="Ігор")
    assert (made.status_code, made["Location"]) == (303, f"/shop/customers/{ihor.pk}/")
    assert ihor.contacts.get().value == "+380501112233"


def test_the_card_and_its_panel(desk: Client, olena: Customer) -> None:
    url = f"/shop/customers/{olena.pk}/"
    page, panel = text_of(desk.get(url)), text_of(desk.get(f"{url}?panel=1", headers=HTMX))
    for part in (page, panel):
        assert "Олена Петренко" in part
        assert 'href="tel:+380671234567"' in part
        assert 'href="mailto:olena@example.com"' in part
    assert "<html" in page
    assert "<html" not in panel
    for part in ("facts", "aside", "timeline"):
        assert f'data-live-url="{url}?part={part}"' in page
        assert f'id="customer-{part}"' in text_of(desk.get(f"{url}?part={part}", headers=HTMX))


def test_an_edit_meets_a_colleagues_edit(desk: Client, olena: Customer) -> None:
    url = f"/shop/customers/{olena.pk}/edit/"
    seen = {"seen_name": "Олена Петренко", "seen_language": ""}
    first = desk.post(url, {"name": "Олена Коваль", "language": "", **seen}, headers=HTMX)
    assert first.status_code == 200
    second = desk.post(url, {"name": "Олена Лис", "language": "", **seen}, headers=HTMX)
    assert second.status_code == 409
    page = second.content.decode()
    assert "Олена Коваль" in page
    assert 'value="Олена Лис"' in page
    olena.refresh_from_db()
    assert olena.name == "Олена Коваль"
    again = {"seen_name": "Олена Коваль", "seen_language": ""}
    third = desk.post(url, {"name": "Олена Лис", "language": "", **again}, headers=HTMX)
    assert third.status_code == 200
    olena.refresh_from_db()
    assert olena.name == "Олена Лис"


def test_contacts_tags_and_notes_with_undo(desk: Client, olena: Customer) -> None:
    base = f"/shop/customers/{olena.pk}"
    wrong = desk.post(f"{base}/contacts/", {"value": "12"}, headers=HTMX)
    assert wrong.status_code == 422
    assert 'value="12"' in wrong.content.decode()
    text_of(desk.post(f"{base}/contacts/", {"value": "050 111 22 33"}, headers=HTMX))
    added = olena.contacts.get(value="+380501112233")
    text_of(desk.post(f"{base}/contacts/{added.pk}/primary/", headers=HTMX))
    gone = desk.post(f"{base}/contacts/{added.pk}/remove/", headers=HTMX)
    assert not olena.contacts.filter(value="+380501112233").exists()
    assert olena.contacts.get(kind="phone").is_primary
    text_of(desk.post(undo_of(gone)))
    assert olena.contacts.get(value="+380501112233").is_primary

    text_of(desk.post(f"{base}/tags/", {"value": "VIP"}, headers=HTMX))
    off = desk.post(f"{base}/tags/remove/", {"name": "VIP"}, headers=HTMX)
    assert not olena.tags.exists()
    text_of(desk.post(undo_of(off)))
    assert olena.tags.get().name == "VIP"

    page = text_of(desk.post(f"{base}/notes/", {"value": "Дзвонити зранку"}, headers=HTMX))
    assert "Дзвонити зранку" in page
    note = olena.notes.get()
    removed = desk.post(f"{base}/notes/{note.pk}/remove/", headers=HTMX)
    assert not olena.notes.exists()
    text_of(desk.post(undo_of(removed)))
    text_of(desk.post(undo_of(removed)))  # twice is as once
    back = olena.notes.get()
    assert (back.pk, back.text, back.author_id, back.created_at) == (
        note.pk,
        note.text,
        note.author_id,
        note.created_at,
    )
    history = text_of(desk.get(f"{base}/?part=timeline", headers=HTMX))
    assert "Дзвонити зранку" in history
    assert "VIP" in history


def undo_of(response: Any) -> str:
    return json.loads(response["HX-Trigger"])["toast"]["undo_url"]


def test_blocking_can_be_undone(desk: Client, olena: Customer) -> None:
    response = desk.post(f"/shop/customers/{olena.pk}/block/?on=1", headers=HTMX)
    olena.refresh_from_db()
    assert olena.is_blocked
    desk.post(undo_of(response))
    olena.refresh_from_db()
    assert not olena.is_blocked


def test_an_analyst_looks_and_a_picker_does_not(
    analyst: Membership, picker: Membership, client_of: Any, olena: Customer
) -> None:
    base = f"/shop/customers/{olena.pk}"
    looks = client_of(analyst)
    page = text_of(looks.get(f"{base}/"))
    assert "hx-post" not in page.split('id="main"')[1].split("</main>")[0]
    assert looks.post(f"{base}/tags/", {"value": "VIP"}).status_code == 403
    assert looks.post(f"{base}/edit/", {"name": "Х", "language": ""}).status_code == 403
    works = client_of(picker)
    assert works.get(f"{base}/").status_code == 403
    assert works.get("/shop/customers/").status_code == 403
    olena.refresh_from_db()
    assert (olena.name, olena.tags.count()) == ("Олена Петренко", 0)


def test_the_neighbours_customer_is_not_there(
    desk: Client, olena: Customer, neighbour: Tenant
) -> None:
    with tenant_scope(neighbour.pk):
        theirs = make_customer("Чужа Людина", phone="0509998877")
    assert desk.get(f"/shop/customers/{olena.pk}/").status_code == 200
    if theirs.pk != olena.pk:
        assert desk.get(f"/shop/customers/{theirs.pk}/").status_code == 404
    assert "Чужа" not in text_of(desk.get("/shop/customers/?q=0509998877"))
    assert desk.get(f"/neighbour/customers/{theirs.pk}/").status_code == 404


def test_the_palette_finds_by_phone_and_name(desk: Client, olena: Customer) -> None:
    for query in ("067 123", "петрен"):
        page = text_of(desk.get("/shop/palette/", {"q": query}, headers=HTMX))
        assert f"/shop/customers/{olena.pk}/" in page
    assert f"/shop/customers/{olena.pk}/" not in text_of(
        desk.get("/shop/palette/", {"q": "бондар"}, headers=HTMX)
    )
