"""Saved views of the orders' table: keeping, sharing, counting, columns, and what is gone."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from crm.audit.models import AuditEntry
from crm.shell.sidebar import SidebarLink
from crm.views.actions import ViewInput, save_view, set_default_view
from crm.views.errors import ViewRefused
from crm.views.models import ListChoice, SavedView
from crm.views.selectors import read_kept
from orders.models import Status
from orders.pipeline import Stage
from orders.selectors import views as selectors
from orders.web.columns import COLUMNS
from orders.web.sidebar import count_for_sidebar
from tests.fixtures.cast import hire
from tests.orders.lists import in_stage, put, stock

TABLE = "/shop/orders/"
VIEWS = "/shop/orders/views/"


@pytest.fixture(autouse=True)
def _goods(shop):
    stock()


@pytest.fixture
def browser(client_of, manager):
    client = client_of(manager)
    client.cookies["kram_language"] = "en"
    return client


def keep(member, name="Mine", query="stage=new", **fields):
    data = ViewInput(name=name, query=query, **fields)
    return save_view(place="orders", data=data, member=member, now=timezone.now())


def names(member):
    return [view.name for view in read_kept(member, "orders").views]


def heads(response):
    return re.findall(r'<th scope="col" class="(?:k-num )?\s*o-(\w+)', response.text)


# --- Keeping -------------------------------------------------------------------------------------


def test_the_filters_of_the_list_are_kept_under_a_name(browser, manager):
    put(20)
    put(10, **in_stage(Stage.AGREED))
    response = browser.post(
        f"{VIEWS}new/",
        {"name": "  To  agree ", "sharing": "private", "query": "stage=new&after=1_1&sort=placed"},
        headers={"HX-Request": "true"},
    )

    view = SavedView.objects.get()
    assert (view.name, view.owner, view.query) == ("To agree", manager, "stage=new&sort=placed")
    assert response["HX-Redirect"] == f"{TABLE}?view={view.pk}&stage=new&sort=placed"
    page = browser.get(response["HX-Redirect"])
    assert 'href="/shop/orders/1/" data-panel' in page.text
    assert 'href="/shop/orders/2/" data-panel' not in page.text
    assert AuditEntry.objects.get(action="savedview.created").details["name"] == "To agree"


def test_a_name_is_needed_and_used_once(browser, manager, owner):
    keep(manager)
    for name, said in (("", "Fill this in."), ("Mine", "You have a view of this name already.")):
        refused = browser.post(f"{VIEWS}new/", {"name": name, "query": "late=1"})
        assert (refused.status_code, said in refused.text) == (422, True)
        assert 'value="late=1"' in refused.text  # what it is about is not lost
    assert SavedView.objects.count() == 1
    keep(owner)  # another member's view may be called so
    assert SavedView.objects.count() == 2


def test_the_address_of_a_view_alone_leads_to_its_filters(browser, manager):
    view = keep(manager, query="late=1&stage=new")
    found = browser.get(f"{TABLE}?view={view.pk}")
    assert (found.status_code, found["Location"]) == (
        302,
        f"{TABLE}?view={view.pk}&late=1&stage=new",
    )


def test_what_was_changed_in_a_view_can_be_kept_in_it(browser, manager):
    put()
    view = keep(manager, query="stage=new")
    same = browser.get(f"{TABLE}?view={view.pk}&stage=new").text
    other = browser.get(f"{TABLE}?view={view.pk}&stage=new&late=1").text
    save = f'hx-post="{VIEWS}{view.pk}/"'
    assert save not in same
    assert save in other

    browser.post(f"{VIEWS}{view.pk}/", {"query": "stage=new&late=1"})
    view.refresh_from_db()
    assert (view.name, view.query) == ("Mine", "stage=new&late=1")
    entry = AuditEntry.objects.get(action="savedview.edited")
    assert entry.changes == {"query": ["stage=new", "stage=new&late=1"]}


def test_a_deleted_view_comes_back_by_the_toast(browser, manager):
    view = keep(manager, columns=("status", "total"), sharing="all")
    response = browser.post(f"{VIEWS}{view.pk}/delete/")
    assert not SavedView.objects.exists()
    undo = re.search(r'"undo_url": "([^"]+)"', response["HX-Trigger"])[1]
    browser.post(undo)
    again = SavedView.objects.get()
    assert (again.name, again.query, again.columns, again.sharing) == (
        "Mine",
        "stage=new",
        ["status", "total"],
        "all",
    )
    assert "too late" in browser.post(undo[:-3])["HX-Trigger"]
    assert SavedView.objects.count() == 1


# --- Order and the first -------------------------------------------------------------------------


def test_views_stand_in_each_members_own_order(browser, manager, owner):
    first = keep(manager, "First", sharing="all")
    second = keep(manager, "Second", sharing="all")
    browser.post(f"{VIEWS}order/", {"ids": f"{second.pk},{first.pk},999999"})
    assert names(manager) == ["Second", "First"]
    assert names(owner) == ["First", "Second"]
    assert ListChoice.objects.get(member=manager).order == [second.pk, first.pk]


def test_a_list_begins_with_the_view_that_was_chosen(browser, manager):
    view = keep(manager, query="late=1")
    assert browser.get(TABLE).status_code == 200
    browser.post(f"{VIEWS}first/", {"view": view.pk})
    assert browser.get(TABLE)["Location"] == f"{TABLE}?view={view.pk}&late=1"
    assert browser.get(f"{TABLE}?view=all").status_code == 200
    assert browser.get(f"{TABLE}?stage=new").status_code == 200  # a link says what it wants
    browser.post(f"{VIEWS}{view.pk}/delete/")
    assert browser.get(TABLE).status_code == 200


def test_the_first_view_is_one_that_the_member_has(manager, owner):
    private = keep(owner)
    with pytest.raises(ViewRefused):
        set_default_view(place="orders", view_id=private.pk, member=manager)
    assert set_default_view(place="orders", view_id=private.pk, member=owner).default == private


# --- Sharing -------------------------------------------------------------------------------------


def test_a_view_is_seen_by_those_it_is_shared_with(manager, owner, warehouse_lead):
    keep(owner, "Private")
    keep(owner, "All", sharing="all")
    keep(owner, "Managers", sharing="role", role="manager")
    assert names(owner) == ["All", "Managers", "Private"]
    assert names(manager) == ["All", "Managers"]
    assert names(warehouse_lead) == ["All"]


def test_only_its_owner_and_who_keeps_the_settings_change_a_view(
    client_of, manager, owner, neighbour_owner
):
    other = hire(manager.tenant, "manager", name="Інша")
    shared, private = keep(other, "Shared", sharing="all"), keep(other, "Private")
    for member, view, status in (
        (manager, shared, 404),
        (manager, private, 404),
        (owner, private, 404),
        (owner, shared, 200),
        (other, private, 200),
    ):
        client = client_of(member)
        answer = client.post(f"{VIEWS}{view.pk}/", {"name": "Renamed", "sharing": view.sharing})
        assert answer.status_code == status, (member.display_name, view.name)
        view.refresh_from_db()
        assert (view.name == "Renamed") == (status == 200)
        SavedView.objects.filter(pk=view.pk).update(name=f"{view.pk}")
        view.refresh_from_db()
    assert client_of(neighbour_owner).post(f"{VIEWS}{shared.pk}/delete/").status_code == 404
    assert SavedView.objects.count() == 2


# --- Counts --------------------------------------------------------------------------------------


def side(rf, member):
    request = rf.get("/")
    request.membership = member
    count_for_sidebar(request)  # the company's address is read once and kept
    with CaptureQueriesContext(connection) as queries:
        items = count_for_sidebar(request)
    links = [i for i in items if isinstance(i, SidebarLink) and "view=" in i.url]
    return {link.label: (link.count, link.over, link.color) for link in links}, len(queries)


def test_the_sidebar_counts_each_view_in_one_statement(rf, manager, monkeypatch):
    put(30)
    put(20, manager_id=manager.pk)
    put(10, **in_stage(Stage.AGREED))
    keep(manager, "New", "stage=new")
    one, cost = side(rf, manager)
    keep(manager, "My own", "manager=me")
    keep(manager, "Nothing", "stage=new&tag=none")
    keep(manager, "Searched", "q=067")
    many, same = side(rf, manager)

    assert one == {"New": (2, False, "pink")}
    assert many == {
        "New": (2, False, "pink"),
        "My own": (1, False, "pink"),
        "Nothing": (0, False, "pink"),
        "Searched": (None, False, "pink"),
    }
    assert cost == same == 7
    monkeypatch.setattr(selectors, "COUNT_CAP", 1)
    monkeypatch.setattr("orders.web.sidebar.COUNT_CAP", 1)
    assert side(rf, manager)[0]["New"] == (1, True, "pink")


def test_a_shared_view_counts_what_each_reader_may_see(rf, manager, owner):
    put(30, manager_id=owner.pk)
    put(20, manager_id=manager.pk)
    keep(owner, "New", "stage=new", sharing="all")
    assert side(rf, owner)[0]["New"][0] == 2
    manager.own_scope = {
        "reach": "own", "unassigned": False, "channels": [], "warehouses": [], "stages": [],
    }  # fmt: skip
    assert side(rf, manager)[0]["New"][0] == 1


# --- What is gone --------------------------------------------------------------------------------


def test_a_view_that_asks_for_what_is_gone_says_so(browser, rf, manager):
    status = Status.objects.get(stage=Stage.AGREED)
    view = keep(manager, query=f"status={status.pk}")
    url = f"{TABLE}?view={view.pk}&{view.query}"
    told = "This view asks for something that is gone or switched off (status)"
    put()
    assert told not in browser.get(url).text
    assert side(rf, manager)[0]["Mine"][2] == "pink"

    Status.objects.filter(pk=status.pk).update(is_active=False)

    assert told in browser.get(url).text
    assert side(rf, manager)[0]["Mine"][2] == "red"


# --- Columns -------------------------------------------------------------------------------------


def test_columns_and_their_order_are_the_members_own(browser, client_of, owner):
    put()
    usual = heads(browser.get(TABLE))
    browser.post(f"{VIEWS}layout/", {"columns": ["total", "channel", "nonsense", "status"]})
    page = browser.get(TABLE)
    assert heads(page) == ["number", "sum", "channel", "status"]
    assert page.text.index("o-a-total") < page.text.index('<td class="k-cut k-2 o-channel')
    assert heads(client_of(owner).get(TABLE)) == usual
    browser.post(f"{VIEWS}layout/", {"usual": "1"})
    assert heads(browser.get(TABLE)) == usual


def test_a_view_keeps_columns_of_its_own(browser, client_of, manager, owner):
    put()
    view = keep(manager, sharing="all")
    browser.post(
        f"{VIEWS}layout/", {"view": view.pk, "columns": ["units", "due"], "density": "dense"}
    )
    for client in (browser, client_of(owner)):
        page = client.get(f"{TABLE}?view={view.pk}&stage=new")
        assert heads(page) == ["number", "units", "due"]
        assert "o-dense" in page.text
    assert len(heads(browser.get(f"{TABLE}?view=all"))) == 11
    stranger = hire(manager.tenant, "manager", name="Інша")
    refused = client_of(stranger).post(f"{VIEWS}layout/", {"view": view.pk, "columns": ["tags"]})
    assert refused.status_code == 404


def test_every_column_can_be_drawn(browser):
    put(external_number="A-1", payment_method="cod", delivery_method="np_branch")
    browser.post(f"{VIEWS}layout/", {"columns": list(COLUMNS)})
    page = browser.get(TABLE)
    assert len(heads(page)) == len(COLUMNS)
    for shown in ("A-1", "Cash on delivery", "Nova Poshta, branch"):
        assert shown in page.text


def test_the_manager_page_lists_views_at_a_constant_cost(browser, manager):
    def cost():
        browser.get(VIEWS)
        with CaptureQueriesContext(connection) as queries:
            assert browser.get(VIEWS).status_code == 200
        return len(queries)

    keep(manager, "One")
    few = cost()
    for number in range(10):
        keep(manager, f"View {number}")
    assert cost() == few
