"""Every route × scopes of rows: what a member may not know of answers as what does not exist.

Each silence has its twin: the same member, the same address, the order in their scope.
"""

import re
from dataclasses import dataclass
from http import HTTPStatus
from types import SimpleNamespace

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from crm.accounts.models import Membership, Team, TeamMember
from crm.accounts.permissions import OWN_ROLE, WHOLE_COMPANY, Permission, Role
from crm.accounts.scopes import Reach, RowScope
from customers.models import ContactPoint, Customer
from inventory.models import Demand, Reservation, StockItem, Warehouse
from orders.models import Channel, Order, PickList
from orders.search import index_orders
from tests.fixtures.cast import hire
from tests.matrix.test_api import ROUTES as API
from tests.matrix.test_pages import FORMS, IN_COMPANY, METHODS, undone
from tests.matrix.world import Route
from tests.tenancy.rows import make_row

EVERY_RIGHT = [str(right) for right in Permission if right not in WHOLE_COMPANY]
# The parts of an address that name an order, its customer or what hangs on it.
PARTS_OF_ROWS = {"number", "order_id", "pick_list_id", "request_id", "customer_id"}
OF_ROWS = [
    route
    for route in [*IN_COMPANY, *API]
    if PARTS_OF_ROWS & set(route.parts) and route.name != "inventory:document"
]
NUMBER, NAME, PHONE = 7_777_001, "Прихована Пелагея", "+380509998877"
NOWHERE = SimpleNamespace(number=7_777_002, pk=10**9, customer_id=10**9)


@dataclass(frozen=True)
class Case:
    """A scope, and what brings the order into it and out of it."""

    scope: RowScope
    show: dict
    hide: dict


def member_with(shop, scope: RowScope, *, rights=EVERY_RIGHT, name="Вузька") -> Membership:
    return hire(
        shop, OWN_ROLE, name=name, granted=[str(r) for r in rights], role_scope=scope.to_json()
    )


def put(order, **values) -> None:
    """Change an order without its actions: where it stands is all that matters here."""
    values = dict(values)
    PickList.objects.filter(order=order).update(picker=values.pop("picker", None))
    warehouse = values.pop("warehouse", None)
    if warehouse is not None:
        item = make_row(StockItem, warehouse=warehouse, on_hand=99, reserved=9)
        Reservation.objects.filter(demand_id=order.demand_id).update(stock_item=item)
    Order.objects.filter(pk=order.pk).update(**values)


@pytest.fixture
def hidden(ours):
    """The order that everything is about, under a number and names like no other's."""
    order = ours.order
    Order.objects.filter(pk=order.pk).update(number=NUMBER, recipient_phone=PHONE)
    Demand.objects.filter(pk=order.demand_id).update(number=NUMBER)
    Customer.objects.filter(pk=order.customer_id).update(name=NAME, sort_name=NAME)
    ContactPoint.objects.filter(customer_id=order.customer_id, kind="phone").update(
        value=PHONE, digits=PHONE[1:], reversed=PHONE[:0:-1]
    )
    order.refresh_from_db()
    index_orders([order.pk])
    return order


def cases(shop, owner, me) -> dict[str, Case]:
    mate = hire(shop, Role.MANAGER, name="Друг")
    team = Team.objects.create(name="Опт")
    for member in (me, mate):
        TeamMember.objects.create(team=team, member=member)
    site, phone = Channel.objects.get(code="site"), Channel.objects.get(code="phone")
    here, there = make_row(Warehouse, code="here"), make_row(Warehouse, code="there")
    theirs = {"manager": owner}
    return {
        "own": Case(RowScope(Reach.OWN), {"manager": me}, theirs),
        "own, to pick": Case(RowScope(Reach.OWN), {**theirs, "picker": me}, theirs),
        "own and nobody's": Case(RowScope(Reach.OWN, unassigned=True), {"manager": None}, theirs),
        "team": Case(RowScope(Reach.TEAM), {"manager": mate}, theirs),
        "channel": Case(
            RowScope(channels=frozenset({phone.pk})), {"channel": phone}, {"channel": site}
        ),
        "stage": Case(RowScope(stages=frozenset({30})), {"stage": 30}, {"stage": 40}),
        "warehouse": Case(
            RowScope(warehouses=frozenset({here.pk})), {"warehouse": here}, {"warehouse": there}
        ),
    }


CASES = ("own", "own, to pick", "own and nobody's", "team", "channel", "stage", "warehouse")
WHOLE = ("own", "team")  # every route; the other limits, by every list and one page


def nowhere(ours) -> SimpleNamespace:
    """The world's twin whose order, customer, list and request are not there."""
    return SimpleNamespace(
        **{
            **vars(ours),
            "order": NOWHERE,
            "pick_list": SimpleNamespace(pk=10**9),
            "request": SimpleNamespace(pk=10**9),
        }
    )


def ask(client, route: Route, method: str, ours, objects):
    """Return the status, the text without what echoes the address, and the queries' shapes."""
    extra = {}
    if not isinstance(route.access, str):
        extra = {"content_type": "application/json"}
    headers = {"X-Kram-Company": "shop", "X-Request-ID": "scopes-0"}
    url = route.url(ours, objects)
    with (
        undone(),
        CaptureQueriesContext(
            connection,
        ) as queries,
    ):
        if method == "get" or extra:
            body = b"" if method == "get" else b"{}"
            response = client.generic(method.upper(), url, body, headers=headers, **extra)
        else:
            form = FORMS.get(route.name, lambda _w: {})(ours)
            response = client.post(url, form, headers=headers)
        text = b"" if response.streaming else response.content
    return response.status_code, _plain(text.decode()), _shapes(queries)


def _plain(text: str) -> str:
    for value in (NUMBER, NOWHERE.number, NOWHERE.pk):
        text = text.replace(str(value), "N")
    text = re.sub(r"/(orders|customers|picking|all|requests)/\d+", r"/\1/N", text)
    return re.sub(r'("|&quot;)[A-Za-z0-9]{64}("|&quot;)', "CSRF", text)


def _shapes(queries) -> list[str]:
    """Statements without their values: what a clock could tell apart."""
    shapes = [re.sub(r"\d+|'[^']*'", "?", query["sql"]) for query in queries.captured_queries]
    # The company is read anew every few seconds, whatever is asked.
    return [shape for shape in shapes if 'FROM "tenancy_tenant"' not in shape]


def calls():
    for route in OF_ROWS:
        for method in METHODS if isinstance(route.access, str) else route.access:
            yield route, method


def test_the_routes_are_found():
    assert len(OF_ROWS) > 40


@pytest.mark.parametrize("name", WHOLE)
def test_a_hidden_row_answers_as_one_that_is_not_there(ours, shop, owner, client_of, hidden, name):
    me = member_with(shop, RowScope())
    case = cases(shop, owner, me)[name]
    Membership.objects.filter(pk=me.pk).update(role_scope=case.scope.to_json())
    client = client_of(me)
    put(hidden, **case.hide)
    gone = nowhere(ours)
    told = {}
    for route, method in calls():
        seen = ask(client, route, method, ours, None)
        missing = ask(client, route, method, ours, gone)
        if seen[:2] != missing[:2]:
            told[f"{method} {route.name}"] = (seen[0], missing[0])
        elif seen[2] != missing[2]:
            told[f"{method} {route.name}"] = ("queries", len(seen[2]), len(missing[2]))
    assert told == {}


@pytest.mark.parametrize("name", WHOLE)
def test_the_same_row_is_there_in_scope(ours, shop, owner, client_of, hidden, name):
    me = member_with(shop, RowScope())
    case = cases(shop, owner, me)[name]
    Membership.objects.filter(pk=me.pk).update(role_scope=case.scope.to_json())
    client = client_of(me)
    put(hidden, **case.show)
    answers = {
        f"{method} {route.name}": ask(client, route, method, ours, None)[0]
        for route, method in calls()
    }
    deaf = {key: status for key, status in answers.items() if status in {403, 404} or status >= 500}
    assert deaf == {}


def test_whoever_sees_all_sees_it(ours, shop, client_of, hidden):
    client = client_of(member_with(shop, RowScope()))
    answers = {
        f"{method} {route.name}": ask(client, route, method, ours, None)[0]
        for route, method in calls()
    }
    assert {key: s for key, s in answers.items() if s in {403, 404} or s >= 500} == {}


# --- Lists, searches, counts --------------------------------------------------------------------

# Ways to ask for the hidden order without naming it whole: an echo of the question is no leak.
QUESTIONS = (
    "",
    "?q=7777",
    "?q=Пелагея",
    "?q=8877",
    "?q=050999",
    "?stage=picking",
    "?trouble=short",
)


LISTS = {
    "orders:list", "orders:board", "customers:list", "orders:find-customers", "shell:palette",
    "orders:picking-lead", "inventory:item", "api-orders", "api-customers",
}  # fmt: skip


def ours_with_words(route: Route) -> tuple[str, ...]:
    """The ways in which a page of one object is asked, or a list."""
    if PARTS_OF_ROWS & set(route.parts):
        return ("", "?edit=1", "?panel=1")
    return ("", "?q=7777")


def everything(client, ours, names=None) -> dict[str, str]:
    """The text of every page that is read (or of those named), each asked in every way."""
    pages = {}
    for route in [*IN_COMPANY, *API]:
        if names and route.name not in names:
            continue
        if PARTS_OF_ROWS & set(route.parts) or (
            not isinstance(route.access, str) and "get" not in route.access
        ):
            continue
        # The API refuses what it does not know.
        known = QUESTIONS if isinstance(route.access, str) else QUESTIONS[:2]
        for question in known:
            url = route.url(ours) + question
            with undone():
                response = client.get(url, headers={"X-Kram-Company": "shop"})
                if not response.streaming:
                    pages[f"{route.name}{question}"] = response.content.decode()
            if response.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
                break  # whatever it is asked
    return pages


def found(pages) -> set[str]:
    names = (NAME, str(NUMBER), "99 988 77", PHONE)
    return {
        key.split("?")[0]
        for key, text in pages.items()
        if any(name in text or name.replace(" ", "\u00a0") in text for name in names)
    }


@pytest.mark.slow
@pytest.mark.parametrize("name", CASES)
def test_no_list_search_or_count_tells_of_it(ours, shop, owner, client_of, hidden, name):
    me = member_with(shop, RowScope())
    case = cases(shop, owner, me)[name]
    Membership.objects.filter(pk=me.pk).update(role_scope=case.scope.to_json())
    client = client_of(me)
    page = f"/shop/orders/{NUMBER}/"
    put(hidden, **case.hide)
    assert client.get(page).status_code == 404
    assert found(everything(client, ours, None if name == "own" else LISTS)) == set()
    put(hidden, **case.show)
    assert client.get(page).status_code == 200
    assert LISTS - found(everything(client, ours, LISTS)) == set()


def test_counts_are_of_ones_own(ours, shop, owner, client_of, hidden):
    me = member_with(shop, RowScope(Reach.OWN))
    put(hidden, manager=owner)
    client = client_of(me)
    page = client.get("/shop/orders/").content.decode()
    assert re.findall(r'id="order-(\d+)"', page) == []
    assert counted(client) == []
    put(hidden, manager=me)
    page = client.get("/shop/orders/").content.decode()
    assert re.findall(r'id="order-(\d+)"', page) == [str(hidden.pk)]
    assert counted(client) == ["1"]


def counted(client) -> list[str]:
    """The figures of the sidebar that are not nought."""
    page = client.get("/shop/sidebar/").content.decode()
    return sorted(set(re.findall(r">\s*([1-9]\d*)\s*<", page)))
