"""What a narrow scope shows beside the addresses: events, notices, what is placed and given."""

from contextlib import contextmanager

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from crm.accounts.models import Membership, Team, TeamMember
from crm.accounts.permissions import OWN_ROLE, WHOLE_COMPANY, Permission, Role
from crm.accounts.scopes import Reach, RowScope, Sight
from crm.audit.actor import Actor
from crm.outbox.registry import Event
from crm.shell.live import Audience
from crm.shell.models import Notification
from crm.tenancy.context import current_tenant_id
from customers.actions.profile import create_customer
from customers.selectors import find_customers, get_customer
from customers.visible import visible_customers
from inventory.actions.stock import CountedLine, StockError, correct_stock
from inventory.factories import item_of, make_variant, stock_up
from inventory.models import Warehouse
from inventory.selectors import prove_item
from orders.actions.assign import assign_by_load, assign_manager
from orders.actions.picking import make_pick_list
from orders.actions.place import place_order
from orders.bulk.selection import Selection
from orders.inputs import BuyerInput, LineInput, OrderInput
from orders.models import Channel, Order, PickList
from orders.pipeline import Stage
from orders.search import find_orders
from orders.selectors.card import OrderCard, get_order
from orders.selectors.directory import read_directory
from orders.selectors.filters import OrderFilters
from orders.selectors.lists import list_orders
from orders.selectors.visible import can_see_order, read_facts, visible_orders
from orders.subscribers import _tell
from tests.fixtures.cast import hire

RIGHTS = [str(right) for right in Permission if right not in WHOLE_COMPANY]
OWN = RowScope(Reach.OWN)
SYSTEM = Actor.system("test")


@pytest.fixture
def goods(shop):
    variant = make_variant("TEA", product="Чай")
    stock_up([(variant, 50)])
    return variant


@pytest.fixture
def me(shop) -> Membership:
    return narrow(shop, OWN)


def narrow(shop, scope, **fields) -> Membership:
    values = {"name": "Вузька", "granted": RIGHTS, "role_scope": scope.to_json(), **fields}
    return hire(shop, OWN_ROLE, **values)


def put(goods, *, phone="0671234567", manager=None, **fields) -> Order:
    data = OrderInput(
        lines=(LineInput(sku=goods.sku, quantity=1),),
        buyer=BuyerInput(name=f"Покупець {phone}", phone=phone),
        channel_code="site",
        **fields,
    )
    placed = place_order(data=data, actor=SYSTEM, now=timezone.now())
    if manager is not None:
        Order.objects.filter(pk=placed.order.pk).update(manager=manager)
    return Order.objects.get(pk=placed.order.pk)


# --- The condition and its twin without the database ---------------------------------------------


def test_the_condition_and_the_sight_agree(shop, goods, owner):
    mate = hire(shop, Role.MANAGER, name="Друг")
    site, phone = Channel.objects.get(code="site"), Channel.objects.get(code="phone")
    place = Warehouse.objects.get()
    orders = [
        put(goods, phone=f"06700000{n:02d}", manager=who)
        for n, who in enumerate((None, owner, mate))
    ]
    Order.objects.filter(pk=orders[1].pk).update(channel=phone, stage=Stage.SHIPPED)
    seen = set()
    for scope in (
        OWN,
        RowScope(Reach.OWN, unassigned=True),
        RowScope(Reach.TEAM),
        RowScope(channels=frozenset({phone.pk})),
        RowScope(channels=frozenset({site.pk}), stages=frozenset({int(Stage.NEW)})),
        RowScope(warehouses=frozenset({place.pk})),
        RowScope(warehouses=frozenset({place.pk + 1})),
        RowScope(stages=frozenset({int(Stage.SHIPPED)})),
    ):
        member = narrow(shop, scope)
        team = Team.objects.create(name=f"Команда {member.pk}")
        TeamMember.objects.create(team=team, member=member)
        TeamMember.objects.create(team=team, member=mate)
        PickList.objects.filter(order=orders[1]).delete()
        PickList.objects.create(order=orders[1], picker=member, created_at=timezone.now())
        member = Membership.objects.get(pk=member.pk)
        assert isinstance(member.sight, Sight)
        for order in orders:
            (facts,) = read_facts(Order.objects.filter(pk=order.pk))
            shown = can_see_order(member, order)
            assert member.sight.shows(facts) == shown, (scope, order.number)
            seen.add(shown)
    assert seen == {True, False}
    assert visible_orders(None).count() == 3


def test_a_scope_costs_no_query_and_a_teams_but_one(shop, goods, me):
    put(goods, manager=me)
    directory, now = read_directory(), timezone.now()

    def ask(viewer):
        with CaptureQueriesContext(connection) as asked:
            list_orders(OrderFilters(), viewer=viewer, directory=directory, now=now)
        return len(asked.captured_queries)

    everything = ask(None)
    assert ask(me) == everything
    team = narrow(shop, RowScope(Reach.TEAM))
    assert ask(team) <= everything + 1
    assert ask(team) <= everything  # who is in it was read for the first


# --- Customers -----------------------------------------------------------------------------------


def test_a_customer_is_known_by_an_order_or_by_having_made_them(shop, goods, me, owner):
    mine, theirs = put(goods, phone="0671111111", manager=me), put(goods, phone="0672222222")
    made = create_customer(name="Своя", actor=Actor.member(me), now=timezone.now())
    other = create_customer(name="Чужа", actor=Actor.member(owner), now=timezone.now())
    known = set(visible_customers(me).values_list("pk", flat=True))
    assert known == {mine.customer_id, made.pk}
    assert get_customer(theirs.customer_id, viewer=me) is None
    assert get_customer(theirs.customer_id, viewer=None) is not None
    assert find_customers("0672222222", viewer=me) == []
    assert [c.pk for c in find_customers("0671111111", viewer=me)] == [mine.customer_id]
    assert other.pk not in known
    # Somebody else's first order for them takes them out of sight.
    Order.objects.filter(pk=theirs.pk).update(customer=made)
    assert made.pk not in set(visible_customers(me).values_list("pk", flat=True))


def test_a_card_counts_and_compares_ones_own_orders(goods, me, owner):
    first = put(goods, manager=owner)
    second = put(goods, phone="0673333333", manager=me)
    Order.objects.filter(pk=second.pk).update(
        customer=first.customer, duplicate_of=first, duplicate_state="suspected"
    )
    card = OrderCard(get_order(number=second.number, viewer=me), me, timezone.now())
    assert (card.history.orders, card.twin) == (0, None)
    seeing = OrderCard(get_order(number=second.number, viewer=owner), owner, timezone.now())
    assert (seeing.history.orders, seeing.twin) == (1, first)
    assert get_order(number=first.number, viewer=me) is None


def test_search_looks_past_what_is_hidden(goods, me, owner):
    """The newest that fit are others'; one's own older one is found all the same."""
    mine = put(goods, phone="0671000000", manager=me)
    for number in range(12):
        put(goods, phone=f"06720000{number:02d}", manager=owner)
    assert find_orders("TEA", viewer=me, limit=3) == [mine.pk]
    assert len(find_orders("TEA", viewer=owner, limit=3)) == 3


# --- Events and notices --------------------------------------------------------------------------


@contextmanager
def told(monkeypatch):
    sent: list[dict] = []
    monkeypatch.setattr("config.live.publish_after_commit", lambda **event: sent.append(event))
    yield sent


def event(topic, kind, pk, **payload) -> Event:
    return Event(1, current_tenant_id(), topic, kind, pk, timezone.now(), payload)


def test_events_tell_who_is_shown_the_order(goods, me, owner, monkeypatch):
    from config.live import hint_open_pages

    mine, theirs = put(goods, manager=me), put(goods, phone="0672222222", manager=owner)
    with told(monkeypatch) as sent:
        hint_open_pages(event("order.placed", "order", mine.pk))
        hint_open_pages(event("order.placed", "order", theirs.pk))
        hint_open_pages(event("customer.changed", "customer", theirs.customer_id))
    by_topic = {}
    for one in sent:
        by_topic.setdefault(one["topic"], []).append(one)

    def hears(topic):
        (one,) = by_topic[topic]
        audience = Audience.from_json(one["audience"].to_json())
        return audience.has(me.pk, me.sight)

    assert hears(f"orders:{mine.pk}")
    assert not hears(f"orders:{theirs.pk}")
    assert not hears(f"customers:{theirs.customer_id}")
    # Stock moves without saying for whom.
    assert [one["payload"] for one in by_topic["stock"]] == [{}, {}]


def test_goods_that_came_for_an_order_are_seen_on_its_open_card(goods, me, owner, monkeypatch):
    from config.live import hint_open_pages

    orders = [put(goods, manager=me), put(goods, phone="0672222222", manager=owner)]
    with told(monkeypatch) as sent:
        for order in orders:
            hint_open_pages(event("demand.filled", "demand", order.demand_id))
    assert [(one["topic"], one["payload"]) for one in sent] == [
        (f"orders:{order.pk}", {"id": str(order.pk)}) for order in orders
    ]
    assert [one["audience"].has(me.pk, me.sight) for one in sent] == [True, False]


def test_whoever_loses_an_order_hears_that_it_is_gone(goods, me, owner, monkeypatch):
    from config.live import hint_open_pages
    from crm.outbox.models import OutboxEvent

    order = put(goods, manager=me)
    assign_manager(order_id=order.pk, manager_id=owner.pk, actor=SYSTEM, now=timezone.now())
    kept = OutboxEvent.objects.get(topic="order.assigned")
    with told(monkeypatch) as sent:
        hint_open_pages(event(kept.topic, "order", order.pk, **kept.payload))
    (one,) = [one for one in sent if one["topic"].startswith("orders")]
    assert one["audience"].has(me.pk, me.sight)
    assert not Audience(one["audience"].orders).has(me.pk, me.sight)


def test_notices_go_to_who_may_know(goods, me, owner):
    mine, theirs = put(goods, manager=me), put(goods, phone="0672222222", manager=owner)
    for order in (mine, theirs):
        _tell([me.pk, owner.pk], "order.alarm", order, count=1)
    got = Notification.objects.filter(kind="order.alarm").values_list("member_id", "params")
    assert sorted((member, params["number"]) for member, params in got) == sorted(
        [(me.pk, mine.number), (owner.pk, mine.number), (owner.pk, theirs.number)]
    )


def test_presence_is_for_who_may_open_the_order(goods, me, owner, client_of):
    mine, theirs = put(goods, manager=me), put(goods, phone="0672222222", manager=owner)
    client = client_of(me)
    for pk, status in ((mine.pk, 200), (theirs.pk, 404), (10**9, 404)):
        answer = client.post("/shop/presence/", {"object": f"order:{pk}", "action": "look"})
        assert answer.status_code == status
    picker = client_of(hire(owner.tenant, Role.PICKER))
    answer = picker.post("/shop/presence/", {"object": f"order:{mine.pk}", "action": "look"})
    assert answer.status_code == 404


# --- Stock ---------------------------------------------------------------------------------------


def test_stock_is_proved_without_hidden_numbers(goods, me, owner):
    mine, theirs = put(goods, manager=me), put(goods, phone="0672222222", manager=owner)
    proof = prove_item(item_of(goods), viewer=me)
    assert [holder.number for holder in proof.holders] == [mine.number]
    assert (proof.holder_count, proof.held, proof.balances) == (2, 2, True)
    assert f"№{theirs.number}" not in proof.sentence
    whole = prove_item(item_of(goods), viewer=owner)
    assert {holder.number for holder in whole.holders} == {mine.number, theirs.number}
    refused = []
    for member in (me, owner):
        with pytest.raises(StockError) as refusal:
            correct_stock(
                warehouse_id=item_of(goods).warehouse_id,
                lines=[CountedLine(goods.pk, counted=0)],
                actor=Actor.member(member),
                now=timezone.now(),
            )
        refused.append({holder.number for holder in refusal.value.facts["holders"]})
    assert refused == [{mine.number}, {mine.number, theirs.number}]


# --- Placing and giving out ----------------------------------------------------------------------


def api(client, **body):
    return client.post(
        "/api/v1/orders",
        {"channel": "site", "lines": [{"sku": "TEA", "quantity": 1}], **body},
        content_type="application/json",
        headers={"X-Kram-Company": "shop"},
    )


def test_what_a_narrow_member_places_is_theirs(goods, me, owner, client_of):
    answer = api(client_of(me), customer={"phone": "0675555555"})
    assert answer.status_code == 201
    placed = Order.objects.get(pk=int(answer.json()["id"]))
    assert placed.manager_id == me.pk
    answer = api(client_of(owner), customer={"phone": "0676666666"})
    assert Order.objects.get(pk=int(answer.json()["id"])).manager_id is None


def test_an_outside_id_of_a_hidden_order_tells_nothing(goods, me, owner, client_of):
    theirs = api(client_of(owner), external_id="A-1", customer={"phone": "0675555555"})
    same = api(client_of(me), external_id="A-1", customer={"phone": "0675555555"})
    other = api(client_of(me), external_id="A-1", customer={"phone": "0679999999"})
    assert (theirs.status_code, same.status_code, other.status_code) == (201, 409, 409)
    assert same.json()["code"] == other.json()["code"] == "external_id_conflict"
    assert theirs.json()["id"] not in same.content.decode()
    again = api(client_of(owner), external_id="A-1", customer={"phone": "0675555555"})
    assert (again.status_code, again.json()["id"]) == (200, theirs.json()["id"])


def test_a_hidden_customer_is_ordered_for_by_nobody(goods, me, owner, client_of):
    theirs, mine = put(goods, manager=owner), put(goods, phone="0671111111", manager=me)
    answers = [
        api(client_of(me), customer={"id": str(pk)})
        for pk in (theirs.customer_id, 10**9, mine.customer_id)
    ]
    assert [answer.status_code for answer in answers] == [422, 422, 201]
    assert answers[0].json()["errors"] == answers[1].json()["errors"]


def test_an_order_given_away_is_answered_and_gone(goods, me, owner, client_of):
    order = put(goods, manager=me)
    client = client_of(me)
    answer = client.post(f"/shop/orders/{order.number}/assign/", {"manager": owner.pk})
    assert answer.status_code == 200
    order.refresh_from_db()
    assert order.manager_id == owner.pk
    assert client.get(f"/shop/orders/{order.number}/").status_code == 404


def test_nobody_is_given_what_they_would_not_see(shop, goods):
    phone = Channel.objects.get(code="phone")
    elsewhere = narrow(shop, RowScope(channels=frozenset({phone.pk})), takes_orders=True)
    order = put(goods)
    always = {"work_days": 127, "work_start": "00:00", "work_end": "23:59:59"}
    Membership.objects.filter(pk=elsewhere.pk).update(**always)
    assert assign_by_load(order_id=order.pk, actor=SYSTEM, now=timezone.now()).manager is None
    here = narrow(shop, RowScope(channels=frozenset({order.channel_id})), takes_orders=True)
    Membership.objects.filter(pk=here.pk).update(**always)
    given = assign_by_load(order_id=order.pk, actor=SYSTEM, now=timezone.now())
    assert given.manager == here
    # Pick lists likewise: an own scope shows what one is to pick.
    assert make_pick_list(order=order, now=timezone.now()).picker_id == here.pk


@pytest.mark.parametrize("query", [None, ""])
def test_a_bulk_choice_holds_ones_own_alone(goods, me, owner, query):
    """Ticked by id (another's forged in) or all that a filter finds."""
    mine, theirs = put(goods, manager=me), put(goods, phone="0672222222", manager=owner)
    kept = {"ids": [mine.pk, theirs.pk], "query": query, "left_out": []}
    chosen, now = Selection.from_json(kept), timezone.now()
    assert chosen.find_ids(viewer=me, now=now) == [mine.pk]
    assert chosen.find_ids(viewer=owner, now=now) == [mine.pk, theirs.pk]
